/** Repeated measurements as a histogram with its percentiles: for the bench of failovers and for game days. */

export type Spread = {
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
};

export type Bucket = { readonly from: number; readonly to: number; readonly count: number };

/** Percentiles by nearest rank: a value that was measured, never one between; undefined of nothing. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (ratio: number): number =>
    sorted[Math.max(0, Math.ceil(ratio * sorted.length) - 1)] ?? 0;
  if (sorted.length === 0) return undefined;
  return { count: sorted.length, min: at(0), p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Buckets of one round width from the lowest to the highest value, at most `most` of them; every value is in exactly one. */
export function bucketsOf(values: readonly number[], most: number): readonly Bucket[] {
  const spread = spreadOf(values);
  if (spread === undefined) return [];
  const width = roundWidth((spread.max - spread.min) / Math.max(1, most - 1));
  const first = Math.floor(spread.min / width) * width;
  const buckets: Bucket[] = [];
  for (let from = first; from <= spread.max; from += width) {
    const to = from + width;
    buckets.push({ from, to, count: values.filter((one) => one >= from && one < to).length });
  }
  return buckets;
}

/** 1, 2 or 5 times a power of ten, at least 1. */
function roundWidth(wanted: number): number {
  let power = 1;
  while (power * 10 <= wanted) power *= 10;
  const step = [1, 2, 5, 10].find((one) => one * power >= wanted) ?? 10;
  return step * power;
}

/** One line a bucket, the longest bar `widthMax` characters. */
export function histogramText(
  buckets: readonly Bucket[],
  label: (value: number) => string,
  widthMax = 40,
): readonly string[] {
  const highest = Math.max(1, ...buckets.map(({ count }) => count));
  const labels = buckets.map(({ from, to }) => `${label(from)} – ${label(to)}`);
  const width = Math.max(0, ...labels.map((one) => one.length));
  return buckets.map(({ count }, at) => {
    const bar = "█".repeat(count === 0 ? 0 : Math.max(1, Math.round((count / highest) * widthMax)));
    return `${(labels[at] ?? "").padStart(width)}  ${bar} ${count}`;
  });
}
