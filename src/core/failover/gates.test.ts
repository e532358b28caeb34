import { describe, expect, test } from "vitest";
import { outwaitedAtMs } from "./gates.ts";
import {
  approval,
  type Case,
  failedOver,
  judge,
  ruleOf,
  shown,
  standing,
} from "./rehearsal-gates.ts";

const rules =
  "Armed WatchdogAnswers PromiseBinds OpenRoundBinds Outwaited EpochNeverBack ModeAllows " +
  "DataIsSafe SafetyRules DnsEvidence SelfVisible Ready WitnessIsOutside";

test("with nothing in the way a region takes over", () => {
  const verdict = judge({});
  expect(verdict.kind).toBe("allowed");
  expect(verdict.trace.map(({ rule }) => rule)).toEqual(rules.split(" "));
});

describe("each rule alone refuses, is named, and says with which numbers", () => {
  test.each<[string, string, Case, string]>([
    ["Armed", "no record", { record: null }, "no record of what it promised"],
    ["Armed", "a record begun without memory", { record: { unclear: true } }, "no record"],
    ["Armed", "a record that was disarmed", { record: { armed: false } }, "disarmed"],
    [
      "Armed",
      "a disarmament that is not durable yet",
      { state: () => ({ disarmedBecause: ["repairs"] }) },
      "repairs",
    ],
    [
      "Armed",
      "a record that is being written",
      {
        state: ({ record }) => ({
          pending: record && { record, purpose: "epoch", tell: null, by: null },
        }),
      },
      "being written",
    ],
    [
      "PromiseBinds",
      "a promise",
      { record: { promise: { policy: "sticky", epoch: 4, round: 1 } } },
      "promised its peer",
    ],
    [
      "OpenRoundBinds",
      "an open round of its own",
      { record: { open: { policy: "sticky", epoch: 3, round: 1 } } },
      "has not given that back",
    ],
    [
      "Outwaited",
      "a revision that stands a millisecond too short",
      { unchangedMs: 30_999 },
      "revision 77 of b has stood for 30999 ms; 1 ms are left",
    ],
    [
      "WatchdogAnswers",
      "a watchdog that was lost a moment ago",
      { state: (_, nowMs) => ({ offUntilAtMs: nowMs + 300 }) },
      "stays off for 300 ms",
    ],
    ["Outwaited", "a lease with a longer TTL", { lease: { ttlMs: 59_001 } }, "1 ms are left"],
    [
      "Outwaited",
      "its own lease, of a process before it",
      { lease: { holder: "a" }, note: { region: "a" }, unchangedMs: 1_000 },
      "30000 ms are left",
    ],
    [
      "Outwaited",
      "a lease that this region handed over a moment ago",
      { lease: { holder: null }, note: { region: "a", handTo: "b" }, unchangedMs: 1_000 },
      "30000 ms are left",
    ],
    [
      "Outwaited",
      "a lease that nobody holds, as a witness shows that forgot",
      { lease: { holder: null }, record: { epochSeen: 5 }, unchangedMs: 1_000, isWished: true },
      "30000 ms are left",
    ],
    [
      "Outwaited",
      "a witness that was never read",
      { state: ({ witness }) => ({ witness: { ...witness, seen: null } }) },
      "not shown the lease",
    ],
    ["ModeAllows", "the manual mode without a wish", { group: { mode: "manual" } }, "nobody asked"],
    [
      "ModeAllows",
      "too few people in the semi-automatic mode",
      { group: { mode: "semiAutomatic" } },
      "0 of 1 people approved",
    ],
    [
      "DataIsSafe",
      "bytes that nobody approved",
      { note: { sync: "degraded", positions: { ledger: 1_700 } } },
      "700 bytes and what came after would be lost; 0 of 2 people approved",
    ],
    [
      "DataIsSafe",
      "bytes that one person of two approved",
      {
        note: { sync: "degraded", positions: { ledger: 1_700 } },
        approvals: [approval("ada", 700)],
      },
      "1 of 2 people",
    ],
    [
      "DataIsSafe",
      "more bytes than people approved",
      {
        note: { sync: "degraded", positions: { ledger: 1_701 } },
        approvals: [approval("ada", 700), approval("grace", 900)],
      },
      "701 bytes",
    ],
    [
      "DataIsSafe",
      "an unknown loss, for which people named a number",
      {
        note: { sync: "degraded" },
        approvals: [approval("ada", 1e15), approval("grace", 1e15)],
      },
      "not known",
    ],
    [
      "SafetyRules",
      "a failover that rests",
      {
        safety: { restMs: 60_000 },
        state: failedOver(50_000, false),
      },
      "rests for 10000 ms more",
    ],
    [
      "SafetyRules",
      "one lossy failover too many",
      {
        note: { sync: "degraded", positions: { ledger: 1_001 } },
        approvals: [approval("ada", 700), approval("grace", 900)],
        state: failedOver(50_000, true),
      },
      "1 of 1 lossy failovers in 24 hours",
    ],
    [
      "DnsEvidence",
      "resolvers that show the peer active",
      {
        safety: { dnsEvidence: "veto" },
        state: shown(0, 4, true),
      },
      "active at epoch 4",
    ],
    [
      "SelfVisible",
      "resolvers that do not reach this region",
      { state: shown(0, null, false) },
      "do not reach this region",
    ],
    [
      "Ready",
      "what the readiness check says",
      {
        state: ({ facts }) => ({
          facts: facts && { ...facts, notReady: ["no secret", "no room"] },
        }),
      },
      "no secret; no room",
    ],
    [
      "WitnessIsOutside",
      "a witness inside one of the two regions",
      { safety: { witnessIsOutside: false } },
      "inside one of its two regions",
    ],
  ])("%s: %s", (rule, _, one, because) => {
    const verdict = judge(one);
    const failed = verdict.trace.filter(({ outcome }) => outcome === "failed");
    expect(failed.map((result) => result.rule)).toContain(rule);
    // What is not known of the witness or the data fails several rules; each of the others fails alone.
    if (failed.length > 1) expect(["Armed", "Outwaited"]).toContain(rule);
    expect(verdict.kind).toBe("refused");
    expect(ruleOf(verdict, rule)?.because).toContain(because);
  });
});

test("every rule is evaluated, also after the first one that failed", () => {
  const verdict = judge({
    record: { armed: false, promise: { policy: "sticky", epoch: 4, round: 1 } },
    unchangedMs: 0,
    group: { mode: "manual" },
    safety: { witnessIsOutside: false },
  });
  expect(verdict.trace.map(({ rule }) => rule)).toEqual(rules.split(" "));
  expect(verdict.trace.filter(({ outcome }) => outcome === "failed")).toHaveLength(4);
  expect(verdict.because).toContain("(and 3 more)");
});

describe("what passes", () => {
  test.each<[string, string, Case]>([
    ["Outwaited", "a revision that stands long enough to the millisecond", { unchangedMs: 31_000 }],
    ["Outwaited", "a lease that nobody holds", { lease: { holder: null }, unchangedMs: 0 }],
    [
      "Outwaited",
      "a lease that the peer handed over",
      { lease: { holder: null }, note: { handTo: "a" }, unchangedMs: 0 },
    ],
    [
      "Outwaited",
      "a lease that this region handed over, once the peer left it",
      { lease: { holder: null }, note: { region: "a", handTo: "b" } },
    ],
    [
      "ModeAllows",
      "the semi-automatic mode with a person's approval",
      { group: { mode: "semiAutomatic" }, approvals: [approval("ada", 0)] },
    ],
    [
      "ModeAllows",
      "its own lease in the manual mode",
      { group: { mode: "manual" }, note: { region: "a" } },
    ],
    [
      "ModeAllows",
      "what was handed over in the manual mode",
      { group: { mode: "manual" }, lease: { holder: null }, note: { handTo: "a" } },
    ],
    [
      "DataIsSafe",
      "bytes that enough people approved",
      {
        note: { sync: "degraded", positions: { ledger: 1_700 } },
        approvals: [approval("ada", 700), approval("grace", 900)],
      },
    ],
    ["SafetyRules", "a lossless failover after a lossy one", { state: failedOver(1, true) }],
    [
      "SafetyRules",
      "a lossy failover a day after the one before",
      {
        note: { sync: "degraded", positions: { ledger: 1_001 } },
        approvals: [approval("ada", 1), approval("grace", 1)],
        state: failedOver(86_400_000, true),
      },
    ],
    [
      "SelfVisible",
      "what resolvers showed a lease ago",
      {
        state: shown(30_000, null, false),
      },
    ],
    [
      "DnsEvidence",
      "resolvers that show the peer active in an epoch before",
      {
        safety: { dnsEvidence: "veto" },
        state: shown(0, 3, true),
      },
    ],
  ])("%s: %s", (rule, _, one) => {
    expect(ruleOf(judge(one), rule)?.outcome).toBe("passed");
  });
});

test("an approval of any loss covers a loss that is not known", () => {
  const any = Number.MAX_SAFE_INTEGER;
  const one: Case = { note: { sync: "degraded" } };
  expect(judge({ ...one, approvals: [approval("ada", any), approval("grace", any)] }).kind).toBe(
    "allowed",
  );
});

describe("what does not apply", () => {
  test.each<[string, string, Case]>([
    ["DnsEvidence", "is only observed where the group says so", { state: shown(0, 4, true) }],
    [
      "SafetyRules",
      "does not bind a region that takes its own lease again",
      {
        note: { region: "a" },
        safety: { restMs: 60_000 },
        state: failedOver(0, true),
      },
    ],
    [
      "WitnessIsOutside",
      "binds automation only",
      { safety: { witnessIsOutside: false }, group: { mode: "semiAutomatic" } },
    ],
    [
      "WitnessIsOutside",
      "does not bind a person",
      { safety: { witnessIsOutside: false }, isWished: true },
    ],
  ])("%s %s", (rule, _, one) => {
    expect(ruleOf(judge(one), rule)?.outcome).toBe("notApplicable");
  });
});

test("a person who asks for a take-over does not wait for the rest after the last failover", () => {
  const state = failedOver(0, false);
  const verdict = judge({ safety: { restMs: 60_000 }, state, isWished: true });
  expect(ruleOf(verdict, "SafetyRules")?.outcome).toBe("passed");
});

test("a witness that shows a lower epoch than it showed before is not believed", () => {
  const verdict = judge({ record: { epochSeen: 5 } });
  expect(ruleOf(verdict, "EpochNeverBack")).toMatchObject({ outcome: "failed" });
  expect(ruleOf(verdict, "EpochNeverBack")?.because).toMatch(/epoch 4.*5/);
  const asked = judge({ record: { epochSeen: 5 }, isWished: true });
  expect(ruleOf(asked, "EpochNeverBack")?.outcome).toBe("passed");
});

test("the moment from which a lease may be taken is told apart from no wait at all", () => {
  const held = standing({ unchangedMs: 0 });
  const atMs = outwaitedAtMs(held.context, held.state);
  expect(atMs).toBe(held.here.nowMs + 31_000);
  const free = standing({ lease: { holder: null } });
  expect(outwaitedAtMs(free.context, free.state)).toBeNull();
});
