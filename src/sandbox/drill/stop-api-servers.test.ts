import { expect, test } from "vitest";
import type { SandboxStatus } from "../protocol.ts";
import { type AgentSight, type ApiServerTools, stopApiServers } from "./stop-api-servers.ts";

const status: SandboxStatus = {
  ...{ pid: 1, startedAtMs: 0, base: "127.10", network: "proxy", domain: "sovereign.test" },
  ...{ probeIntervalMs: 1_000, ttlSeconds: 1, ready: true, waitingFor: [] },
  ...{ shared: [], regions: [] },
};

type Wrong = {
  /** Nobody says that an API server is down. */
  readonly silent?: true;
  readonly failedWrites?: number;
  /** The standby takes over without its API server. */
  readonly greedy?: true;
  readonly neverWhole?: true;
  readonly neverTakes?: true;
  /** The switchover succeeds once the standby's API server is back. */
  readonly handsOver?: true;
};

/** FAKE: two regions in memory, of which the first serves; each wait ends at once. */
function world(wrong: Wrong = {}) {
  const asked: string[] = [];
  const faults = new Map<string, string>();
  const serving: Map<string, number> = new Map([["fsn", 1]]);
  let nowMs = 0;
  const tools: ApiServerTools = {
    connection: {
      request: async (wanted) => {
        if (wanted.command === "break") {
          asked.push(`${wanted.fault} ${wanted.region}`);
          faults.set(wanted.region, wanted.fault);
          if (wanted.fault === "kill") serving.delete(wanted.region);
          if (wanted.fault === "kill" && wrong.greedy === true) serving.set("hel", 9);
        }
        if (wanted.command === "restore") {
          asked.push(`restore ${wanted.region}`);
          faults.delete(wanted.region);
          if (serving.size === 0 && wrong.neverTakes !== true) serving.set(wanted.region, 5);
        }
        return status;
      },
    },
    order: async (region) => {
      asked.push(`order ${region}`);
      const epoch = (serving.get(region) ?? 0) + 1;
      if (wrong.handsOver === true) serving.delete(region);
      // It hands over in vain, and takes it again.
      else serving.set(region, epoch);
    },
    look: async () =>
      ["fsn", "hel"].map((region): AgentSight => {
        const isDown = faults.get(region) === "kube-down" && wrong.silent !== true;
        const notReady = isDown ? ["a place of the record fails (api-server): away"] : [];
        return { region, servesAt: serving.get(region) ?? null, notReady };
      }),
    failedSince: () => wrong.failedWrites ?? 0,
    isWhole: async () => wrong.neverWhole !== true,
    until: async (done) => {
      nowMs += 1_000_000;
      return done();
    },
    nowMs: () => nowMs,
    tell: () => undefined,
  };
  const plan = { active: "fsn", standby: "hel", ttlMs: 15_000, leases: 1 };
  return { asked, breaker: stopApiServers(tools, plan) };
}

const both = ["kube-down hel", "kube-down fsn", "restore hel", "restore fsn"];
const handedOver = ["kube-down hel", "order fsn", "restore hel"];
const killed = ["kube-down hel", "kill fsn", "restore hel"];

test("both are stopped, then the standby's in a switchover, then the standby's while the active region dies", async () => {
  const { asked, breaker } = world();
  await breaker.begin();
  expect(asked).toEqual([...both, ...handedOver, ...killed]);
  expect(breaker.unmet?.()).toEqual([]);
  await breaker.restore();
  await breaker.restore();
  expect(asked.at(-1)).toBe("restore fsn");
  expect(asked.filter((one) => one === "restore fsn")).toHaveLength(2);
});

test("the region that writes is killed, also when the switchover was done in the end", async () => {
  const { asked, breaker } = world({ handsOver: true });
  await breaker.begin();
  expect(asked.slice(both.length)).toEqual([
    ...handedOver,
    ...["kube-down fsn", "kill hel", "restore fsn"],
  ]);
  expect(breaker.unmet?.()).toEqual([]);
  await breaker.restore();
  expect(asked.at(-1)).toBe("restore hel");
});

test("nothing goes on after a step from which the group does not come back", async () => {
  const { asked, breaker } = world({ neverWhole: true });
  await breaker.begin();
  expect(asked).toEqual(both);
  expect(breaker.unmet?.()).toEqual([
    "the group was not as it should be once the API servers were back",
  ]);
});

test.each<[string, Wrong, RegExp]>([
  ["an agent that does not say so", { silent: true }, /did not say that a place of the record/],
  ["a write that fails meanwhile", { failedWrites: 3 }, /3 writes failed without the API servers/],
  [
    "a standby that takes over without its API server",
    { greedy: true },
    /without the other region's API server hel serves at epoch 9/,
  ],
  ["a region that does not take over afterwards", { neverTakes: true }, /hel did not take over/],
])("%s is told", async (_name, wrong, expected) => {
  const { breaker } = world(wrong);
  await breaker.begin();
  expect(breaker.unmet?.().join("; ")).toMatch(expected);
});
