import { expect, test } from "vitest";
import type { FailingApplication } from "../../core/failover/application-failure.ts";
import { initialState } from "../../core/failover/initial-state.ts";
import type { AgentState } from "../../core/failover/state.ts";
import type { Verdict } from "../../core/kernel/verdict.ts";
import { failoverPlan, simRegions } from "../../sim/failover-plan.ts";
import { type SimEnv, simEnv } from "../../sim/sim-env.ts";
import { makeAbort } from "../abort.ts";
import { runRelease } from "./application-release.ts";

const plan = failoverPlan(1, { mode: "automatic", policy: "fence" }).group;
const { ttlMs } = plan.timing;
const [self, peer] = simRegions;
const allowed: Verdict = { kind: "allowed", reason: "Allowed", because: "", trace: [] };

type Bench = {
  readonly env: SimEnv;
  state: Pick<AgentState, "authority" | "data">;
  failing: readonly FailingApplication[];
  peerWorking: readonly string[] | null;
  switchovers: number;
  looks: number;
  /** Lets so many leases pass. */
  pass(leases: number): Promise<void>;
  stop(): Promise<void>;
};

const serving = (epoch: number): Bench["state"] => ({
  authority: { kind: "lease", epoch, rev: 1, untilAtMs: 1e9 },
  data: { kind: "serving", epoch },
});

function bench(policy: "keep" | "release" = "release"): Bench {
  const env = simEnv(5);
  const abort = makeAbort();
  const group = {
    ...plan,
    onApplicationFailure: policy,
    safety: { ...plan.safety, restMs: 0 },
  };
  const at: Bench = {
    env,
    state: serving(1),
    failing: [],
    peerWorking: ["shop"],
    switchovers: 0,
    looks: 0,
    pass: (leases) => env.clock.advance(leases * ttlMs),
    async stop() {
      abort.abort();
      await env.clock.advance(10 * ttlMs);
      await running;
    },
  };
  const running = runRelease(
    env,
    {
      group,
      failing: () => at.failing,
      current: () => at.state,
      async lookAtPeer() {
        at.looks += 1;
        return { handOver: allowed, working: at.peerWorking };
      },
      switchOver() {
        at.switchovers += 1;
      },
    },
    abort.signal,
  );
  return at;
}

const broken = (forMs: number): readonly FailingApplication[] => [
  { name: "shop", forMs, because: "it answers 500" },
];
const told = ({ env }: Bench) =>
  env.journal.events
    .filter(({ type }) => type === "failover.applicationFailed")
    .map(({ data }) => [data["kind"], data["reason"]]);

test("nothing is looked at and nothing is done while nothing fails, or fails for a moment", async () => {
  const at = bench();
  await at.pass(3);
  at.failing = broken(ttlMs - 1);
  await at.pass(3);
  expect([at.switchovers, at.looks, told(at)]).toEqual([0, 0, []]);
  await at.stop();
});

test("an Application that fails for a lease is switched over with once, and the journal says why", async () => {
  const at = bench();
  await at.pass(2);
  at.failing = broken(ttlMs);
  await at.pass(1);
  expect(at.switchovers).toBe(1);
  expect(told(at)).toEqual([["allowed", "Allowed"]]);
  at.state = { authority: { kind: "none" }, data: { kind: "fenced" } };
  await at.pass(10);
  expect(at.switchovers).toBe(1);
  await at.stop();
});

test("a region that has just come to serve keeps the group for a lease, and says so once", async () => {
  const at = bench();
  at.failing = broken(10 * ttlMs);
  await at.pass(0.9);
  expect(told(at)).toEqual([["refused", "RestOver"]]);
  expect(at.switchovers).toBe(0);
  await at.pass(0.3);
  expect(at.switchovers).toBe(1);
  await at.stop();
});

test("a new tenure rests anew", async () => {
  const at = bench();
  await at.pass(3);
  at.state = serving(2);
  await at.pass(0.5);
  at.failing = broken(ttlMs);
  await at.pass(0.3);
  expect(at.switchovers).toBe(0);
  await at.stop();
});

test("what fails in both regions stays, and moves when it works there", async () => {
  const at = bench();
  await at.pass(2);
  at.failing = broken(ttlMs);
  at.peerWorking = ["other"];
  await at.pass(4);
  expect(told(at)).toEqual([["refused", "PeerApplicationWorks"]]);
  at.peerWorking = ["shop"];
  await at.pass(1);
  expect(at.switchovers).toBe(1);
  await at.stop();
});

test("a group that keeps is never looked at", async () => {
  const at = bench("keep");
  at.failing = broken(10 * ttlMs);
  await at.pass(20);
  expect([at.looks, at.switchovers]).toEqual([0, 0]);
  await at.stop();
});

test("an agent that knows nothing yet does nothing", async () => {
  const at = bench();
  at.state = initialState({ self, peer, group: plan }, "agent-1", 0);
  at.failing = broken(10 * ttlMs);
  await at.pass(5);
  expect([at.looks, at.switchovers]).toEqual([0, 0]);
  await at.stop();
});
