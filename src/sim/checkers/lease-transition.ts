/** Whether one record follows from the one before by one request; the witness's own decision says so. */
import { canonicalJson } from "../../core/kernel/json.ts";
import { applyLease } from "../../core/lease/apply.ts";
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseRequest } from "../../core/lease/request.ts";
import type { LeaseViolationReason } from "./lease-history.ts";

/** `none`: it judges no expiry. `stepped`: its clock may jump. `steady`: its clock goes as fast as the recorder's. */
export type WitnessClock = "none" | "stepped" | "steady";

export type Judgement =
  | { readonly kind: "right" }
  | { readonly kind: "wrong"; readonly reason: LeaseViolationReason; readonly because: string };

const refusals = { held: "HeldTaken", stale: "StaleAccepted", lost: "LostAccepted" } as const;

/** Judges that `request` made `record` out of `before`; the witness's clock is read from the expiry that it stamped. */
export function judgeTransition(
  before: LeaseRecord,
  request: LeaseRequest,
  record: LeaseRecord,
  clock: WitnessClock,
): Judgement {
  const judged = applyLease(before, request, stampOf(request, record, clock));
  if (!judged.ok) {
    const because = `${request.reqId} was done, and had to be refused as ${judged.code}`;
    return { kind: "wrong", reason: refusals[judged.code], because };
  }
  if (judged.repeated) {
    return { kind: "wrong", reason: "DoneTwice", because: `${request.reqId} was done again` };
  }
  if (sameRecord(judged.record, record)) return { kind: "right" };
  const because = `${request.reqId} made ${JSON.stringify(record)}, not ${JSON.stringify(judged.record)}`;
  return { kind: "wrong", reason: "WrongTransition", because };
}

function stampOf(request: LeaseRequest, record: LeaseRecord, clock: WitnessClock): number | null {
  if (clock === "none") return null;
  return request.op === "release" ? 0 : record.expiresAtMs - request.ttlMs;
}

/**
 * The record that `request` makes out of `before` when nobody saw it made; undefined when it can not be done. Its expiry is
 * not known, and neither is that of `before` perhaps: what depends on it alone is let pass.
 */
export function unseenTransition(
  before: LeaseRecord,
  request: LeaseRequest,
  clock: WitnessClock,
): LeaseRecord | undefined {
  const judged = applyLease(before, request, clock === "none" ? null : Number.POSITIVE_INFINITY);
  if (!judged.ok || judged.repeated) return undefined;
  const isHeld = clock !== "none" && judged.record.holder !== null;
  return isHeld ? { ...judged.record, expiresAtMs: Number.NEGATIVE_INFINITY } : judged.record;
}

export function sameRecord(a: LeaseRecord, b: LeaseRecord): boolean {
  return (
    a === b ||
    (a.slot === b.slot &&
      a.rev === b.rev &&
      a.epoch === b.epoch &&
      a.holder === b.holder &&
      a.instance === b.instance &&
      a.ttlMs === b.ttlMs &&
      a.expiresAtMs === b.expiresAtMs &&
      a.reqId === b.reqId &&
      canonicalJson(a.note) === canonicalJson(b.note))
  );
}
