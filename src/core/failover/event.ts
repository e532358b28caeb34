/** All that can happen to an agent. Every event carries the monotonic moment at which the agent takes it in. */
import type { LeaseRecord } from "../lease/record.ts";
import type { LeaseReply } from "../lease/request.ts";
import type { Approval } from "./approval.ts";
import type { DataFacts, Evidence } from "./facts.ts";
import type { PeerMessage } from "./message.ts";
import type { RecordCopy } from "./record.ts";
import type { Tenure } from "./watchdog.ts";

export type AgentEvent = {
  readonly atMs: number;
  /** Wall time: for freeze windows and approvals only. */
  readonly wallAtMs: number;
} & (
  | { readonly type: "tick" }
  /** The first event: what every configured store gave, and what a watchdog that never stopped still holds. */
  | {
      readonly type: "started";
      readonly copies: readonly RecordCopy[];
      readonly tenure: Tenure | null;
    }
  | { readonly type: "witnessRead"; readonly reqId: string; readonly record: LeaseRecord }
  | { readonly type: "witnessReplied"; readonly reqId: string; readonly reply: LeaseReply }
  /** `unknown`: it may have been done. */
  | {
      readonly type: "witnessFailed";
      readonly reqId: string;
      readonly outcome: "unknown" | "refused";
    }
  | { readonly type: "peerSaid"; readonly message: PeerMessage }
  | { readonly type: "stored"; readonly version: number }
  | { readonly type: "storeFailed"; readonly version: number }
  /** No service of this region takes writes any more. */
  | { readonly type: "fenced" }
  | { readonly type: "fenceFailed"; readonly because: string }
  | { readonly type: "promoted"; readonly service: string; readonly epoch: number }
  | {
      readonly type: "promoteFailed";
      readonly service: string;
      readonly epoch: number;
      readonly because: string;
    }
  | { readonly type: "measured"; readonly facts: DataFacts }
  | { readonly type: "seen"; readonly evidence: Evidence }
  /** The wall clock moved otherwise than the monotonic one: a pause, a suspended machine or a step. */
  | { readonly type: "clockGap"; readonly gapMs: number }
  /** The watchdog is gone or does not answer. */
  | { readonly type: "watchdogLost" }
  | { readonly type: "approved"; readonly approval: Approval }
  | { readonly type: "personSaid"; readonly wish: PersonWish }
);

export type PersonWish =
  | { readonly kind: "arm" }
  | { readonly kind: "disarm"; readonly because: string }
  /** For an agent without a record: the person states that nothing promised is outstanding. */
  | { readonly kind: "rearm" }
  | { readonly kind: "switchover" }
  | { readonly kind: "takeOver"; readonly withoutWitness: boolean; readonly peerIsFenced: boolean }
  /** Closes an open round by hand: the person states that the peer does not write. */
  | { readonly kind: "closeRound" };
