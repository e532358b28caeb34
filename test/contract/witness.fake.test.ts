/** The simulator's witness, and the witness made of a store, keep what every witness promises; also while answers get lost. */
import { expect, test } from "vitest";
import { registerWitness } from "../../src/adapters/witness/register-witness.ts";
import { seededRandom } from "../../src/core/kernel/random.ts";
import { checkLeaseHistory } from "../../src/sim/checkers/lease-linearizability.ts";
import { fakeLeaseRegister } from "../../src/sim/fake-lease-register.ts";
import { fakeWitness } from "../../src/sim/fake-witness.ts";
import { runLeaseWorkload } from "../../src/sim/lease-workload.ts";
import { virtualClock } from "../../src/sim/virtual-clock.ts";
import { driverOf } from "./virtual-drive.ts";
import { contractHolders, witnessContract } from "./witness.ts";

for (const [name, hasClock] of [
  ["the fake witness", true],
  ["the fake witness without a clock", false],
] as const) {
  witnessContract(name, async () => {
    const clock = virtualClock(7);
    const fake = fakeWitness({ id: "fake", random: seededRandom(7), clock, hasClock });
    const [unreachable, unauthorized] = [fake.connect(), fake.connect()];
    unreachable.setReachable(false);
    unauthorized.setAuthorized(false);
    return {
      connect: () => {
        const link = fake.connect();
        link.setFaults({ slowPerMille: 500, slowMs: 20 });
        return link;
      },
      clock,
      drive: driverOf(clock),
      expiry: hasClock ? "own" : "none",
      ...(hasClock ? { stepClock: async (byMs) => fake.stepClock(byMs) } : {}),
      crash: async () => {
        await clock.sleep(200);
        fake.setReachable(false);
        await clock.sleep(300);
        fake.setReachable(true);
      },
      unreachable,
      unauthorized,
      operations: 6_000,
      stop: async () => {},
    };
  });
}

for (const [name, hasClock] of [
  ["a witness out of a store", true],
  ["a witness out of a store without a clock", false],
] as const) {
  witnessContract(name, async () => {
    const clock = virtualClock(8);
    const options = { random: seededRandom(8), clock, hasClock };
    const register = fakeLeaseRegister({ ...options, id: "store" });
    const away = fakeLeaseRegister({ ...options, id: "away" });
    away.setFaults({ unreachablePerMille: 1_000 });
    return {
      connect: () => registerWitness(register),
      clock,
      drive: driverOf(clock, 5),
      expiry: hasClock ? "own" : "none",
      ...(hasClock ? { stepClock: async (byMs) => register.stepClock(byMs) } : {}),
      unreachable: registerWitness(away),
      operations: 6_000,
      stop: async () => {},
    };
  });
}

test.each([true, false])(
  "a witness out of a store believes no silence (clock: %s)",
  { timeout: 60_000 },
  async (hasClock) => {
    for (let seed = 1; seed <= 8; seed++) {
      const clock = virtualClock(seed);
      const random = seededRandom(seed);
      const register = fakeLeaseRegister({ id: "store", random, clock, hasClock });
      register.setFaults({
        unreachablePerMille: 30,
        lostPerMille: 80,
        latePerMille: 80,
        lateMs: 60,
      });
      const clients = contractHolders.map((name) => ({ name, witness: registerWitness(register) }));
      const work = runLeaseWorkload({
        clients,
        slots: ["s1", "s2"],
        operations: 1_500,
        ttlMs: 5_000,
        clock,
        random,
        name: "w",
      });
      const history = await driverOf(clock, 5)(work);
      expect(checkLeaseHistory(history, hasClock ? "steady" : "none")).toEqual([]);
      const lost = history.filter(({ outcome }) => outcome.kind === "unknown").length;
      expect(lost).toBeGreaterThan(50);
      expect(register.record("s1").rev).toBeGreaterThan(15);
    }
  },
);
