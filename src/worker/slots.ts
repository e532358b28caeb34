/** What the handler of requests asks of its host, and how a slot is judged there; the Durable Object and the Node host have it in common. */
import { applyLease } from "../core/lease/apply.ts";
import type { LeaseGrant } from "../core/lease/protocol.ts";
import type { LeaseAnswer, LeaseView } from "../core/lease/protocol-reply.ts";
import type { LeaseRecord } from "../core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../core/lease/request.ts";
import { expiresInMs, judgedAtMs } from "../core/lease/settling.ts";

/** The slots of a host; each call is durable, and its reading the newest, before it resolves. */
export interface Slots {
  read(slot: string): Promise<LeaseView>;
  ask(slot: string, request: LeaseRequest): Promise<LeaseAnswer>;
  /** Newest first. */
  history(slot: string): Promise<readonly LeaseGrant[]>;
}

/** A store of one slot's record with compare-and-set; synchronous, so that nothing comes between reading and writing. */
export interface SlotStore {
  load(): LeaseRecord;
  /** Writes the record only where `rev` still is one less; `grant` is remembered with it. Whether it did. */
  swap(record: LeaseRecord, grant: LeaseGrant | undefined): boolean;
}

export type SlotClock = {
  /** By which leases run out. */
  readonly leaseMs: number;
  /** For people. */
  readonly wallMs: number;
  /** On the clock of leases: until then nothing is treated as run out. */
  readonly settledAtMs: number;
};

/** The slot as it is now; always from the store. */
export function readSlot(store: SlotStore, clock: SlotClock): LeaseView {
  return viewOf(store.load(), clock);
}

/** Judges a request and writes what it decides. */
export function askSlot(store: SlotStore, request: LeaseRequest, clock: SlotClock): LeaseAnswer {
  const current = store.load();
  const atMs = judgedAtMs(current, request, clock.leaseMs, clock.settledAtMs);
  const decided = applyLease(current, request, atMs);
  const reply = decided.ok && !decided.repeated ? write(store, decided, request, clock) : decided;
  return { ...viewOf(reply.record, clock), reply };
}

function write(
  store: SlotStore,
  decided: LeaseReply,
  request: LeaseRequest,
  clock: SlotClock,
): LeaseReply {
  const { record } = decided;
  const { epoch, rev, ttlMs } = record;
  const { holder, instance } = request;
  const grant =
    request.op === "acquire"
      ? { epoch, rev, holder, instance, ttlMs, atMs: clock.wallMs }
      : undefined;
  if (store.swap(record, grant)) return decided;
  // Another process has the same store open and was faster.
  return { ok: false, code: "stale", record: store.load() };
}

function viewOf(record: LeaseRecord, { leaseMs, settledAtMs }: SlotClock): LeaseView {
  return {
    record,
    expiresInMs: expiresInMs(record, leaseMs),
    settlesInMs: Math.max(0, settledAtMs - leaseMs),
  };
}
