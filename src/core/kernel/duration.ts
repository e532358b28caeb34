/** Durations as people write them (`30s`, `5m`, `1h30m`, `250ms`), always milliseconds inside. */

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Accepts what `parseDurationMs` accepts; RE2-compatible, so that it may stand in a CRD. */
export const durationPattern = /^([0-9]+(ms|s|m|h|d))+$/;

/** Milliseconds of a written duration, or undefined when it is not one. */
export function parseDurationMs(text: string): number | undefined {
  if (!durationPattern.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/([0-9]+)(ms|s|m|h|d)/g)) {
    total += Number(count) * (unitMs[unit ?? ""] ?? 0);
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

/** The shortest exact writing of a duration in milliseconds: `90000` is `1m30s`. */
export function formatDurationMs(totalMs: number): string {
  if (totalMs === 0) return "0s";
  let restMs = Math.round(totalMs);
  const parts: string[] = [];
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const size = unitMs[unit] ?? 1;
    const count = Math.floor(restMs / size);
    if (count > 0) parts.push(`${count}${unit}`);
    restMs -= count * size;
  }
  return parts.join("");
}

/** A duration for people, one decimal of seconds below a minute: `4.2 s`, `1m 30s`. */
export function humanDurationMs(totalMs: number): string {
  if (totalMs < 1_000) return `${Math.round(totalMs)} ms`;
  if (totalMs < 60_000) return `${(totalMs / 1_000).toFixed(1)} s`;
  return formatDurationMs(Math.round(totalMs / 1_000) * 1_000).replace(/([a-z])(?=[0-9])/g, "$1 ");
}
