/** An agent that is killed with SIGKILL at any moment finds every record that it acknowledged; one whose disk is full finds the last. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DiskRecordStore } from "../../src/adapters/agent/disk-record-store.ts";
import { seededRandom } from "../../src/core/kernel/random.ts";

const rounds = 12;
const seed = 20_261_121;
const writerPath = fileURLToPath(new URL("fixtures/record-writer.mjs", import.meta.url));

let folder = "";
const children = new Set<ChildProcess>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-record-kill-"));
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** What a writer said that was killed `delayMs` after it had said `lines` lines. */
async function writeAndKill(lines: number, delayMs: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [writerPath, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.add(child);
  let output = "";
  let isWaiting = true;
  child.stdout.on("data", (part: Buffer) => {
    output += part.toString();
    if (!isWaiting || output.split("\n").length <= lines) return;
    isWaiting = false;
    setTimeout(() => child.kill("SIGKILL"), delayMs);
  });
  await new Promise((resolve) => child.once("close", resolve));
  children.delete(child);
  return output.split("\n").slice(0, -1);
}

test(`${rounds} agents killed one after the other find what was acknowledged before`, async () => {
  const random = seededRandom(seed);
  let acknowledged = 0;
  for (let round = 1; round <= rounds; round++) {
    const [found = "", ...versions] = await writeAndKill(2 + random.below(25), random.below(6));
    const [, kind, version] = found.split(" ");
    expect(kind, `round ${round}, seed ${seed}`).toBe(round === 1 ? "missing" : "present");
    expect(Number(version)).toBeGreaterThanOrEqual(acknowledged);
    // One more may be there than was said: it was killed between the disk and the word.
    expect(Number(version)).toBeLessThanOrEqual(acknowledged + 1);
    acknowledged = Number(versions.at(-1) ?? version);
  }
  const store = new DiskRecordStore({ folder, owner: "test/kill" });
  expect(await store.read()).toMatchObject({ kind: "present" });
  expect((await readdir(folder)).length).toBeLessThanOrEqual(3);
});

test("a disk that is full fails with the system's word, and leaves the last record", async () => {
  const written = spawnSync(process.execPath, [writerPath, folder, "2"], { encoding: "utf8" });
  expect(written.stdout).toBe("found missing 0\n1\n2\n");
  // The kernel's limit for the size of a file stands for the full disk: nothing at all can be written.
  const limited = 'ulimit -f 0; exec "$0" "$@" | cat';
  const full = spawnSync("bash", ["-c", limited, process.execPath, writerPath, folder, "1"], {
    encoding: "utf8",
  });
  expect(full.stdout).toBe(
    "found present 2\nRecordStoreFailed the record could not be made durable: EFBIG\n",
  );
  const again = spawnSync(process.execPath, [writerPath, folder, "1"], { encoding: "utf8" });
  expect(again.stdout).toBe("found present 2\n3\n");
});
