/** The process of the command line: how it ends when its reader is gone, its output is full, or something stray fails. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { openFileJournal } from "../../src/adapters/journal/file-journal.ts";
import { programFile } from "../../src/daemon/program-file.ts";

const programPath = programFile("sovereign");
const strayPath = fileURLToPath(new URL("fixtures/stray-failure.mjs", import.meta.url));

let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sovereign-cli-"));
  const journal = await openFileJournal({ folder, stream: "test/cli", clock: systemClock });
  for (let i = 0; i < 2_000; i++) void journal.append({ type: "test.happened", data: { i } }); // Waited for by close.
  await journal.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function shell(script: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    "bash",
    ["-c", `set -o pipefail; ${script}`, process.execPath, ...args],
    { encoding: "utf8", timeout: 60_000 },
  );
  return { status, lines: stdout.trim().split("\n").length, stdout, stderr };
}

test.each([
  ["that prints much", ["journal", "tail", "--lines", "2000"]],
  ["that would never end", ["journal", "tail", "--lines", "2000", "--follow"]],
])("a command %s ends silently when its reader goes", (_what, args) => {
  const ended = shell('"$0" "$@" | head -1', programPath, ...args, folder);
  expect(ended).toMatchObject({ status: 0, lines: 1, stderr: "" });
  expect(ended.stdout).toContain("test.happened");
});

test("an output that can not be written is a failure", () => {
  const { status, stderr } = shell('"$0" "$@" > /dev/full', programPath, "journal", "tail", folder);
  expect(status).toBe(70);
  expect(stderr).toContain("The output can not be written: ENOSPC.");
});

test.each(["rejection", "exception"])(
  "a stray %s is called a bug and ends the command with 70",
  (kind) => {
    const args = ["journal", "tail", "--follow", folder];
    const { status, stderr } = shell('"$0" "$@"', strayPath, kind, ...args);
    expect(status).toBe(70);
    expect(stderr).toMatch(
      /^This is a bug in Sovereign, please report it\.\nError: stray at https:\/\/\[redacted\]@/,
    );
  },
);

test("what a command leaves behind does not keep the process from ending", () => {
  const { status, stderr } = shell('"$0" "$@"', strayPath, "leftover", "journal", "tail", folder);
  expect(status).toBe(0);
  expect(stderr).toContain("ending without it");
});
