/** When a running drill of data may go on to its next step, decided over the client's log so far. */
import { acknowledgedOf, type LedgerWrite } from "./ledger-write.ts";

export type WriteWindow = {
  readonly nowMs: number;
  readonly windowMs: number;
  /** The window has to lie after this instant: the break, or the restore. */
  readonly sinceMs: number;
};

/** Whether every write of a whole window was acknowledged, by a region other than `not` when that is given. */
export function isWriting(
  writes: readonly LedgerWrite[],
  { nowMs, windowMs, sinceMs }: WriteWindow,
  not?: string,
): boolean {
  if (nowMs - windowMs < sinceMs) return false;
  const recent = writes.filter(({ endMs }) => endMs >= nowMs - windowMs);
  const newest = Math.max(...recent.map(({ endMs }) => endMs));
  return (
    recent.length > 0 &&
    nowMs - newest <= 1_000 &&
    recent.every(({ outcome, region }) => outcome === "acknowledged" && region !== not)
  );
}

/** Why a steady state is not good enough to break anything, or undefined when it is. */
export function unsteadyWrites(writes: readonly LedgerWrite[], active: string): string | undefined {
  const acknowledged = acknowledgedOf(writes);
  if (writes.length === 0) return "no write was finished";
  const failed = writes.length - acknowledged.length;
  if (failed > 0) return `${failed} of ${writes.length} writes failed before anything was broken`;
  const others = acknowledged.filter(({ region }) => region !== active).length;
  return others > 0
    ? `${others} writes were acknowledged by another region than ${active}`
    : undefined;
}
