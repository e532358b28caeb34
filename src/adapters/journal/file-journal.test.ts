/** The journal in files: what opening it finds, refuses and cuts, and how it fails. */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JournalEvent } from "../../core/kernel/event.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { systemClock } from "../clock.ts";
import { registerSecret } from "../secrets.ts";
import { type FileJournalOptions, openFileJournal } from "./file-journal.ts";
import { readEvents } from "./read-events.ts";
import { verifyJournal } from "./verify.ts";

let root = "";
let folder = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sovereign-journal-"));
  folder = join(root, "region", "journal");
});
afterEach(() => rmSync(root, { recursive: true }));

const openHere = (options: Partial<FileJournalOptions> = {}) =>
  openFileJournal({ folder, stream: "test/here", clock: systemClock, ...options });

/** A closed journal of `count` events in `folder`; small segments hold two or three of them. */
async function written(count: number, segmentBytes = 8_000_000): Promise<readonly JournalEvent[]> {
  const journal = await openHere({ segmentBytes });
  const events: JournalEvent[] = [];
  for (let i = 1; i <= count; i++) {
    events.push(await journal.append({ type: "test.happened", data: { i, text: "ü\n" } }));
  }
  await journal.close();
  return events;
}

async function allEvents(): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = [];
  for await (const event of readEvents(folder)) events.push(event);
  return events;
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof Failure)) expect.fail(`expected a Failure, got ${String(thrown)}`);
  return thrown;
}

const segmentNames = (): string[] => readdirSync(folder).filter((n) => n.endsWith(".ndjson"));
const segmentPath = (index: number): string => join(folder, segmentNames().at(index) ?? "");
const onlySegment = (): string => segmentPath(0);

describe("opening refuses", () => {
  test("a journal with a broken line that is not the last, naming segment and line", async () => {
    await written(3);
    const lines = readFileSync(onlySegment(), "utf8").split("\n");
    writeFileSync(onlySegment(), [lines[0], "{torn", lines[2], ""].join("\n"));
    const before = readFileSync(onlySegment());
    const failure = await failureOf(openHere());
    expect(failure.code).toBe("JournalCorrupt");
    expect(failure.message).toBe("00000000000000000001.ndjson, line 2: the line is not JSON");
    expect(readFileSync(onlySegment())).toEqual(before);
    expect(readdirSync(folder)).toEqual(segmentNames());
  });

  test("a last event that was changed", async () => {
    await written(3);
    const text = readFileSync(onlySegment(), "utf8");
    writeFileSync(onlySegment(), text.replace('"i":3', '"i":4'));
    expect(await failureOf(openHere())).toMatchObject({
      code: "JournalCorrupt",
      message: expect.stringContaining("line 3: the contents of event 3"),
    });
  });

  test("a torn line in a segment that has a successor", async () => {
    await written(6, 400);
    expect(segmentNames().length).toBeGreaterThan(2);
    appendFileSync(segmentPath(0), "{torn");
    expect((await failureOf(openHere())).message).toContain("the line has no end");
  });

  test("a journal without its first segment", async () => {
    await written(6, 400);
    rmSync(segmentPath(0));
    expect((await failureOf(openHere())).message).toMatch(/line 1: the segment begins with event/);
  });

  test("a journal without a segment in the middle", async () => {
    await written(9, 400);
    rmSync(segmentPath(1));
    expect((await failureOf(openHere())).code).toBe("JournalCorrupt");
  });

  test("the journal of another stream", async () => {
    await written(1);
    expect(await failureOf(openHere({ stream: "test/there" }))).toMatchObject({
      code: "ConfigInvalid",
      message: 'the folder holds the journal of "test/here", not of "test/there"',
    });
  });

  test("a journal that is being written", async () => {
    const journal = await openHere();
    expect(await failureOf(openHere())).toMatchObject({
      code: "AlreadyRunning",
      message: `process ${process.pid} writes this journal`,
    });
    await journal.append({ type: "test.happened", data: {} });
    await journal.close();
    await (await openHere()).close();
  });

  test("a folder that can not be made", async () => {
    writeFileSync(join(root, "region"), "a file");
    expect((await failureOf(openHere())).code).toBe("JournalUnwritable");
  });

  test("all but one of several that start in one moment", async () => {
    const opened = await Promise.allSettled(Array.from({ length: 4 }, () => openHere()));
    const winners = opened.filter((result) => result.status === "fulfilled");
    expect(winners.length).toBeLessThanOrEqual(1);
    for (const { value } of winners) await value.close();
    await (await openHere()).close();
  });
});

describe("a lock of a process that is gone is taken over", () => {
  const endedPid = (): number => spawnSync(process.execPath, ["-e", ""]).pid;
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8);
  const ownTicks = (): string => {
    const stat = readFileSync("/proc/self/stat", "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  };
  const own = (): string => `lock-${process.pid}-${ownTicks()}`;
  test.each([
    ["because no such process exists", () => `lock-${endedPid()}-123-${boot}-00000000`],
    [
      "because the number belongs to a later process",
      () => `lock-${process.pid}-1-${boot}-00000000`,
    ],
    [
      "because the machine was started again, though a process has its number and start now",
      () => `${own()}-${boot === "01234567" ? "12345678" : "01234567"}-00000000`,
    ],
  ])("%s", async (_why, name) => {
    await written(1);
    writeFileSync(join(folder, name()), "");
    const journal = await openHere();
    expect((await journal.append({ type: "test.happened", data: {} })).seq).toBe(2);
    await journal.close();
    expect(readdirSync(folder)).toEqual(segmentNames());
  });
});

describe("a torn tail", () => {
  test.each([
    ["an incomplete line", '{"atMs":1,"da'],
    ["a line that is no event", '{"atMs":1}\n'],
    ["zeros, as a power cut leaves them", "\0\0\0\0"],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x0a])],
  ])("is cut and kept beside the segment: %s", async (_what, tail) => {
    const events = await written(3);
    appendFileSync(onlySegment(), tail);
    const journal = await openHere({ clock: { ...systemClock, nowMs: () => 77 } });
    const bytes = Buffer.from(tail);
    expect(journal.cut).toEqual({
      segment: "00000000000000000001.ndjson",
      line: 4,
      bytes: bytes.length,
      keptIn: "00000000000000000001.ndjson.torn-77",
    });
    expect(readFileSync(join(folder, journal.cut?.keptIn ?? ""))).toEqual(bytes);
    const next = await journal.append({ type: "test.happened", data: {} });
    expect(next).toMatchObject({ seq: 4, prev: events[2]?.hash });
    await journal.close();
    expect((await verifyJournal(folder)).kind).toBe("whole");
  });

  test("never overwrites what an earlier one left", async () => {
    await written(1);
    for (const tail of ["one", "two"]) {
      appendFileSync(onlySegment(), tail);
      await (await openHere({ clock: { ...systemClock, nowMs: () => 77 } })).close();
    }
    const kept = readdirSync(folder).filter((name) => name.includes(".torn-"));
    expect(kept.map((name) => readFileSync(join(folder, name), "utf8"))).toEqual(["one", "two"]);
  });
});

describe("recovery", () => {
  test("opens any prefix of a journal and keeps every complete line", async () => {
    const events = await written(12, 700);
    const files = segmentNames().map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
    const total = files.reduce((sum, file) => sum + file.bytes.length, 0);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: total }), async (length) => {
        rmSync(folder, { recursive: true });
        await (await openHere()).close();
        let rest = length;
        let complete = 0;
        for (const { name, bytes } of files) {
          if (rest <= 0) break;
          const part = bytes.subarray(0, rest);
          complete += part.filter((byte) => byte === 10).length;
          writeFileSync(join(folder, name), part);
          rest -= bytes.length;
        }
        const journal = await openHere();
        expect(journal.head.seq).toBe(complete);
        await journal.append({ type: "test.after", data: {} });
        await journal.close();
        expect((await allEvents()).slice(0, -1)).toEqual(events.slice(0, complete));
        expect(await verifyJournal(folder)).toMatchObject({ kind: "whole", events: complete + 1 });
      }),
      { numRuns: 60 },
    );
  });

  test("goes on in an empty segment, left by a crash between its making and its first line", async () => {
    await written(2);
    writeFileSync(join(folder, "00000000000000000003.ndjson"), "");
    expect((await verifyJournal(folder)).kind).toBe("whole");
    const journal = await openHere();
    await journal.append({ type: "test.happened", data: {} });
    await journal.close();
    expect(readFileSync(segmentPath(1), "utf8")).toContain('"seq":3');
    expect((await verifyJournal(folder)).kind).toBe("whole");
  });

  test("remembers keys, also those in older segments", async () => {
    const first = await openHere({ segmentBytes: 300 });
    const step = await first.append({ type: "step.done", data: { n: 1 }, key: "run/1" });
    for (let i = 0; i < 5; i++) await first.append({ type: "test.happened", data: {} });
    await first.close();
    const second = await openHere();
    const again = await second.append({ type: "step.done", data: { n: 2 }, key: "run/1" });
    await second.close();
    expect(again).toEqual(step);
  });
});

describe("verification", () => {
  test("notices any byte that was changed", async () => {
    await written(5, 700);
    expect(segmentNames().length).toBeGreaterThan(1);
    const anyFlip = fc.record({
      segment: fc.constantFrom(...segmentNames()),
      at: fc.nat(),
      bits: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(anyFlip, async ({ segment, at, bits }) => {
        const path = join(folder, segment);
        const right = readFileSync(path);
        const wrong = Buffer.from(right);
        const index = at % wrong.length;
        wrong[index] = (wrong[index] ?? 0) ^ bits;
        writeFileSync(path, wrong);
        const { kind } = await verifyJournal(folder);
        writeFileSync(path, right);
        expect(kind).not.toBe("whole");
      }),
      { numRuns: 300 },
    );
    expect((await verifyJournal(folder)).kind).toBe("whole");
  });

  test("names segment, line and reason of the first break, and what is right before it", async () => {
    const events = await written(3);
    const text = readFileSync(onlySegment(), "utf8");
    writeFileSync(onlySegment(), text.replace('"i":2', '"i":9'));
    expect(await verifyJournal(folder)).toEqual({
      kind: "broken",
      events: 1,
      segments: 1,
      firstSeq: 1,
      lastSeq: 1,
      headHash: events[0]?.hash,
      tornBytes: 0,
      firstBreak: {
        segment: "00000000000000000001.ndjson",
        line: 2,
        reason: "the contents of event 2 do not have the hash that it names",
      },
    });
  });

  test("tells an unfinished last line from a break", async () => {
    await written(2);
    appendFileSync(onlySegment(), '{"at');
    expect(await verifyJournal(folder)).toMatchObject({ kind: "torn", events: 2, tornBytes: 4 });
  });

  test("of a folder that is not there fails with NotFound", async () => {
    expect((await failureOf(verifyJournal(folder))).code).toBe("NotFound");
  });
});

describe("a journal that can not write", () => {
  test("says so to everybody who waits and to everybody after", async () => {
    await (await openHere()).close();
    symlinkSync("/dev/full", join(folder, "00000000000000000001.ndjson"));
    const journal = await openHere();
    const appends = [1, 2, 3].map((n) => journal.append({ type: "test.happened", data: { n } }));
    for (const append of appends) {
      expect(await failureOf(append)).toMatchObject({
        code: "JournalUnwritable",
        message: "an event could not be made durable: ENOSPC",
      });
    }
    const later = journal.append({ type: "test.happened", data: {}, key: "k" });
    expect((await failureOf(later)).code).toBe("JournalUnwritable");
    await journal.close();
  });

  test("goes on without a hole once it is opened again", async () => {
    const journal = await openHere({ segmentBytes: 1 });
    await journal.append({ type: "test.happened", data: {} });
    renameSync(folder, `${folder}-away`);
    expect((await failureOf(journal.append({ type: "test.lost", data: {} }))).message).toContain(
      "ENOENT",
    );
    renameSync(`${folder}-away`, folder);
    expect((await failureOf(journal.append({ type: "test.lost", data: {} }))).message).toContain(
      "ENOENT",
    );
    await journal.close();
    const reopened = await openHere();
    expect((await reopened.append({ type: "test.happened", data: {} })).seq).toBe(2);
    await reopened.close();
    expect(await verifyJournal(folder)).toMatchObject({ kind: "whole", events: 2 });
  });

  test("refuses the event that is one too many for its queue, and writes the others", async () => {
    const journal = await openHere({ queueLimit: 3 });
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => journal.append({ type: "test.happened", data: { n } })),
    );
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.reason).toMatchObject({ code: "JournalUnwritable" });
    await journal.append({ type: "test.happened", data: {} });
    await journal.close();
    const { kind, events } = await verifyJournal(folder);
    expect({ kind, events }).toEqual({ kind: "whole", events: 21 - refused.length });
  });

  test("writes what waits when it is closed, and takes nothing after", async () => {
    const journal = await openHere();
    const waiting = [1, 2, 3].map((n) => journal.append({ type: "test.happened", data: { n } }));
    await journal.close();
    expect((await Promise.all(waiting)).map((event) => event.seq)).toEqual([1, 2, 3]);
    const late = journal.append({ type: "test.happened", data: {} });
    expect((await failureOf(late)).message).toBe("the journal is closed");
  });
});

test("a registered secret never reaches the file", async () => {
  registerSecret("journal-s3cret");
  const journal = await openHere();
  await journal.append({ type: "test.happened", data: { message: "key journal-s3cret refused" } });
  await journal.close();
  expect(readFileSync(onlySegment(), "utf8")).toContain("key [redacted] refused");
});
