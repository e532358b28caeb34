/** The header `Retry-After` of RFC 9110 §10.2.3: seconds, or a date. */

const secondsMax = 1_000_000_000;

/** Milliseconds to wait from `nowMs` on, never negative; null when the header is absent or says nothing. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(Number(text), secondsMax) * 1_000;
  // A date always names its zone; anything else that `Date` would take for one is none.
  if (!/\bGMT$/.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
