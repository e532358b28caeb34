/** `sovereign journal` as a user runs it. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "../../../test/run-cli.ts";
import { systemClock } from "../../adapters/clock.ts";
import { openFileJournal } from "../../adapters/journal/file-journal.ts";
import { registerSecret } from "../../adapters/secrets.ts";

let folder = "";
let head = "";
const segment = (): string => join(folder, "00000000000000000001.ndjson");

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sovereign-journal-"));
  const clock = { ...systemClock, nowMs: () => Date.UTC(2026, 10, 21, 14) };
  const journal = await openFileJournal({ folder, stream: "test/here", clock });
  await journal.append({ type: "dns.planned", data: { changes: 2 } });
  await journal.append({ type: "source.read", data: { revision: "abc" } });
  await journal.append({ type: "dns.applied", data: { changes: 2 } });
  head = journal.head.hash;
  await journal.close();
});
afterEach(() => rmSync(folder, { recursive: true }));

async function sovereign(...words: readonly string[]) {
  const { out, err, exitCode: code } = await runCli(...words);
  return { out, err, code };
}

describe("verify", () => {
  test("ends with 13 and names segment and line when an event was changed", async () => {
    writeFileSync(segment(), readFileSync(segment(), "utf8").replace("abc", "abd"));
    const { out, err, code } = await sovereign("journal", "verify", folder);
    expect({ out, code }).toEqual({ out: "", code: 13 });
    expect(err).toContain("00000000000000000001.ndjson, line 2: the contents of event 2 do not");
    expect(err).toContain("the 1 event before it hold");
    expect(err).toContain("docs/guides/journal.md");
  });

  test("ends with 4 when there is no such folder", async () => {
    const { err, code } = await sovereign("journal", "verify", join(folder, "missing"));
    expect(code).toBe(4);
    expect(err).toContain("there is no such journal folder");
  });

  test("says how many events there are and where the chain ends", async () => {
    const { out, code } = await sovereign("journal", "verify", folder);
    expect(code).toBe(0);
    expect(out).toBe(`The journal is right: 3 events (1 to 3) in 1 segment.\nhead ${head}\n`);
    const json = await sovereign("journal", "verify", folder, "--output", "json");
    expect(JSON.parse(json.out)).toMatchObject({ kind: "whole", events: 3, headHash: head });
  });

  test("says that a last line is unfinished, which is no error", async () => {
    appendFileSync(segment(), '{"at');
    const { out, code } = await sovereign("journal", "verify", folder);
    expect(code).toBe(0);
    expect(out).toContain("The last 4 bytes are an unfinished line");
  });
});

describe("tail", () => {
  test("shows the last events, one line each", async () => {
    const { out } = await sovereign("journal", "tail", folder, "--lines", "2");
    expect(out.split("\n")).toEqual([
      "2026-11-21 14:00:00.000Z  #2      source.read           revision=abc",
      "2026-11-21 14:00:00.000Z  #3      dns.applied           changes=2",
      "",
    ]);
  });

  test("shows events of the wanted type only", async () => {
    const { out } = await sovereign("journal", "tail", folder, "--type", "dns.", "-n", "1");
    expect(out).toContain("#3 ");
    expect(out.trim().split("\n")).toHaveLength(1);
  });

  test("gives machines whole events, one JSON object a line", async () => {
    const { out } = await sovereign("journal", "tail", folder, "--output", "json");
    const events = out.trim().split("\n");
    expect(events.map((line) => JSON.parse(line).seq)).toEqual([1, 2, 3]);
    expect(JSON.parse(events[2] ?? "")).toMatchObject({ type: "dns.applied", hash: head });
  });

  test("never shows a registered secret, even one that is in the journal", async () => {
    registerSecret("abc-but-longer");
    const planted = readFileSync(segment(), "utf8").replace("dns.applied", "abc-but-longer");
    writeFileSync(segment(), planted);
    const { out, err } = await sovereign("journal", "tail", folder, "--output", "json");
    expect(out + err).not.toContain("abc-but-longer");
  });
});
