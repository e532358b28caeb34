/**
 * The witness's decision: a request against the record it finds. Pure; the Durable Object, the Node host and the clients of
 * plain compare-and-set stores all use it, so that there is one lease (facts of the witness §3 and §7).
 */
import { emptyLease, type LeaseRecord } from "./record.ts";
import type { LeaseReply, LeaseRequest } from "./request.ts";

/**
 * What the witness answers; when it is `ok` and not `repeated`, `record` has to be written by compare-and-set on `current.rev`.
 * `nowMs` is the witness's clock, or null where it has none: then only the contender's own waiting stands before a take-over.
 */
export function applyLease(
  current: LeaseRecord,
  request: LeaseRequest,
  nowMs: number | null,
): LeaseReply {
  if (isRepeated(current, request)) return { ok: true, record: current, repeated: true };
  const leftMs = nowMs === null ? 0 : current.expiresAtMs - nowMs;
  // More than two leases were written by another clock, or this one went back: it says nothing, and the contender's waiting protects.
  const isLive = current.holder !== null && leftMs > 0 && leftMs <= 2 * current.ttlMs;
  if (request.op === "acquire") {
    // Also for the same cluster: a holder that restarted must release or wait, it is somebody else now.
    if (isLive) return { ok: false, code: "held", record: current };
    if (request.ifRev !== current.rev) return { ok: false, code: "stale", record: current };
    const epoch = Math.max(current.epoch, request.epochFloor) + 1;
    return written(current, request, { epoch, ...held(request, nowMs) });
  }
  const isTheirs =
    current.holder === request.holder &&
    current.instance !== null &&
    current.epoch === request.epoch;
  if (!isTheirs) return { ok: false, code: "lost", record: current };
  if (request.ifRev !== current.rev) return { ok: false, code: "stale", record: current };
  // A lease that ran out and that nobody took may be renewed: its epoch was given to nobody else.
  if (request.op === "renew") return written(current, request, held(request, nowMs));
  return written(current, request, { holder: null, instance: null, expiresAtMs: 0 });
}

function isRepeated(current: LeaseRecord, request: LeaseRequest): boolean {
  const holder = request.op === "release" ? null : request.holder;
  return current.reqId === request.reqId && current.holder === holder;
}

function held(
  request: LeaseRequest & { readonly ttlMs: number },
  nowMs: number | null,
): Partial<LeaseRecord> {
  return {
    holder: request.holder,
    instance: request.instance,
    ttlMs: request.ttlMs,
    expiresAtMs: nowMs === null ? 0 : nowMs + request.ttlMs,
  };
}

function written(
  current: LeaseRecord,
  request: LeaseRequest,
  change: Partial<LeaseRecord>,
): LeaseReply {
  const record: LeaseRecord = {
    ...emptyLease(current.slot),
    ...current,
    ...change,
    rev: current.rev + 1,
    reqId: request.reqId,
    note: request.note,
  };
  return { ok: true, record, repeated: false };
}
