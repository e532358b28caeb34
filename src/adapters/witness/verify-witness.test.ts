import { expect, test } from "vitest";
import type { Witness } from "../../control/env.ts";
import { seededRandom } from "../../core/kernel/random.ts";
import { applyLease } from "../../core/lease/apply.ts";
import { emptyLease, type LeaseRecord } from "../../core/lease/record.ts";
import { verifyWitness } from "./verify-witness.ts";

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A witness in memory; its faults are those of stores that are no witness. */
function witnessWith(
  fault: "none" | "reads then writes" | "forgets epochs" | "no repetition",
): Witness {
  let record: LeaseRecord = emptyLease("s");
  return {
    id: fault,
    read: async () => record,
    async ask(_slot, request) {
      const before = record;
      if (fault === "reads then writes") await pause();
      const asked = fault === "no repetition" ? { ...before, reqId: null } : before;
      const reply = applyLease(asked, request, 0);
      if (reply.ok && !reply.repeated) {
        record =
          fault === "forgets epochs" && request.op === "release"
            ? { ...reply.record, epoch: 0 }
            : reply.record;
      }
      return reply;
    },
  };
}

const options = { slot: "s", holder: "hz-fsn-rtz-prod", random: seededRandom(1) };

test("a witness is found sound", async () => {
  const { kind, checks } = await verifyWitness(witnessWith("none"), options);
  expect(kind).toBe("sound");
  expect(checks).toHaveLength(8);
});

test.each(["reads then writes", "forgets epochs", "no repetition"] as const)(
  "a store that %s is found out",
  async (fault) => {
    const { kind, checks } = await verifyWitness(witnessWith(fault), options);
    expect(kind).toBe("unsound");
    expect(checks.filter(({ passed }) => !passed)).not.toEqual([]);
  },
);

test("a slot that somebody else tries just now proves nothing", async () => {
  const witness = witnessWith("none");
  const common = { holder: "x", instance: "x", reqId: "x", ifRev: 0, note: {}, ttlMs: 5_000 };
  await witness.ask("s", { op: "acquire", ...common, epochFloor: 0 });
  expect((await verifyWitness(witness, options)).kind).toBe("busy");
});
