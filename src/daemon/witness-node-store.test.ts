import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Failure } from "../core/kernel/failure.ts";
import type { LeaseGrant } from "../core/lease/protocol.ts";
import { emptyLease, type LeaseRecord } from "../core/lease/record.ts";
import { readLine, readLog, writeLine } from "./witness-log-line.ts";
import { type NodeStore, openNodeStore } from "./witness-node-store.ts";

let folder = "";
let failures: Failure[] = [];
let nowMs = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-witness-"));
  [failures, nowMs] = [[], 0];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const path = (): string => join(folder, "leases.log");
const open = (compactBytes?: number): Promise<NodeStore> =>
  openNodeStore({
    path: path(),
    monotonicMs: () => nowMs,
    onFailure: (failure) => failures.push(failure),
    ...(compactBytes === undefined ? {} : { compactBytes }),
  });

const recordOf = (rev: number, slot = "s"): LeaseRecord => ({
  ...emptyLease(slot),
  rev,
  epoch: rev,
  holder: "hz-fsn-rtz-prod",
  instance: "p1",
  note: { text: "é" },
});
const grantOf = (epoch: number): LeaseGrant => ({
  epoch,
  rev: epoch,
  holder: "hz-fsn-rtz-prod",
  instance: "p1",
  ttlMs: 30_000,
  atMs: 1,
});

async function write(store: NodeStore, rev: number, slot = "s"): Promise<void> {
  expect(store.slot(slot).swap(recordOf(rev, slot), grantOf(rev))).toBe(true);
  await store.durable();
}

const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (thrown: unknown) => Failure.from(thrown, "").code,
  );

describe("what is refused", () => {
  test("a record whose revision is not the next one is not written", async () => {
    const store = await open();
    await write(store, 1);
    expect(store.slot("s").swap(recordOf(1), undefined)).toBe(false);
    expect(store.slot("s").swap(recordOf(3), undefined)).toBe(false);
    await store.close();
  });

  test("a log that was changed in its middle is not opened: it could grant an epoch twice", async () => {
    const store = await open();
    for (const rev of [1, 2, 3]) await write(store, rev);
    await store.close();
    const text = await readFile(path(), "utf8");
    await writeFile(path(), text.replace('"rev":2', '"rev":9'));
    expect(await codeOf(open())).toBe("JournalCorrupt");
  });

  test("once somebody else writes the log, nothing more is answered", async () => {
    const store = await open();
    await write(store, 1);
    await appendFile(path(), "x");
    store.slot("s").swap(recordOf(2), undefined);
    expect(await codeOf(store.durable())).toBe("JournalUnwritable");
    expect(await codeOf(store.durable())).toBe("JournalUnwritable");
    expect(failures).toHaveLength(1);
    await store.close();
  });

  test("once another log stands in its place, nothing more is answered", async () => {
    const store = await open();
    await write(store, 1);
    const text = await readFile(path());
    await rm(path());
    await writeFile(path(), text);
    store.slot("s").swap(recordOf(2), undefined);
    expect(await codeOf(store.durable())).toBe("JournalUnwritable");
    await store.close();
  });
});

test("what was durable is there after any end, and a torn line behind it is not", async () => {
  const store = await open();
  for (const rev of [1, 2]) await write(store, rev);
  await write(store, 1, "t");
  // No close: the process was killed, in the middle of a further line.
  await appendFile(path(), writeLine({ clockMs: 1, record: recordOf(3) }).slice(0, 40));
  const again = await open();
  expect(again.slot("s").load()).toEqual(recordOf(2));
  expect(again.slot("t").load()).toEqual(recordOf(1, "t"));
  expect(again.grants("s")).toEqual([grantOf(2), grantOf(1)]);
  await write(again, 3);
  await again.close();
  await store.close();
});

test("the clock goes on where the last write left it, and stands while nothing runs", async () => {
  const store = await open();
  nowMs = 5_000;
  await write(store, 1);
  await store.close();
  nowMs = 900_000;
  const again = await open();
  expect(again.clockMs()).toBe(5_000);
  nowMs += 10;
  expect(again.clockMs()).toBe(5_010);
  await again.close();
  // Also when nothing was written in between.
  const third = await open();
  expect(third.clockMs()).toBeGreaterThanOrEqual(5_000);
  await third.close();
});

test("a log that grew long is written anew and holds the same", async () => {
  const store = await open(4_096);
  for (let rev = 1; rev <= 150; rev++) await write(store, rev);
  expect((await stat(path())).size).toBeLessThan(60_000);
  const grants = store.grants("s");
  expect(grants).toHaveLength(100);
  await store.close();
  const again = await open();
  expect(again.slot("s").load()).toEqual(recordOf(150));
  expect(again.grants("s")).toEqual(grants);
  await again.close();
});

test("writes that wait at the same time are all durable, in their order", async () => {
  const store = await open();
  const all = Array.from({ length: 200 }, (_, at) => {
    store.slot("s").swap(recordOf(at + 1), undefined);
    return store.durable();
  });
  await Promise.all(all);
  const { lines } = readLog(await readFile(path(), "utf8"));
  expect(lines.map(({ record }) => record.rev)).toEqual(lines.map((_, at) => at + 1));
  expect(lines).toHaveLength(200);
  await store.close();
});

describe("lines", () => {
  const line = fc.record({
    clockMs: fc.nat(),
    record: fc.record({
      slot: fc.string({ minLength: 1 }),
      epoch: fc.nat(),
      rev: fc.nat(),
      holder: fc.option(fc.string()),
      instance: fc.option(fc.string()),
      ttlMs: fc.nat(),
      expiresAtMs: fc.nat(),
      reqId: fc.option(fc.string()),
      // `__proto__` from JSON is a key as any other, and no library keeps it.
      note: fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        fc.constantFrom(1, "a", null),
      ),
    }),
  });

  test("a line is read as it was written", () => {
    fc.assert(
      fc.property(line, (one) => {
        expect(readLine(writeLine(one).slice(0, -1))).toEqual(one);
      }),
    );
  });

  test("a log that was cut anywhere gives the whole lines before the cut", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), fc.nat(), (lines, cut) => {
        const text = lines.map(writeLine).join("");
        const bytes = Buffer.from(text).subarray(0, cut % (Buffer.byteLength(text) + 1));
        const read = readLog(bytes.toString("utf8"));
        expect(read.brokenAt).toBeUndefined();
        expect(read.lines).toEqual(lines.slice(0, read.lines.length));
        const whole = lines.slice(0, read.lines.length).map(writeLine).join("");
        expect(read.wholeBytes).toBe(Buffer.byteLength(whole));
      }),
    );
  });

  test("any text at all is a line or none", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(readLine(text)).toBeUndefined();
      }),
    );
  });
});
