/**
 * How far the log of a server may go before it is published again (ADR 48). The room above what is written follows the pace of writing,
 * so that people are not asked to accept much more than they could lose, and a busy database is not held up.
 */

/** How fast the log grew lately, and where it was when it was last looked at. */
export type Pace = {
  readonly atMs: number;
  readonly position: number;
  readonly bytesPerMs: number;
};

/** Of what was seen before, so much is left after each look: a burst counts for about a minute. */
const keptRatio = 0.95;

/** The pace after one more look; a log that went back, as after a rewind, grew by nothing. */
export function nextPace(
  before: Pace | null,
  now: { readonly atMs: number; readonly position: number },
): Pace {
  if (before === null) return { ...now, bytesPerMs: 0 };
  const sinceMs = now.atMs - before.atMs;
  if (sinceMs <= 0) return before;
  const bytesPerMs = grownBytes(before.position, now.position) / sinceMs;
  return { ...now, bytesPerMs: Math.max(bytesPerMs, before.bytesPerMs * keptRatio) };
}

const fileBytes = 16 * 1024 * 1024;

/** What was written between two positions: not the rest of a file of the log that was left by order, as at the end of a backup. */
function grownBytes(before: number, now: number): number {
  const grown = Math.max(0, now - before);
  const inLast = now % fileBytes;
  const isNextFile = Math.floor(now / fileBytes) > Math.floor(before / fileBytes);
  return isNextFile && inLast < grown / 8 ? inLast : grown;
}

/** Bursts of that many times the pace fit in. */
const burstRatio = 4;
const leastRoomBytes = 1024 * 1024;

/** Bytes that may be written until the next publication; `everyMs` is the time between two of them. */
export function roomBytes(
  { bytesPerMs }: Pick<Pace, "bytesPerMs">,
  { everyMs, mostBytes }: { readonly everyMs: number; readonly mostBytes: number },
): number {
  const wanted = Math.ceil(bytesPerMs * everyMs * burstRatio);
  return Math.min(mostBytes, Math.max(leastRoomBytes, wanted));
}
