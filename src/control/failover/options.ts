/** How a region agent paces itself and what it is given to do; the times of the protocol are those of its group. */
import type { FailoverGroup } from "../../core/failover/group.ts";

export type AgentOptions = {
  /** Reads, decides, journals and shows, and changes nothing (DESIGN §7.18). */
  readonly observeOnly: boolean;
  /** Longest time between two looks at what is over or due; deadlines of its own are met exactly. */
  readonly tickMs: number;
  readonly measureEveryMs: number;
  readonly measureLimitMs: number;
  readonly lookEveryMs: number;
  readonly lookLimitMs: number;
  /** Limit of one durable write or read of the record. */
  readonly storeLimitMs: number;
  /** How long a place of the record that fails or is slow is read again when the agent starts; absent: it is read once. */
  readonly readPatienceMs?: number;
  readonly sendLimitMs: number;
  readonly promoteLimitMs: number;
  readonly setSyncLimitMs: number;
  /** A difference between wall and monotonic clock from here on is told; smaller ones are how clocks are read and slewed. */
  readonly gapNoticeMs: number;
};

/** Paces that fit the times of a group; every one may be set otherwise. */
export function agentDefaults({ timing }: FailoverGroup): AgentOptions {
  const share = (part: number): number => Math.max(1, Math.floor(timing.ttlMs / part));
  return {
    observeOnly: false,
    tickMs: Math.min(500, share(40)),
    measureEveryMs: Math.min(2_000, share(15)),
    measureLimitMs: timing.rpcTimeoutMs,
    lookEveryMs: share(6),
    lookLimitMs: timing.rpcTimeoutMs,
    storeLimitMs: timing.rpcTimeoutMs,
    sendLimitMs: timing.rpcTimeoutMs,
    promoteLimitMs: 120_000,
    setSyncLimitMs: timing.rpcTimeoutMs,
    gapNoticeMs: Math.max(10, Math.floor(timing.marginMs / 2)),
  };
}
