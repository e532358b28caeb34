import { expect, test } from "vitest";
import { failoverPlan } from "../../sim/failover-plan.ts";
import type { Verdict } from "../kernel/verdict.ts";
import { type ApplicationFailureFacts, judgeApplicationFailure } from "./application-failure.ts";

const plan = failoverPlan(1, { mode: "automatic", policy: "fence" }).group;
const { ttlMs } = plan.timing;
const group = {
  ...plan,
  onApplicationFailure: "release",
  safety: { ...plan.safety, restMs: 10 * ttlMs },
} as const;
const allowed: Verdict = {
  kind: "allowed",
  reason: "Allowed",
  because: "every rule passed",
  trace: [{ rule: "Serving", outcome: "passed", because: "it serves" }],
};
const outOfStep: Verdict = {
  kind: "refused",
  reason: "PeerInStep",
  because: "the record at the witness says degraded",
  trace: [
    { rule: "PeerInStep", outcome: "failed", because: "the record at the witness says degraded" },
  ],
};
const facts: ApplicationFailureFacts = {
  group,
  failing: [{ name: "shop", forMs: ttlMs, because: "http://127.0.0.1/ answers 500" }],
  peerWorking: ["other", "shop"],
  servingForMs: 10 * ttlMs,
  handOver: allowed,
};

test("an Application that fails for a lease moves the group, with what failed in the trace", () => {
  const verdict = judgeApplicationFailure(facts);
  expect(verdict.kind).toBe("allowed");
  const said = verdict.trace.find(({ rule }) => rule === "ApplicationFails")?.because;
  expect(said).toContain("http://127.0.0.1/ answers 500");
  expect(verdict.trace.map(({ rule }) => rule)).toContain("Serving");
});

test.each<[string, Partial<ApplicationFailureFacts>, string]>([
  ["the group keeps", { group: { ...group, onApplicationFailure: "keep" } }, "ReleaseDeclared"],
  ["the group says nothing", { group: plan }, "ReleaseDeclared"],
  ["people decide", { group: { ...group, mode: "semiAutomatic" } }, "ModeAllows"],
  ["nothing fails", { failing: [] }, "ApplicationFails"],
  [
    "it failed for a moment",
    { failing: [{ name: "shop", forMs: ttlMs - 1, because: "" }] },
    "ApplicationFails",
  ],
  ["this region came to serve a short time ago", { servingForMs: 10 * ttlMs - 1 }, "RestOver"],
  ["this region does not serve", { servingForMs: null }, "RestOver"],
  ["it fails in both regions", { peerWorking: ["other"] }, "PeerApplicationWorks"],
  ["the peer's agent is an old one", { peerWorking: null }, "PeerApplicationWorks"],
  ["a switchover would lose something", { handOver: outOfStep }, "PeerInStep"],
])("the group stays where it is when %s", (_when, change, reason) => {
  const verdict = judgeApplicationFailure({ ...facts, ...change });
  expect([verdict.kind, verdict.reason]).toEqual(["refused", reason]);
  // Each of them is enough by itself.
  expect(verdict.trace.filter(({ outcome }) => outcome === "failed")).toHaveLength(1);
});

test("without any rest a region serves for one lease before it gives the group away", () => {
  const restless = { ...group, safety: { ...group.safety, restMs: 0 } };
  const at = (servingForMs: number) =>
    judgeApplicationFailure({ ...facts, group: restless, servingForMs }).kind;
  expect([at(ttlMs - 1), at(ttlMs)]).toEqual(["refused", "allowed"]);
});
