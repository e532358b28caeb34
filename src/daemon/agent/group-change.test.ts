import { expect, test } from "vitest";
import {
  application,
  document,
  environment,
  organization,
} from "../../../test/fixtures/documents.ts";
import { fsn, group, guarded, standby } from "../../../test/fixtures/failover.ts";
import { initialState } from "../../core/failover/initial-state.ts";
import { clearRecord } from "../../core/failover/rehearsal.ts";
import type { AgentState } from "../../core/failover/state.ts";
import { type GroupDocuments, groupDocuments } from "./documents.ts";
import { type GroupChange, groupChange, mayTakeOver, needsItsMemory } from "./group-change.ts";

function documentsWith(spec: object, revision = "one"): GroupDocuments {
  const documents = [
    document("sovereign.yaml", guarded()),
    document("organization.yaml", organization()),
    document("environment.yaml", environment()),
    document("other.yaml", application("other")),
    document("shop.yaml", standby()),
    document("group.yaml", group(spec)),
  ];
  return groupDocuments(
    { revision, documents, problems: [] },
    { cluster: fsn, group: "acme-prod" },
  );
}

const before = documentsWith({});

test.each([
  [{}, undefined],
  [{ mode: "manual" }, { fields: ["mode"], isShared: false }],
  [{ objectives: { rto: "5m" } }, { fields: ["objectives"], isShared: false }],
  [{ lease: { ttl: "40s" } }, { fields: ["timing"], isShared: true }],
  [
    { onWitnessLoss: "fence", mode: "automatic" },
    { fields: ["mode", "onWitnessLoss"], isShared: true },
  ],
])("a group that changes by %j changes %j", (spec, change) => {
  expect(groupChange(before, documentsWith(spec, "two"))).toEqual(change);
});

const alone: GroupChange = { fields: ["mode"], isShared: false };
const shared: GroupChange = { fields: ["timing"], isShared: true };
const moment = { nowMs: 1_000, rpcTimeoutMs: 500 };
const idle: AgentState = initialState(before.context, "agent-1", 0);
const holding: AgentState = {
  ...idle,
  authority: { kind: "lease", epoch: 1, rev: 2, untilAtMs: 10_000 },
  data: { kind: "serving", epoch: 1 },
};
const round = { policy: "sticky", epoch: 1, round: 1 } as const;
test.each<[string, GroupChange, AgentState, boolean]>([
  ["its own part, while it holds nothing", alone, idle, true],
  ["what is shared, while it holds nothing", shared, idle, true],
  ["its own part, while it serves by a lease", alone, holding, true],
  ["what is shared, while it serves", shared, holding, false],
  [
    "what is shared, while it is bound by a promise",
    shared,
    { ...idle, record: { ...clearRecord, promise: round } },
    false,
  ],
  [
    "its own part, while it is bound by a promise",
    alone,
    { ...idle, record: { ...clearRecord, promise: round } },
    true,
  ],
  [
    "anything, while it fences",
    alone,
    { ...idle, data: { kind: "fencing", sinceAtMs: 0, hasFailed: false } },
    false,
  ],
  [
    "anything, while a person's wish is open",
    alone,
    { ...idle, wish: { kind: "switchover", sinceAtMs: 0 } },
    false,
  ],
  [
    "anything, while what a person disarmed is not durable",
    alone,
    { ...idle, record: { ...clearRecord, armed: true }, disarmedBecause: ["maintenance"] },
    false,
  ],
  [
    "anything, while the witness is asked",
    alone,
    { ...idle, witness: { ...idle.witness, call: { reqId: "1", sentAtMs: 0, request: null } } },
    false,
  ],
  [
    "anything, while the witness is silent to a holder",
    alone,
    { ...holding, witness: { ...idle.witness, silentSinceAtMs: 1 } },
    false,
  ],
  [
    "anything, while the peer stands back for it",
    alone,
    { ...holding, record: { ...clearRecord, open: round } },
    false,
  ],
  [
    "anything, while its right ends soon",
    alone,
    { ...holding, authority: { kind: "lease", epoch: 1, rev: 2, untilAtMs: 1_900 } },
    false,
  ],
  [
    "anything, while it holds by the peer's surrender",
    alone,
    { ...holding, authority: { kind: "sticky", epoch: 1, rev: 2, round: 1, untilAtMs: 10_000 } },
    false,
  ],
])("a region takes over %s: %#", (_what, change, state, may) => {
  expect(mayTakeOver(change, state, moment)).toBe(may);
});

test.each<[string, AgentState, boolean]>([
  ["begun without memory", { ...idle, record: { ...clearRecord, unclear: true } }, false],
  ["that has not read its record yet", { ...idle, record: null }, false],
  ["bound by a promise", { ...idle, record: { ...clearRecord, promise: round } }, true],
  ["whose memory is clear, and which may be armed", { ...idle, record: clearRecord }, true],
  ["that may write", { ...holding, record: null }, true],
])(
  "a region %s: whether every copy of its record has to be there before it takes documents over",
  (_, state, needs) => {
    expect(needsItsMemory(state)).toBe(needs);
  },
);
