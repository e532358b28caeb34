import { expect, test } from "vitest";
import { initialState } from "../../core/failover/initial-state.ts";
import type { AgentState } from "../../core/failover/state.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { failoverPlan, simRegions } from "../../sim/failover-plan.ts";
import { type SimEnv, simEnv } from "../../sim/sim-env.ts";
import { makeAbort } from "../abort.ts";
import type { CopyReading, FollowingService } from "./data-service.ts";
import { runFollow } from "./follow-loop.ts";

const { group } = failoverPlan(1, { mode: "automatic", policy: "fence" });
const [self, peer] = simRegions;

type Bench = {
  readonly env: SimEnv;
  readonly done: string[];
  state: AgentState;
  reading: CopyReading;
  /** What following, and tending, come to. */
  follow: () => Promise<void>;
  tend: () => Promise<void>;
  stop(): Promise<void>;
};

const behind: CopyReading = {
  isFollowing: false,
  epochHere: 1,
  peer: { isWritable: true, epoch: 2 },
};

function bench(names: readonly string[] = ["ledger"]): Bench {
  const env = simEnv(3);
  const done: string[] = [];
  const services = names.map(
    (name): FollowingService => ({
      name,
      fence: async () => undefined,
      promote: async () => undefined,
      setSync: async () => undefined,
      measure: () => Promise.reject(new Error("nobody measures here")),
      look: async () => bench.reading,
      tend: () => bench.tend(),
      follow: () => {
        done.push(`${name} at ${Math.round(env.clock.monotonicMs() / 1_000)} s`);
        return bench.follow();
      },
    }),
  );
  const abort = makeAbort();
  const bench: Bench = {
    env,
    done,
    state: { ...initialState({ self, peer, group }, "agent-1", 0), data: { kind: "fenced" } },
    reading: behind,
    follow: async () => undefined,
    tend: async () => undefined,
    async stop() {
      abort.abort();
      await env.clock.advance(400_000);
      await running;
    },
  };
  const pace = { triesMax: 4, longestPauseMs: 60_000 };
  const running = runFollow(env, { services, current: () => bench.state, pace }, abort.signal);
  return bench;
}

const typesOf = ({ env }: Bench): readonly string[] => env.journal.events.map(({ type }) => type);

test("a fenced region follows a peer that was promoted, and says so", async () => {
  const one = bench();
  one.follow = async () => {
    one.reading = { ...behind, isFollowing: true, epochHere: 2 };
  };
  await one.env.clock.advance(30_000);
  expect(one.done).toEqual(["ledger at 0 s"]);
  expect(typesOf(one)).toEqual(["failover.following", "failover.followed"]);
  await one.stop();
});

test("a region with the right to write, or that is not fenced yet, is left alone", async () => {
  const one = bench();
  one.state = { ...one.state, data: { kind: "serving", epoch: 1 } };
  await one.env.clock.advance(30_000);
  expect(one.done).toEqual([]);
  await one.stop();
});

test("what fails is tried again with growing pauses, then no more until the peer is promoted anew", async () => {
  const one = bench();
  one.follow = () => Promise.reject(new Failure("FollowFailed", "no room"));
  await one.env.clock.advance(600_000);
  expect(one.done).toEqual(["ledger at 0 s", "ledger at 3 s", "ledger at 9 s", "ledger at 18 s"]);
  expect(one.env.journal.events.at(-1)?.data).toMatchObject({ attempt: 4, isLast: true });
  one.reading = { ...behind, peer: { isWritable: true, epoch: 3 } };
  await one.env.clock.advance(10_000);
  expect(one.done.length).toBeGreaterThan(4);
  await one.stop();
});

test("a copy that takes hours keeps no other service waiting", async () => {
  const one = bench(["ledger", "cache"]);
  let isFirst = true;
  one.follow = async () => {
    if (isFirst) {
      isFirst = false;
      await one.env.clock.sleep(100_000);
    }
  };
  await one.env.clock.advance(10_000);
  const names = one.done.map((line) => line.split(" ")[0]);
  expect(names.filter((name) => name === names[0])).toHaveLength(1);
  expect(names.length).toBeGreaterThan(2);
  await one.stop();
});

test("a server that does not come up is told of once, and tried for ever", async () => {
  const one = bench();
  let tries = 0;
  one.reading = { ...behind, isFollowing: true };
  one.tend = () => {
    tries += 1;
    return Promise.reject(new Failure("ProcessFailed", tries < 20 ? "no room" : "no memory"));
  };
  await one.env.clock.advance(30_000);
  expect(tries).toBeGreaterThan(25);
  expect(typesOf(one)).toEqual(["failover.tendFailed", "failover.tendFailed"]);
  await one.stop();
});

test("a journal that is full stops nothing", async () => {
  const one = bench();
  one.env.journal.setUnwritable(true);
  await one.env.clock.advance(30_000);
  expect(one.done.length).toBeGreaterThan(1);
  expect(one.env.log.lines.some(({ level }) => level === "error")).toBe(true);
  await one.stop();
});
