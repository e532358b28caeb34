import { expect, test } from "vitest";
import type { AgentState } from "../../core/failover/state.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { applyLease } from "../../core/lease/apply.ts";
import { emptyLease, type LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseRequest } from "../../core/lease/request.ts";
import { failoverPlan, simRegions } from "../../sim/failover-plan.ts";
import { type SimEnv, simEnv } from "../../sim/sim-env.ts";
import { makeAbort } from "../abort.ts";
import { type FailoverMemory, nothingPast, type PastFailover } from "./failover-memory.ts";
import { agentDefaults } from "./options.ts";
import type { AgentPorts } from "./ports.ts";
import { makeRegionAgent, type RegionAgent } from "./region-agent.ts";

const { group } = failoverPlan(1, { mode: "automatic", policy: "fence" });
const { timing } = group;
const [self, peer] = simRegions;

type Bench = {
  readonly env: SimEnv;
  readonly agent: RegionAgent;
  readonly asked: LeaseRequest[];
  readonly done: string[];
  /** How the witness behaves from now on. */
  answer: "yes" | "never" | "fails";
  readonly stop: () => Promise<void>;
};

/** One agent of a real group with ports that only note what they are asked for. */
function bench(
  observeOnly = false,
  change: Partial<AgentPorts> = {},
  past: FailoverMemory = nothingPast,
): Bench {
  const env = simEnv(7);
  const asked: LeaseRequest[] = [];
  const done: string[] = [];
  let record: LeaseRecord = emptyLease(group.slot);
  const pass = async <T>(work: () => T): Promise<T> => {
    await env.clock.sleep(5);
    if (bench.answer === "never") await new Promise(() => undefined);
    if (bench.answer === "fails") throw new Failure("WitnessUnreachable", "no route");
    return work();
  };
  const ports: AgentPorts = {
    witness: {
      id: "bench",
      read: () => pass(() => record),
      ask: (_slot, request) => {
        asked.push(request);
        return pass(() => {
          const reply = applyLease(record, request, env.clock.monotonicMs());
          if (reply.ok) record = reply.record;
          return reply;
        });
      },
    },
    stores: [{ id: "disk", read: async () => ({ kind: "missing" }), write: async () => undefined }],
    peer: { send: async () => undefined, listen: () => () => undefined },
    watchdog: {
      read: async () => null,
      set: (tenure) => void done.push(tenure === null ? "guard nothing" : "guard"),
      onLost: () => () => undefined,
    },
    data: {
      fence: async () => void done.push("fence"),
      promote: async (service) => void done.push(`promote ${service}`),
      setSync: async () => undefined,
      measure: async () => ({
        services: group.services.map(({ name }) => ({
          name,
          role: "writable",
          sync: "in_sync",
          standbyReady: true,
          position: 1,
          timeline: 1,
          ready: true,
        })),
        notReady: [],
      }),
    },
    evidence: { look: async () => ({ peerActiveEpoch: null, selfVisible: true }) },
    ...change,
  };
  const options = { ...agentDefaults(group), observeOnly };
  const agent = makeRegionAgent(env, ports, { self, peer, group }, options, past);
  const abort = makeAbort();
  const running = agent.run(abort.signal);
  const bench: Bench = {
    env,
    agent,
    asked,
    done,
    answer: "yes",
    async stop() {
      abort.abort();
      await env.clock.advance(1);
      await running;
    },
  };
  return bench;
}

const kindOf = (agent: RegionAgent): AgentState["authority"]["kind"] =>
  agent.current().authority.kind;
const typesOf = ({ env }: Bench): readonly string[] => env.journal.events.map(({ type }) => type);

test("a lease that nobody ever held is taken, the data promoted, and only then is health 200", async () => {
  const one = bench();
  expect(one.agent.health().status).toBe(503);
  await one.env.clock.advance(timing.ttlMs);
  expect(one.agent.health().status).toBe(200);
  expect(one.agent.status().needs).toEqual([]);
  expect(one.done.filter((what) => what.startsWith("promote"))).toEqual(
    group.services.map(({ name }) => `promote ${name}`),
  );
  expect(typesOf(one)).toEqual(
    expect.arrayContaining(["failover.authorityGained", "failover.promoted", "failover.serving"]),
  );
  await one.stop();
});

test("a witness that never answers delays no fence: it begins at the very end of the authority", async () => {
  const one = bench();
  await one.env.clock.advance(timing.ttlMs);
  one.answer = "never";
  const { authority } = one.agent.current();
  const untilAtMs = authority.kind === "none" ? 0 : authority.untilAtMs;
  one.done.length = 0;
  // A renewal may still be answered that was under way; after it nothing is.
  const ends = async (): Promise<void> => {
    for (let left = 4; left > 0 && kindOf(one.agent) !== "none"; left--) {
      const now = one.agent.current().authority;
      if (now.kind !== "none") await one.env.clock.run(now.untilAtMs);
    }
  };
  await ends();
  expect(one.env.clock.monotonicMs()).toBe(untilAtMs);
  expect(kindOf(one.agent)).toBe("none");
  expect(one.done).toContain("fence");
  expect(one.agent.health().status).toBe(503);
  await one.stop();
});

test("a step of the wall clock ends the authority before the next answer of the health path", async () => {
  const one = bench();
  await one.env.clock.advance(timing.ttlMs);
  one.env.clock.jumpWall(3_600_000);
  expect(one.agent.health().status).toBe(503);
  expect(typesOf(one)).toContain("failover.clockGap");
  await one.stop();
});

test("fencing that never ends is told as failed at its budget, and is asked for again", async () => {
  let fences = 0;
  const hanging: AgentPorts["data"] = {
    fence: () => {
      fences += 1;
      return new Promise(() => undefined);
    },
    promote: async () => undefined,
    setSync: async () => undefined,
    measure: async () => ({ services: [], notReady: [] }),
  };
  const one = bench(false, { data: hanging });
  await one.env.clock.advance(timing.fenceBudgetMs * 4);
  expect(fences).toBeGreaterThan(1);
  expect(typesOf(one)).toContain("failover.fenceFailed");
  await one.stop();
});

test("an agent that only observes reads and journals what it would do, and does nothing", async () => {
  const one = bench(true);
  await one.env.clock.advance(timing.ttlMs * 3);
  expect(one.asked).toEqual([]);
  expect(one.done).toEqual([]);
  expect(one.agent.health().status).toBe(503);
  const intentions = one.env.journal.events.filter(({ type }) => type === "failover.wouldDo");
  expect(intentions.length).toBeGreaterThan(0);
  const texts = intentions.map(({ data }) => JSON.stringify(data));
  // The same intention is told once and not at every try.
  expect(texts.filter((text, at) => text === texts[at - 1])).toEqual([]);
  await one.stop();
});

test("a full journal stops nothing", async () => {
  const one = bench();
  one.env.journal.setUnwritable(true);
  await one.env.clock.advance(timing.ttlMs);
  expect(one.agent.health().status).toBe(200);
  expect(one.env.log.lines.some(({ message }) => message.includes("journalled"))).toBe(true);
  await one.stop();
});

test("an agent that is stopped leaves its tenure with the watchdog and asks for nothing more", async () => {
  const one = bench();
  await one.env.clock.advance(timing.ttlMs);
  one.done.length = 0;
  one.asked.length = 0;
  await one.stop();
  await one.env.clock.advance(timing.ttlMs * 3);
  expect(one.done).toEqual([]);
  expect(one.asked).toEqual([]);
});

test("failovers of processes before this one are counted on, by wall time, and are not kept anew", async () => {
  const kept: (readonly PastFailover[])[] = [];
  const hourMs = 3_600_000;
  const atMs = simEnv(7).clock.nowMs() - 2 * hourMs;
  const failovers = [{ atMs, lossy: true }];
  const one = bench(false, {}, { failovers, keep: (all) => kept.push(all) });
  await one.env.clock.advance(timing.ttlMs);
  const { clock } = one.env;
  expect(one.agent.current().failovers.map((past) => clock.monotonicMs() - past.atMs)).toEqual([
    2 * hourMs + timing.ttlMs,
  ]);
  // A lease that nobody held before is no failover.
  expect(kept).toEqual([]);
  await one.stop();
});
