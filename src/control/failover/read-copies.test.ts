import { expect, test } from "vitest";
import type { RecordCopy } from "../../core/failover/record.ts";
import { simEnv } from "../../sim/sim-env.ts";
import type { RecordStore } from "./ports.ts";
import { readCopies } from "./read-copies.ts";

const watchdog = {
  read: () => Promise.resolve(null),
  set: () => undefined,
  onLost: () => () => undefined,
};

/** What an agent finds whose disk answers the first reads so, and then that it has no record. */
async function found(
  answers: readonly ("fails" | "hangs")[],
  pace: { readonly storeLimitMs: number; readonly readPatienceMs?: number },
) {
  const env = simEnv(3);
  let reads = 0;
  const disk: RecordStore = {
    id: "disk",
    write: () => Promise.resolve(),
    read() {
      const answer = answers[reads];
      reads += 1;
      if (answer === "fails") return Promise.reject(new Error("EIO"));
      return answer === "hangs"
        ? new Promise<RecordCopy>(() => undefined)
        : Promise.resolve({ kind: "missing" });
    },
  };
  let copies: readonly RecordCopy[] | undefined;
  const reading = readCopies(env, { stores: [disk], watchdog }, pace).then((all) => {
    copies = all.copies;
  });
  await env.clock.advance(60_000);
  await reading;
  return { kind: copies?.[0]?.kind, reads };
}

test("a place that never answers is unreadable when the patience is over, and not before", async () => {
  const hangs = Array.from({ length: 100 }, () => "hangs" as const);
  const pace = { storeLimitMs: 1_000, readPatienceMs: 5_000 };
  expect(await found(hangs, pace)).toEqual({ kind: "unreadable", reads: 5 });
});

test("without patience it is asked once", async () => {
  expect(await found(["fails"], { storeLimitMs: 1_000 })).toEqual({ kind: "unreadable", reads: 1 });
});

test("a slow disk is no lost memory: it is read again", async () => {
  const pace = { storeLimitMs: 1_000, readPatienceMs: 15_000 };
  expect(await found(["hangs", "fails", "hangs"], pace)).toEqual({ kind: "missing", reads: 4 });
});
