/**
 * The state of the model: two regions, the witness between them and what is under way. Everything that the shipped reducer does
 * not decide is here, and only here (docs/guides/model-check.md).
 */
import type { PeerMessage } from "../../core/failover/message.ts";
import type { AgentRecord } from "../../core/failover/record.ts";
import type { AgentState } from "../../core/failover/state.ts";
import type { WatchdogState } from "../../core/failover/watchdog.ts";
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../../core/lease/request.ts";
import { type Fault, messageFaults } from "./configuration.ts";

/** Regions by number; shown as A and B. */
export type Side = 0 | 1;
export const sides = [0, 1] as const;
export const other = (side: Side): Side => (side === 0 ? 1 : 0);
export const nameOf = (side: Side): string => (side === 0 ? "A" : "B");

/** A request to the witness: on its way there, or with its answer on the way back. */
export type Call = {
  readonly reqId: string;
  readonly request: LeaseRequest | null;
  readonly answer: { readonly record: LeaseRecord; readonly reply: LeaseReply | null } | null;
};

/** The data services as one: `open` takes writes, `closing` still does until `closedAtMs` at the latest. */
export type Data =
  | { readonly kind: "closed" }
  | { readonly kind: "open"; readonly epoch: number }
  | {
      readonly kind: "closing";
      readonly epoch: number;
      /** Fencing that an agent began stops with the agent. After a suspension nobody could be in time: the data itself fences. */
      readonly by: "agent" | "watchdog" | "gap";
      readonly closedAtMs: number;
    };

/** One durable store of the agent. `previous` is what it had before the last write, for a store that missed it. */
export type Store = {
  readonly record: AgentRecord | null;
  readonly previous: AgentRecord | null;
  readonly isDown: boolean;
};

export type Region = {
  /** Monotonic clock of the machine: the agent's and the watchdog's. It stands still while the region is suspended. */
  readonly nowMs: number;
  readonly power: "on" | "off" | "suspended";
  /** null: no agent runs. */
  readonly agent: AgentState | null;
  /** Stopped by a signal: it takes in nothing, the watchdog runs on. */
  readonly isPaused: boolean;
  readonly watchdog: WatchdogState;
  /** On disk, and in the region's API server. */
  readonly stores: readonly [Store, Store];
  /** A write to the stores that is neither acknowledged nor refused. */
  readonly storing: AgentRecord | null;
  /** What all stores acknowledged last; nobody can read it, the properties are judged by it. */
  readonly durable: AgentRecord | null;
  readonly data: Data;
  /** A promotion under way, of a data service that takes its time. */
  readonly promoting: { readonly service: string; readonly epoch: number } | null;
  readonly calls: readonly Call[];
  /** For how long it is suspended: its own clock can not tell. */
  readonly suspendedMs: number;
  /** Its copy of the data was the one that took writes, once at least. */
  readonly hasData: boolean;
  /** Agents that were ever started here; names the next. */
  readonly starts: number;
};

export type Letter = { readonly from: Side; readonly message: PeerMessage };

export type Witness = { readonly record: LeaseRecord; readonly nowMs: number };

/** The highest epoch that ever gave authority, and to whom. */
export type Granted = { readonly epoch: number; readonly side: Side | null };

/** Faults and wishes that may still happen, by kind, and of all kinds together. */
export type Budget = { readonly left: Readonly<Record<Fault, number>>; readonly inAll: number };

/** The whole state; its parts are objects, or what stands for them while states are counted (tabled.ts). */
export type WorldOf<R, W, L, B> = {
  readonly regions: readonly [R, R];
  readonly witness: W;
  /** Messages between the agents, in no order. */
  readonly letters: readonly L[];
  readonly budget: B;
  readonly granted: Granted;
  /** Lines that are cut, as bits: A and the witness, B and the witness, A to B, B to A. */
  readonly cuts: number;
};
export type World = WorldOf<Region, Witness, Letter, Budget>;

/** Takes one from a budget of faults; the caller has seen that it is there. */
export function spent({ left, inAll }: Budget, fault: Fault): Budget {
  const isCounted = !messageFaults.has(fault);
  return { left: { ...left, [fault]: left[fault] - 1 }, inAll: inAll - (isCounted ? 1 : 0) };
}

export function mayHappen({ left, inAll }: Budget, fault: Fault): boolean {
  return left[fault] > 0 && (inAll > 0 || messageFaults.has(fault));
}

/** The lines of the model: the witness's to a region, and those from a region to the other. */
export const lines = [0, 1, 2, 3] as const;
export type Line = (typeof lines)[number];
export const lineNames = ["A and the witness", "B and the witness", "A to B", "B to A"] as const;
export const isCut = (cuts: number, line: Line): boolean => ((cuts >> line) & 1) === 1;
export const toWitness = (side: Side): Line => side;
export const toPeer = (side: Side): Line => (side === 0 ? 2 : 3);
