/** The witness of the simulated failover worlds keeps what every witness promises, on ways that are slow; and the clock of their machines. */
import type { Signal, Witness } from "../../src/control/env.ts";
import { within } from "../../src/control/failover/within.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import { seededRandom } from "../../src/core/kernel/random.ts";
import { objectionTo } from "../../src/core/lease/request-bounds.ts";
import { machine, simProcess, worldTime } from "../../src/sim/failover-time.ts";
import { openWay, type SwarmWitness, swarmWitness } from "../../src/sim/failover-witness.ts";
import { clockContract } from "./clock.ts";
import { witnessContract } from "./witness.ts";

/** Above what a slow way takes; an agent has such a limit too. */
const limitMs = 2_000;
const stepMs = 20;
/** Settles the longer chains of promises that the suite has between two waits. */
const turns = 200;

/** A world's time with a clock that whoever works shares. */
function world() {
  const time = worldTime(turns);
  const host = machine(time, { rate: 1, wallAtStartMs: Date.UTC(2026, 0) });
  const process = simProcess(time);
  let working = 0;
  let isTurning = false;
  const turn = async (): Promise<void> => {
    isTurning = true;
    while (working > 0) await time.run(time.nowMs() + stepMs);
    isTurning = false;
  };
  return {
    time,
    process,
    clock: host.clockOf(process),
    async drive<T>(work: Promise<T>): Promise<T> {
      working += 1;
      if (!isTurning) void turn(); // It ends with the last work.
      try {
        return await work;
      } finally {
        working -= 1;
      }
    },
  };
}

for (const [name, hasClock] of [
  ["the witness of the simulated worlds", true],
  ["the witness of the simulated worlds without a clock", false],
] as const) {
  witnessContract(name, async () => {
    const { time, process, clock, drive } = world();
    const random = seededRandom(11);
    const slots = new Map<string, SwarmWitness>();
    let steppedMs = 0;
    const of = (slot: string): SwarmWitness => {
      const known = slots.get(slot);
      if (known !== undefined) return known;
      const made = swarmWitness({ time, random, slot, hasClock, wrote: () => undefined });
      made.stepClock(steppedMs);
      slots.set(slot, made);
      return made;
    };
    const isSlow = { ...openWay(), slowPerMille: 500, slowMs: 20 };
    const connect = (way: ReturnType<typeof openWay>): Witness => {
      // Limits, bounds and being stopped are a client's part: an agent has the limit itself, and the others do not occur in those worlds.
      const limited = <T>(work: () => Promise<T>, signal?: Signal): Promise<T> => {
        if (signal?.aborted === true) return Promise.reject(new Failure("Cancelled", "stopped"));
        return within(clock, limitMs, "asking the witness", work).catch((thrown: unknown) => {
          const failure = Failure.from(thrown, "the simulated witness");
          // What is not answered in time is not known to be done or refused.
          if (failure.code !== "TimedOut") throw failure;
          throw new Failure("WitnessUnreachable", "it did not answer in time", { cause: failure });
        });
      };
      return {
        id: "the simulated witness",
        read: (slot, signal) => limited(() => of(slot).connect(way, process).read(slot), signal),
        ask(slot, request, signal) {
          const objection = objectionTo(slot, request);
          if (objection !== undefined) {
            return Promise.reject(new Failure("WitnessRefused", objection));
          }
          return limited(() => of(slot).connect(way, process).ask(slot, request), signal);
        },
      };
    };
    return {
      connect: () => connect(isSlow),
      clock,
      drive,
      expiry: hasClock ? "own" : "none",
      ...(hasClock
        ? {
            async stepClock(byMs: number) {
              steppedMs += byMs;
              for (const one of slots.values()) one.stepClock(byMs);
            },
          }
        : {}),
      async crash() {
        for (const one of slots.values()) one.setUp(false);
        await clock.sleep(300);
        for (const one of slots.values()) one.restart(0);
      },
      unreachable: connect({ ...openWay(), isCut: true }),
      operations: 3_000,
      stop: async () => undefined,
    };
  });
}

clockContract("the clock of a simulated machine", () => {
  const { time, clock } = world();
  return { clock, pass: (ms) => time.run(time.nowMs() + ms) };
});
