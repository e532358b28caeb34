/** A standby whose peer's lease was seen unchanged for long enough: every rule of a take-over passes but what a property takes away. */
import type { Approval } from "../../src/core/failover/approval.ts";
import type { FailoverGroup } from "../../src/core/failover/group.ts";
import type { initialState } from "../../src/core/failover/initial-state.ts";
import type { AgentState } from "../../src/core/failover/state.ts";
import type { AgentContext } from "../../src/core/failover/step.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import { emptyLease } from "../../src/core/lease/record.ts";
import type { LeaseTiming } from "../../src/core/lease/timing.ts";
import type { Load } from "./kill.ts";

export const ordinaryTiming: LeaseTiming = {
  ttlMs: 30_000,
  renewEveryMs: 10_000,
  rpcTimeoutMs: 3_000,
  fenceBudgetMs: 10_000,
  clockRateErrorRatio: 0.001,
  marginMs: 1_000,
};

export const nowMs = 1_000_000;
export const wallAtMs = 1_800_000_000_000;

export const group: FailoverGroup = {
  name: "shop",
  slot: "shop",
  regions: ["A", "B"],
  mode: "automatic",
  onWitnessLoss: "sticky",
  timing: ordinaryTiming,
  services: [{ name: "db", kind: "postgresql", mayLose: "nothing", after: [] }],
  approvals: { semiAutomatic: 1, lossy: 2 },
  objectives: { rtoMs: 60_000, rpoBytes: 0 },
  freezes: [],
  safety: { maxLossyPerDay: 1, restMs: 600_000, dnsEvidence: "veto", witnessIsOutside: true },
};

export const contextOf = (change: Partial<FailoverGroup> = {}): AgentContext => ({
  self: "B",
  peer: "A",
  group: { ...group, ...change },
});

/** An approval of two that covers any loss, by that person. */
export function approvalOf(person: string, change: Partial<Approval> = {}): Approval {
  return {
    person,
    group: "shop",
    action: "failover",
    expectedEpoch: 3,
    maxLossBytes: Number.MAX_SAFE_INTEGER,
    expiresAtMs: wallAtMs + 60_000,
    nonce: `nonce of ${person}`,
    ...change,
  };
}

/** The state of region B; `note` is what the holder A published last with epoch 3. */
export async function standby(
  load: Load,
  change: Partial<AgentState> = {},
  note: JsonObject = {},
): Promise<AgentState> {
  const { initialState: begin } = (await load("core/failover/initial-state.ts")) as {
    readonly initialState: typeof initialState;
  };
  const { emptyRecord } = (await load("core/failover/turn.ts")) as {
    readonly emptyRecord: NonNullable<AgentState["record"]>;
  };
  const before = begin(contextOf(), "p1", 0);
  const held = {
    region: "A",
    sync: "in_sync",
    isUsed: true,
    handTo: null,
    positions: { db: 100 },
    used: [],
  };
  const record = {
    ...emptyLease("shop"),
    epoch: 3,
    rev: 9,
    holder: "A",
    instance: "a1",
    ttlMs: ordinaryTiming.ttlMs,
    note: { ...held, ...note },
  };
  const service = {
    name: "db",
    role: "standby",
    sync: null,
    standbyReady: null,
    position: 100,
    timeline: 1,
    ready: true,
  } as const;
  return {
    ...before,
    record: { ...emptyRecord, version: 1, armed: true, unclear: false, epochSeen: 3 },
    witness: { ...before.witness, seen: { record, sinceAtMs: nowMs - 60_000 } },
    facts: { atMs: nowMs - 1_000, services: [service], notReady: [] },
    evidence: { atMs: nowMs - 1_000, peerActiveEpoch: null, selfVisible: true },
    ...change,
  };
}
