/** "Did you mean …?": the nearest of some names, by edit distance (Damerau-Levenshtein, adjacent swaps). */

/** Longer names are not compared: the work is quadratic and nobody mistypes them in one place only. */
const lengthMax = 80;
const candidatesMax = 2_000;

/** The candidate nearest to `text` when it is near enough to be meant: a third of its length, at least one edit. */
export function nearestName(text: string, candidates: Iterable<string>): string | undefined {
  if (text.length > lengthMax) return undefined;
  const limit = Math.max(1, Math.floor(text.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  let seen = 0;
  for (const candidate of candidates) {
    seen += 1;
    if (seen > candidatesMax) break;
    if (candidate.length > lengthMax || Math.abs(candidate.length - text.length) > limit) continue;
    const distance = editDistance(text.toLowerCase(), candidate.toLowerCase());
    const earlier = distance === bestDistance && best !== undefined && candidate < best;
    if (distance < bestDistance || earlier) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `; did you mean "x"?` or nothing, to stand at the end of what was expected. */
export function didYouMean(text: unknown, candidates: Iterable<string>): string {
  const nearest = typeof text === "string" ? nearestName(text, candidates) : undefined;
  return nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `from` into `to`. */
export function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(
        at(above, column) + 1,
        at(current, column - 1) + 1,
        at(above, column - 1) + (same ? 0 : 1),
      );
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, at(before, column - 2) + 1);
      current.push(cost);
    }
    before = above;
    above = current;
  }
  return at(above, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0;
}
