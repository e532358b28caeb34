/**
 * The Durable Object of one slot. From reading to writing nothing is awaited, and the platform holds the answer back until
 * what was written is durable. A read asks SQL too: an object that was replaced may still be running, and must not answer
 * from memory (facts of the witness §5).
 */
import type { LeaseAnswer } from "../core/lease/protocol-reply.ts";
import type { LeaseRequest } from "../core/lease/request.ts";
import { settledAfter } from "../core/lease/settling.ts";
import type { Bindings, ObjectState, SqlStorage } from "./platform.ts";
import { askSlot, readSlot, type SlotClock } from "./slots.ts";
import { makeTables, sqlGrants, sqlSlot } from "./sql-slot.ts";

/** What the Worker asks of the object, already parsed and permitted. */
export type ObjectCall =
  | { readonly kind: "read"; readonly slot: string }
  | { readonly kind: "history"; readonly slot: string }
  | { readonly kind: "ask"; readonly slot: string; readonly request: LeaseRequest };

const defaultSettleMs = 2_000;

/**
 * When each object was first made here. One that went to sleep and wakes in the same isolate has the clock that it had, and
 * need not settle again: otherwise every contender that looks seldom would always come too early.
 */
const firstMadeAtMs = new Map<string, number>();
const rememberedMax = 10_000;

function settledAtOf(id: string, nowMs: number, settleMs: number): number {
  const first = firstMadeAtMs.get(id) ?? nowMs;
  if (firstMadeAtMs.size >= rememberedMax) firstMadeAtMs.clear();
  firstMadeAtMs.set(id, first);
  return first + settleMs;
}

export class LeaseObject {
  readonly #sql: SqlStorage;
  readonly #settleMs: number;
  #settledAtMs: number;
  #lastMs = 0;

  constructor(state: ObjectState, bindings: Bindings) {
    this.#sql = state.storage.sql;
    const wanted = Number(bindings.SETTLE_MS ?? defaultSettleMs);
    this.#settleMs = Number.isFinite(wanted) ? wanted : defaultSettleMs;
    this.#settledAtMs = settledAtOf(state.id.toString(), Date.now(), this.#settleMs);
    makeTables(this.#sql);
  }

  async fetch(request: Request): Promise<Response> {
    const call = (await request.json()) as ObjectCall; // Only our own Worker can reach the object.
    return Response.json(this.#answer(call));
  }

  #answer(call: ObjectCall): unknown {
    if (call.kind === "history") return sqlGrants(this.#sql);
    const store = sqlSlot(this.#sql, call.slot);
    if (call.kind === "read") return readSlot(store, this.#clock());
    const answer: LeaseAnswer = askSlot(store, call.request, this.#clock());
    return answer;
  }

  #clock(): SlotClock {
    const now = Date.now();
    const moved = { lastMs: this.#lastMs, nowMs: now, settleMs: this.#settleMs };
    this.#settledAtMs = settledAfter(this.#settledAtMs, moved);
    this.#lastMs = now;
    return { leaseMs: now, wallMs: now, settledAtMs: this.#settledAtMs };
  }
}
