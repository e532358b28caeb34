/** Lists by a key of their elements, in the order in which the keys first appear (`Map.groupBy` needs Node 21). */

export function grouped<T>(
  list: Iterable<T>,
  keyOf: (element: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const element of list) {
    const group = groups.get(keyOf(element));
    if (group === undefined) groups.set(keyOf(element), [element]);
    else group.push(element);
  }
  return groups;
}
