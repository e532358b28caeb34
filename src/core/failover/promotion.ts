/** From authority to a region that serves: durable first, then service after service, never undone (ADR 25, *Data*). */
import { retryMs } from "../lease/poll.ts";
import { mayRelax, tellSync } from "./sync.ts";
import { emit, put, store, type Turn } from "./turn.ts";

/** Goes on with the promotion as far as it can go now. */
export function advancePromotion(turn: Turn): void {
  const { authority, data, wish } = turn.state;
  if (authority.kind === "none" || wish?.kind === "switchover") return;
  if (!isTenureDurable(turn, authority.epoch)) return;
  if (data.kind === "fenced") {
    begin(turn, authority.epoch);
  } else if (data.kind === "promoting" && data.epoch !== authority.epoch) {
    // The same region under a newer epoch: every service has to know it.
    put(turn, {
      data: { ...data, epoch: authority.epoch, done: [], waiting: [], retryAtMs: null },
    });
  }
  if (data.kind === "serving" && data.epoch !== authority.epoch) tellEpoch(turn, authority.epoch);
  askNext(turn);
}

/** A region that serves goes on under a newer epoch: its services write already, and have to know in whose name. */
function tellEpoch(turn: Turn, epoch: number): void {
  put(turn, { data: { kind: "serving", epoch } });
  for (const { name } of turn.context.group.services) {
    emit(turn, { type: "promote", service: name, epoch });
  }
}

/** Guard: TenureIsDurable. Whether every store holds the epoch; begins to write it where not. */
function isTenureDurable(turn: Turn, epoch: number): boolean {
  const { record } = turn.state;
  if (record !== null && record.epochSeen >= epoch && record.epochHeld >= epoch) return true;
  store(turn, { epochSeen: epoch, epochHeld: epoch }, { purpose: "tenure" });
  return false;
}

function begin(turn: Turn, epoch: number): void {
  put(turn, {
    data: {
      kind: "promoting",
      epoch,
      sinceAtMs: turn.nowMs,
      done: [],
      waiting: [],
      retryAtMs: null,
    },
  });
  tellSync(turn, mayRelax(turn) ? "relaxed" : "required");
}

/** Asks for every service whose predecessors are done; serving once there is none left. */
function askNext(turn: Turn): void {
  const { data } = turn.state;
  if (data.kind !== "promoting") return;
  if (data.retryAtMs !== null && turn.nowMs < data.retryAtMs) return;
  const { services } = turn.context.group;
  const done = new Set(data.done);
  const waiting = [...data.waiting];
  for (const { name, after } of services) {
    if (done.has(name) || waiting.includes(name) || !after.every((one) => done.has(one))) continue;
    waiting.push(name);
    emit(turn, { type: "promote", service: name, epoch: data.epoch });
  }
  const isAll = services.every(({ name }) => done.has(name));
  if (isAll) put(turn, { data: { kind: "serving", epoch: data.epoch } });
  else if (waiting.length !== data.waiting.length) {
    put(turn, { data: { ...data, waiting } });
  }
}

/** A service is promoted, and was seen to take a write. */
export function onPromoted(turn: Turn, service: string, epoch: number): void {
  const { data } = turn.state;
  if (data.kind !== "promoting" || data.epoch !== epoch || data.done.includes(service)) return;
  const waiting = data.waiting.filter((name) => name !== service);
  put(turn, { data: { ...data, done: [...data.done, service], waiting } });
}

/** It did not work: it is asked again after a pause, and what is done stays done. */
export function onPromoteFailed(
  turn: Turn,
  failed: { readonly service: string; readonly epoch: number; readonly because: string },
): void {
  const { data } = turn.state;
  if (data.kind === "serving" && data.epoch === failed.epoch) pageFailed(turn, failed);
  if (data.kind !== "promoting" || data.epoch !== failed.epoch) return;
  const waiting = data.waiting.filter((name) => name !== failed.service);
  const retryAtMs = turn.nowMs + retryMs(turn.context.group.timing);
  put(turn, { data: { ...data, waiting, retryAtMs } });
  // Otherwise a person knows already.
  if (data.retryAtMs === null) pageFailed(turn, failed);
}

function pageFailed(
  turn: Turn,
  failed: { readonly service: string; readonly because: string },
): void {
  emit(turn, {
    type: "page",
    reason: "PromotionFailed",
    because: `${failed.service} could not be promoted: ${failed.because}`,
  });
}
