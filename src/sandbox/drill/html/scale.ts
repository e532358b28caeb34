/** Where things stand in the report's picture: one size for wide, middle and narrow screens, and its time axis. */
/** What the axis is made from; every kind of report has it. */
export type Timed = { readonly times: { readonly startMs: number; readonly endMs: number } };

export type PictureSize = {
  readonly name: "wide" | "middle" | "narrow";
  readonly width: number;
  /** Width of the column with labels; 0 puts each label above its lane. */
  readonly gutter: number;
  readonly laneHeight: number;
};

export const pictureSizes: readonly PictureSize[] = [
  { name: "wide", width: 1178, gutter: 196, laneHeight: 29 },
  { name: "middle", width: 720, gutter: 188, laneHeight: 29 },
  { name: "narrow", width: 340, gutter: 0, laneHeight: 42 },
];

export type Scale = {
  readonly size: PictureSize;
  readonly left: number;
  readonly right: number;
  /** Pixels of an instant, kept inside the picture. */
  readonly x: (atMs: number) => number;
  /** Instants at which the axis is written, in whole seconds. */
  readonly ticksMs: readonly number[];
};

/** The scale of a report in one size. */
export function scaleOf(report: Timed, size: PictureSize): Scale {
  const { startMs, endMs } = report.times;
  const left = size.gutter;
  const right = size.width - (size.gutter === 0 ? 4 : 20);
  const spanMs = Math.max(1_000, endMs - startMs);
  const x = (atMs: number): number =>
    left + (Math.min(Math.max(atMs - startMs, 0), spanMs) / spanMs) * (right - left);
  return { size, left, right, x, ticksMs: ticksOf(startMs, endMs, (right - left) / 64) };
}

/** Round instants, few enough to be read; always with 0. */
function ticksOf(startMs: number, endMs: number, countMax: number): readonly number[] {
  const seconds = (endMs - startMs) / 1_000;
  const step = [1, 2, 5, 10, 20, 30, 60, 120, 300].find((one) => seconds / one <= countMax) ?? 600;
  const ticks: number[] = [];
  for (let at = Math.ceil(startMs / 1_000 / step) * step; at * 1_000 <= endMs; at += step)
    ticks.push(at * 1_000);
  return ticks;
}

/** A coordinate with one decimal, so that the file stays small and the same on every machine. */
export function px(value: number): string {
  return value.toFixed(1);
}
