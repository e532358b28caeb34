/**
 * The first moments of a witness that has just started: it does not know what its clock did meanwhile, and a holder whose
 * renewals it could not take deserves to be heard before anybody else. So a lease is not treated as run out yet (ADR 22).
 */
import type { LeaseRecord } from "./record.ts";
import type { LeaseRequest } from "./request.ts";

/** The instant at which a request is judged: before the lease's end while the witness settles, now otherwise. */
export function judgedAtMs(
  current: LeaseRecord,
  request: LeaseRequest,
  nowMs: number,
  settledAtMs: number,
): number {
  if (request.op !== "acquire" || current.holder === null || nowMs >= settledAtMs) return nowMs;
  return current.expiresAtMs - 1;
}

/** When a witness has settled whose clock showed `lastMs` before: one that went back does not settle for longer by that. */
export function settledAfter(
  settledAtMs: number,
  {
    lastMs,
    nowMs,
    settleMs,
  }: { readonly lastMs: number; readonly nowMs: number; readonly settleMs: number },
): number {
  return nowMs < lastMs ? Math.min(settledAtMs, nowMs + settleMs) : settledAtMs;
}

/** Time left of a lease at `nowMs`; 0 when nobody holds it. */
export function expiresInMs(record: LeaseRecord, nowMs: number): number {
  return record.holder === null ? 0 : Math.max(0, record.expiresAtMs - nowMs);
}
