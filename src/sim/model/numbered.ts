/** Values by number, in the order in which they were first met. */

export type Numbered<T> = { readonly idOf: (value: T) => number; readonly of: (id: number) => T };

export function numbered<T>(keyOf: (value: T) => string): Numbered<T> {
  const ids = new Map<string, number>();
  const values: T[] = [];
  return {
    idOf(value) {
      const key = keyOf(value);
      const known = ids.get(key);
      if (known !== undefined) return known;
      ids.set(key, values.push(value) - 1);
      return values.length - 1;
    },
    of(id) {
      const value = values[id];
      if (value === undefined) throw new Error(`nothing has the number ${id}`);
      return value;
    },
  };
}
