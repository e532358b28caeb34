/** What an agent shows of itself (`failover status|why`): where it stands, why, and what only a person can do. */
import type { RuleResult } from "../kernel/verdict.ts";
import { leastShown } from "./least-shown.ts";
import type { OpenRound } from "./record.ts";
import type { AgentState } from "./state.ts";
import type { AgentContext } from "./step.ts";

/** Something that does not come right by itself. */
export type PersonNeed = {
  /** Stable CamelCase word. */
  readonly reason: string;
  readonly because: string;
  /** What to ask of this agent. */
  readonly remedy: "arm" | "rearm" | "closeRound" | "takeOver" | "look";
};

export type FailoverStatus = {
  readonly group: string;
  readonly self: string;
  readonly peer: string;
  readonly mode: string;
  readonly onWitnessLoss: string;
  readonly authority: {
    readonly kind: AgentState["authority"]["kind"];
    readonly epoch: number | null;
    /** Until fencing begins, unless it is renewed; 0 without authority. */
    readonly leftMs: number;
  };
  readonly data: AgentState["data"]["kind"];
  /** Whether the health path answers 200. */
  readonly isServing: boolean;
  readonly armed: boolean;
  readonly disarmedBecause: readonly string[];
  readonly epochSeen: number | null;
  readonly openRound: OpenRound | null;
  readonly promise: OpenRound | null;
  /** People told it to take over without the witness, and it waits for what that takes. */
  readonly isTakingOver: boolean;
  readonly witness: {
    readonly holder: string | null;
    readonly epoch: number | null;
    readonly rev: number | null;
    /** Since when no answer came; null while it answers. */
    readonly silentForMs: number | null;
  };
  readonly sync: AgentState["sync"];
  /** The last judgement about taking over, rule by rule. */
  readonly lastJudgement: readonly RuleResult[];
  readonly needs: readonly PersonNeed[];
};

/** The view of a state at a moment of the agent's monotonic clock. */
export function statusOf(context: AgentContext, state: AgentState, nowMs: number): FailoverStatus {
  const { group, self, peer } = context;
  const { authority, data, record, witness } = state;
  const leftMs = authority.kind === "none" ? 0 : Math.max(0, authority.untilAtMs - nowMs);
  const seen = witness.seen?.record ?? null;
  return {
    group: group.name,
    self,
    peer,
    mode: group.mode,
    onWitnessLoss: group.onWitnessLoss,
    authority: {
      kind: authority.kind,
      epoch: authority.kind === "none" ? null : authority.epoch,
      leftMs,
    },
    data: data.kind,
    isServing: data.kind === "serving" && leftMs > 0,
    armed: record?.armed ?? false,
    disarmedBecause: state.disarmedBecause,
    epochSeen: record?.epochSeen ?? null,
    openRound: record?.open ?? null,
    promise: record?.promise ?? null,
    isTakingOver: state.wish?.kind === "takeOver" && state.wish.withoutWitness,
    witness: {
      holder: seen?.holder ?? null,
      epoch: seen?.epoch ?? null,
      rev: seen?.rev ?? null,
      silentForMs: witness.silentSinceAtMs === null ? null : nowMs - witness.silentSinceAtMs,
    },
    sync: state.sync,
    lastJudgement: state.lastVerdict?.trace ?? [],
    needs: needsOf(state),
  };
}

function needsOf(state: AgentState): readonly PersonNeed[] {
  const { authority, record, witness } = state;
  if (record === null) {
    const because =
      "this region has no record of what it promised, and the peer did not say that nothing is outstanding";
    return [{ reason: "NoRecord", because, remedy: "rearm" }];
  }
  const needs: PersonNeed[] = [];
  if (record.unclear) {
    const because =
      "this region began without memory, and nobody said that nothing promised is outstanding";
    needs.push({ reason: "NoRecord", because, remedy: "rearm" });
  } else if (!record.armed) {
    needs.push({
      reason: "NotArmed",
      because: "this region may not take over by itself",
      remedy: "arm",
    });
  }
  const shown = witness.seen?.record.epoch ?? null;
  const known = leastShown(record);
  if (shown !== null && shown < known) {
    const because = `the witness shows epoch ${shown} and this region saw epoch ${known}: it lost its memory`;
    needs.push({ reason: "EpochNeverBack", because, remedy: "takeOver" });
  }
  if (authority.kind === "own" && authority.by === "person") {
    const because =
      "this region was told to take over without the witness: the peer has to stay off until the witness knows of it";
    needs.push({ reason: "KeepPeerOff", because, remedy: "look" });
  }
  if (authority.kind !== "none") return needs;
  if (record.open !== null) {
    const because =
      "this region asked its peer to stand back and does not know whether the peer still does";
    needs.push({ reason: "OpenRoundBinds", because, remedy: "closeRound" });
  }
  if (record.promise !== null) {
    const because =
      "this region promised its peer to stand back, and the peer did not give that back";
    needs.push({ reason: "PromiseBinds", because, remedy: "takeOver" });
  }
  for (const { rule, outcome, because } of state.lastVerdict?.trace ?? []) {
    if (outcome === "failed" && peopleDecide.has(rule)) {
      needs.push({ reason: rule, because, remedy: "takeOver" });
    }
  }
  return needs;
}

/** Rules of taking over that time and repair do not change. */
const peopleDecide: ReadonlySet<string> = new Set([
  "ModeAllows",
  "Approved",
  "DataIsSafe",
  "SafetyRules",
  "WitnessIsOutside",
]);
