/** Everything that a region agent knows about one failover group. Instants are of this agent's monotonic clock. */
import type { Verdict } from "../kernel/verdict.ts";
import type { LeaseRecord } from "../lease/record.ts";
import type { LeaseRequest } from "../lease/request.ts";
import type { Approval } from "./approval.ts";
import type { DataFacts, Evidence } from "./facts.ts";
import type { PeerMessage } from "./message.ts";
import type { AgentRecord } from "./record.ts";

/**
 * Why this region may write, and until when. `rev` is the last one that the witness confirmed to it.
 * Every kind ends at `untilAtMs`, when fencing has to begin.
 */
export type Authority =
  | { readonly kind: "none" }
  | {
      readonly kind: "lease";
      readonly epoch: number;
      readonly rev: number;
      readonly untilAtMs: number;
    }
  /** The peer surrendered: the witness is not needed; `untilAtMs` is moved on by the agent itself, so that a hung one is fenced. */
  | {
      readonly kind: "sticky";
      readonly epoch: number;
      readonly rev: number;
      readonly round: number;
      readonly untilAtMs: number;
    }
  /** The peer grants; with `leaseUntilAtMs` both are needed, because the peer may or may not have been given back. */
  | {
      readonly kind: "granted";
      readonly epoch: number;
      readonly rev: number;
      readonly round: number;
      readonly grantUntilAtMs: number;
      readonly leaseUntilAtMs: number | null;
      readonly untilAtMs: number;
    }
  /** Taken without the witness: by the arbiter when its grant ran out, or by a person. The peer is bound until it learns of the epoch. */
  | {
      readonly kind: "own";
      readonly by: "arbiter" | "person";
      readonly epoch: number;
      readonly rev: number;
      /** Since it asked the witness for the lease: the end of what the last answer proves that showed no later epoch; null before. */
      readonly leaseUntilAtMs: number | null;
      readonly untilAtMs: number;
    };

/** The data of this region: whether it takes writes, and how far a promotion or a fencing has come. */
export type DataState =
  | { readonly kind: "fenced" }
  /** `hasFailed`: it was tried and is not being tried now. */
  | { readonly kind: "fencing"; readonly sinceAtMs: number; readonly hasFailed: boolean }
  | {
      readonly kind: "promoting";
      readonly epoch: number;
      readonly sinceAtMs: number;
      /** Services that are promoted and verified; never undone. */
      readonly done: readonly string[];
      /** Asked of the adapter and not answered. */
      readonly waiting: readonly string[];
      /** When what failed last is asked again; null when nothing failed yet. */
      readonly retryAtMs: number | null;
    }
  | { readonly kind: "serving"; readonly epoch: number };

/** What this agent asked of the witness and is not yet answered; there is at most one. */
export type WitnessCall = {
  readonly reqId: string;
  readonly sentAtMs: number;
  /** null for a mere reading. */
  readonly request: LeaseRequest | null;
};

export type WitnessState = {
  /** The last record that was read or answered, and since when its `rev` has been seen, counted from the answer. */
  readonly seen: { readonly record: LeaseRecord; readonly sinceAtMs: number } | null;
  readonly call: WitnessCall | null;
  readonly nextCallAtMs: number;
  /** Since when no answer came; null while it answers. */
  readonly silentSinceAtMs: number | null;
};

export type PeerState = {
  /** The open round that this process asks in; null when the open round is of a process before it, and a new one is needed. */
  readonly roundAsked: number | null;
  /** The peer was told that it is free of the open round, and did not confirm it yet. */
  readonly isGivingBack: boolean;
  /** Questions of the open round that were sent: `seq` to the moment of sending; the newest few. */
  readonly asked: readonly { readonly seq: number; readonly sentAtMs: number }[];
  readonly nextSeq: number;
  readonly nextSendAtMs: number;
  /** The first question of an arbiter's round caps the authority from here on until it is answered. */
  readonly capAtMs: number | null;
  /** A question with a nonce that waits for its answer. */
  readonly query: {
    readonly kind: "clear";
    readonly nonce: string;
    readonly sentAtMs: number;
  } | null;
  /** As arbiter: until when the peer may act on what was granted. */
  readonly grantRunsOutAtMs: number | null;
  /** As arbiter: what the peer said of its standby with its last question; `degraded` when that is not remembered. */
  readonly grantSync: SyncState["recorded"];
  /** Until when the peer may act on the last consent; no person's promotion before. */
  readonly consentUntilAtMs: number | null;
};

/** A write of the record to every store that is under way, and what is done when it is durable. */
export type PendingStore = {
  readonly record: AgentRecord;
  readonly purpose:
    | "arm"
    | "disarm"
    | "openRound"
    | "closeRound"
    | "promise"
    | "giveBack"
    | "tenure"
    | "epoch";
  /** What the peer is told once it is durable. */
  readonly tell: PeerMessage | null;
  /** With `tenure`: who took authority without the witness; null when the witness gave it. */
  readonly by: "arbiter" | "person" | null;
};

/** What a person asked for and that has not been done or refused yet. */
export type Wish =
  | { readonly kind: "switchover"; readonly sinceAtMs: number }
  | {
      readonly kind: "takeOver";
      readonly sinceAtMs: number;
      readonly withoutWitness: boolean;
      readonly peerIsFenced: boolean;
    };

/** The state of synchronous replication to the peer: what the record at the witness says, and what was asked of the data. */
export type SyncState = {
  /** What the last confirmed renewal of this tenure said. */
  readonly recorded: "in_sync" | "degraded" | "none";
  /** What the next renewal shall say. */
  readonly wanted: "in_sync" | "degraded" | "none";
  /** What the data was last told about commits; null before this process told it anything. */
  readonly told: { readonly sync: "required" | "relaxed"; readonly atMs: number } | null;
};

export type AgentState = {
  readonly startedAtMs: number;
  /** Drawn at every start: names this process in requests and nonces. */
  readonly instance: string;
  readonly counter: number;
  /** null: no record, so fenced and disarmed until the rules of arming are met. */
  readonly record: AgentRecord | null;
  readonly pending: PendingStore | null;
  /** After a store failed, when the record may be written again. */
  readonly nextStoreAtMs: number;
  /** Until when it takes nothing, because its watchdog was lost. */
  readonly offUntilAtMs: number;
  readonly authority: Authority;
  readonly data: DataState;
  readonly witness: WitnessState;
  readonly peer: PeerState;
  readonly wish: Wish | null;
  readonly approvals: readonly Approval[];
  readonly facts: DataFacts | null;
  readonly evidence: Evidence | null;
  readonly sync: SyncState;
  /** Why it does not take over by itself although armed, said by readiness or by a person; empty when nothing is in the way. */
  readonly disarmedBecause: readonly string[];
  /** The last judgement about taking over, so that an unchanged one is not journalled again. */
  readonly lastVerdict: Verdict | null;
  /** Failovers of the last 24 hours, for the safety rules. */
  readonly failovers: readonly { readonly atMs: number; readonly lossy: boolean }[];
};
