/** A disk that is full in the middle of an event leaves nothing of that event behind. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { openFileJournal } from "../../src/adapters/journal/file-journal.ts";
import { verifyJournal } from "../../src/adapters/journal/verify.ts";

const writerPath = fileURLToPath(new URL("fixtures/journal-filler.mjs", import.meta.url));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sovereign-journal-full-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("what could be written of a refused event is taken off again, and the journal goes on without a hole", async () => {
  // The kernel's limit for the size of a file stands for the full disk: it cuts a write short in the same way.
  const limited = 'ulimit -f 64; exec "$0" "$@"';
  const child = spawnSync("bash", ["-c", limited, process.execPath, writerPath, folder], {
    encoding: "utf8",
  });
  expect(child.stderr).toBe("");
  const [acknowledged = "", refusal = ""] = child.stdout.trim().split("\n");
  expect(Number(acknowledged)).toBeGreaterThan(0);
  expect(refusal).toBe("JournalUnwritable an event could not be made durable: EFBIG");

  const events = Number(acknowledged);
  expect(await verifyJournal(folder)).toMatchObject({ kind: "whole", events });
  const journal = await openFileJournal({ folder, stream: "test/full", clock: systemClock });
  expect(journal.cut).toBeUndefined();
  expect((await journal.append({ type: "test.happened", data: {} })).seq).toBe(events + 1);
  await journal.close();
  expect(readdirSync(folder)).toEqual(["00000000000000000001.ndjson"]);
});
