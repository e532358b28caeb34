/** A moment at which a region may take over, for tests of the rules: a case says what differs. Used by tests only. */
import type { JsonObject } from "../kernel/json.ts";
import type { RuleResult, Verdict } from "../kernel/verdict.ts";
import { emptyLease, type LeaseRecord } from "../lease/record.ts";
import type { Approval } from "./approval.ts";
import { judgeTakeOver } from "./gates.ts";
import type { FailoverGroup } from "./group.ts";
import type { AgentRecord } from "./record.ts";
import { clearRecord, factsOf, groupOf, stage, timing } from "./rehearsal.ts";
import type { AgentState } from "./state.ts";

const wallAtMs = 1_800_000_000_000;
/** What differs from a moment at which every rule passes. */
export type Case = {
  readonly group?: Partial<FailoverGroup>;
  readonly safety?: Partial<FailoverGroup["safety"]>;
  readonly record?: Partial<AgentRecord> | null;
  readonly lease?: Partial<LeaseRecord>;
  readonly note?: JsonObject;
  /** For how long the revision has been seen. */
  readonly unchangedMs?: number;
  readonly state?: (state: AgentState, nowMs: number) => Partial<AgentState>;
  /** A person asked for a take-over with the witness. */
  readonly isWished?: true;
  readonly approvals?: readonly Approval[];
};

const plainly = { withoutWitness: false, peerIsFenced: false };

/** Region a judges the lease of b, which stands for a minute. */
export function judge(one: Case): Verdict {
  const { here, state, context } = standing(one);
  return judgeTakeOver(context, state, here.nowMs, wallAtMs);
}

/** That moment. */
export function standing(one: Case) {
  const here = stage("sticky");
  const a = here.actor("a");
  const record: LeaseRecord = {
    ...emptyLease("shop"),
    epoch: 4,
    rev: 77,
    holder: "b",
    instance: "b1",
    ttlMs: timing.ttlMs,
    note: { region: "b", sync: "in_sync", ...one.note },
    ...one.lease,
  };
  const base: AgentState = {
    ...a.state,
    record: one.record === null ? null : { ...clearRecord, epochSeen: 4, ...one.record },
    facts: factsOf("standby", here.nowMs),
    approvals: one.approvals ?? [],
    wish: one.isWished === true ? { kind: "takeOver", sinceAtMs: here.nowMs, ...plainly } : null,
    witness: {
      ...a.state.witness,
      seen: { record, sinceAtMs: here.nowMs - (one.unchangedMs ?? 60_000) },
    },
  };
  const state = { ...base, ...one.state?.(base, here.nowMs) };
  const defaults = groupOf("sticky");
  const safety = { ...defaults.safety, ...one.safety };
  const group: FailoverGroup = { ...defaults, ...one.group, safety };
  return { here, state, context: { ...a.context, group } };
}

/** What a verdict says of one rule. */
export const ruleOf = ({ trace }: Verdict, rule: string): RuleResult | undefined =>
  trace.find((result) => result.rule === rule);
/** Of a failover from b, at its epoch. */
export const approval = (person: string, maxLossBytes: number): Approval => ({
  person,
  group: "shop",
  action: "failover",
  expectedEpoch: 4,
  maxLossBytes,
  expiresAtMs: wallAtMs + 1,
  nonce: person,
});

type StateChange = NonNullable<Case["state"]>;
/** A failover some time ago. */
export const failedOver =
  (agoMs: number, lossy: boolean): StateChange =>
  (_, nowMs) => ({
    failovers: [{ atMs: nowMs - agoMs, lossy }],
  });
/** What public resolvers showed some time ago. */
export const shown =
  (agoMs: number, peerActiveEpoch: number | null, selfVisible: boolean): StateChange =>
  (_, nowMs) => ({ evidence: { atMs: nowMs - agoMs, peerActiveEpoch, selfVisible } });
