/** All that an agent may do to the world; carried out after the decision, in this order. */
import type { LeaseRequest } from "../lease/request.ts";
import type { PeerMessage } from "./message.ts";
import type { AgentRecord } from "./record.ts";
import type { Tenure } from "./watchdog.ts";

export type Effect =
  /** null reads. The answer comes as witnessRead, witnessReplied or witnessFailed, within the time limit of one request. */
  | {
      readonly type: "callWitness";
      readonly reqId: string;
      readonly request: LeaseRequest | null;
    }
  | { readonly type: "tellPeer"; readonly message: PeerMessage }
  /** Into every configured store; `stored` only when all have it. */
  | { readonly type: "store"; readonly record: AgentRecord }
  /** What the watchdog holds from now on; null when there is nothing to guard. */
  | { readonly type: "setWatchdog"; readonly tenure: Tenure | null }
  | { readonly type: "fence"; readonly because: string }
  | { readonly type: "promote"; readonly service: string; readonly epoch: number }
  /** Whether commits wait for the peer's standby. Relaxed only after the witness confirmed `degraded`. */
  | { readonly type: "setSync"; readonly sync: "required" | "relaxed" }
  | { readonly type: "page"; readonly reason: string; readonly because: string };
