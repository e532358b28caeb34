/** A writer that is killed with SIGKILL at any moment loses no event that it acknowledged (issue 2, A.5). */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { openFileJournal } from "../../src/adapters/journal/file-journal.ts";
import { verifyJournal } from "../../src/adapters/journal/verify.ts";
import { required } from "../../src/core/kernel/assert.ts";
import { seededRandom } from "../../src/core/kernel/random.ts";

const rounds = 40;
const seed = 20_261_121;
const writerPath = fileURLToPath(new URL("fixtures/journal-writer.mjs", import.meta.url));

let folder = "";
const children = new Set<ChildProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-journal-kill-"));
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** Runs a writer until `acknowledgements` lines came and `delayMs` more passed; what it acknowledged. */
async function writeAndKill(
  round: number,
  acknowledgements: number,
  delayMs: number,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [writerPath, folder, String(round)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  let output = "";
  let errors = "";
  let waiting = true;
  child.stderr.on("data", (part: Buffer) => {
    errors += part.toString();
  });
  child.stdout.on("data", (part: Buffer) => {
    output += part.toString();
    if (!waiting || output.split("\n").length <= acknowledgements) return;
    waiting = false;
    setTimeout(() => child.kill("SIGKILL"), delayMs);
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (...ended) => resolve(ended));
  });
  children.delete(child);
  expect({ code, signal, errors }).toEqual({ code: null, signal: "SIGKILL", errors: "" });
  // The last line may be half a line: its event was acknowledged, its number can not be read.
  return output.split("\n").slice(0, -1);
}

test(`${rounds} writers killed one after the other lose no acknowledged event`, async () => {
  const random = seededRandom(seed);
  const acknowledged = new Map<number, string>();
  let cuts = 0;
  for (let round = 1; round <= rounds; round++) {
    const lines = await writeAndKill(round, 1 + random.below(120), random.below(12));
    for (const line of lines) {
      const [seq = "", hash = ""] = line.split(" ");
      expect(acknowledged.has(Number(seq)), `event ${seq} was acknowledged twice`).toBe(false);
      acknowledged.set(Number(seq), hash);
    }
    const journal = await openFileJournal({ folder, stream: "test/kill", clock: systemClock });
    if (journal.cut !== undefined) cuts += 1;
    let lastSeq = 0;
    const missing = new Map(acknowledged);
    for await (const event of journal.read()) {
      expect(event.seq).toBe(lastSeq + 1);
      if (missing.has(event.seq)) expect(event.hash).toBe(missing.get(event.seq));
      missing.delete(event.seq);
      lastSeq = event.seq;
    }
    await journal.close();
    expect([...missing.keys()], `round ${round}, seed ${seed}`).toEqual([]);
  }
  const verification = await verifyJournal(folder);
  expect(verification).toMatchObject({ kind: "whole", firstSeq: 1 });
  expect(verification.events).toBe(verification.lastSeq);
  expect(verification.events).toBeGreaterThanOrEqual(acknowledged.size);
  const kept = (await readdir(folder)).filter((name) => name.includes(".torn-"));
  expect(kept).toHaveLength(cuts);
  const last = required([...acknowledged.keys()].at(-1), "every round acknowledges something");
  expect(last).toBeLessThanOrEqual(verification.lastSeq);
});
