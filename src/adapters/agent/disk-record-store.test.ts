import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AgentRecord } from "../../core/failover/record.ts";
import { required } from "../../core/kernel/assert.ts";
import { DiskRecordStore } from "./disk-record-store.ts";
import { largestRecordBytes, parseRecordFile, renderRecordFile } from "./record-file.ts";

const owner = "hz-fsn-rtz-prod/shop";
const record: AgentRecord = {
  version: 4,
  armed: true,
  epochSeen: 7,
  roundIssued: 2,
  givenBack: { epoch: 1, round: 1 },
  unclear: false,
  epochHeld: 7,
  epochOwn: null,
  epochBeforeOwn: 0,
  open: null,
  promise: { policy: "sticky", epoch: 7, round: 2 },
};

let folder = "";
let store: DiskRecordStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-record-"));
  store = new DiskRecordStore({ folder: join(folder, "made", "when-needed"), owner });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});
const path = (): string => join(folder, "made", "when-needed", "record.json");

test("a record of another agent is unreadable, and is not written over", async () => {
  await store.write(record);
  const text = renderRecordFile("hz-hel-rtz-prod/shop", record);
  await writeFile(path(), text);
  expect(await store.read()).toEqual({ kind: "unreadable" });
  await expect(store.write({ ...record, version: 9 })).rejects.toMatchObject({
    code: "RecordStoreFailed",
    message: "the folder holds the record of hz-hel-rtz-prod/shop",
  });
  expect(await readFile(path(), "utf8")).toBe(text);
});

test("a link or a file that is too large is unreadable", async () => {
  await store.write(record);
  await writeFile(path(), Buffer.alloc(largestRecordBytes + 1, 32));
  expect(await store.read()).toEqual({ kind: "unreadable" });
  await rm(path());
  await writeFile(join(folder, "elsewhere.json"), renderRecordFile(owner, record));
  await symlink(join(folder, "elsewhere.json"), path());
  expect(await store.read()).toEqual({ kind: "unreadable" });
});

test("a folder that can not be made fails with RecordStoreFailed and the system's word", async () => {
  await writeFile(join(folder, "made"), "a file stands here");
  await expect(store.write(record)).rejects.toMatchObject({ code: "RecordStoreFailed" });
  expect(await store.read()).toEqual({ kind: "unreadable" });
});

test("a second process is refused until the first one gives the record up", async () => {
  await store.write(record);
  const names = await readdir(join(folder, "made", "when-needed"));
  const lock = required(
    names.find((name) => name.startsWith("lock-")),
    "a writer has its lock there",
  );
  // The lock of a living process that is not this one: the test runner that started it.
  const [, , , boot] = lock.split("-");
  const ppidStart = (await readFile(`/proc/${process.ppid}/stat`, "utf8")).replace(/^.*\) /, "");
  const other = join(
    folder,
    "made",
    "when-needed",
    `lock-${process.ppid}-${ppidStart.split(" ")[19]}-${boot}-00000000`,
  );
  await store.close();
  await writeFile(other, "");
  await expect(store.write(record)).rejects.toMatchObject({ code: "AlreadyRunning" });
  expect(await store.read()).toEqual({ kind: "present", record });
  await rm(other);
  await store.write({ ...record, version: 5 });
});

test("the file is for its owner alone, and nothing else is left beside it", async () => {
  await store.write(record);
  expect((await stat(path())).mode & 0o777).toBe(0o600);
  expect((await stat(join(path(), ".."))).mode & 0o777).toBe(0o700);
  await store.close();
  expect(await readdir(join(path(), ".."))).toEqual(["record.json"]);
});

test("writes are done in their order, more than 16 at once are refused, and one that nobody waits for is not done", async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 17 }, (_, n) => store.write({ ...record, version: n + 1 })),
  );
  expect(results.filter(({ status }) => status === "rejected")).toMatchObject([
    { reason: { code: "RecordStoreFailed" } },
  ]);
  expect(await store.read()).toMatchObject({ record: { version: 16 } });
  const gone = new AbortController();
  gone.abort();
  await expect(store.write({ ...record, version: 30 }, gone.signal)).rejects.toMatchObject({
    code: "Cancelled",
  });
  expect(await store.read()).toMatchObject({ record: { version: 16 } });
});

const count = fc.nat();
const round = fc.record({
  policy: fc.constantFrom("sticky" as const, "peerArbiter" as const),
  epoch: count,
  round: count,
});
const anyRecord: fc.Arbitrary<AgentRecord> = fc.record({
  version: count,
  armed: fc.boolean(),
  epochSeen: count,
  roundIssued: count,
  givenBack: fc.record({ epoch: count, round: count }),
  unclear: fc.boolean(),
  epochHeld: count,
  epochOwn: fc.option(count),
  epochBeforeOwn: count,
  open: fc.option(round),
  promise: fc.option(round),
});

test("what is written is read back as it was, and a single changed or missing byte makes it unreadable", () => {
  fc.assert(
    fc.property(anyRecord, fc.nat(), fc.integer({ min: 1, max: 255 }), (any, place, change) => {
      const text = renderRecordFile(owner, any);
      expect(parseRecordFile(owner, text)).toEqual({ kind: "present", record: any });
      const bytes = Buffer.from(text);
      const at = place % bytes.length;
      expect(parseRecordFile(owner, text.slice(0, at)).kind).toBe("unreadable");
      bytes[at] = (bytes[at] ?? 0) ^ change;
      expect(parseRecordFile(owner, bytes.toString("utf8")).kind).toBe("unreadable");
    }),
  );
});

test("no text makes reading fail", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(parseRecordFile(owner, text).kind).toBe("unreadable");
    }),
  );
});

test("what is there can be written once more to try the disk, and stays what it is", async () => {
  expect(await store.tryWrite()).toBe(false);
  await store.write(record);
  const before = await stat(path());
  expect(await store.tryWrite()).toBe(true);
  expect((await stat(path())).ino).not.toBe(before.ino);
  expect(await store.read()).toEqual({ kind: "present", record });
  const other = renderRecordFile("hz-hel-rtz-prod/shop", record);
  for (const text of ["torn", other]) {
    await writeFile(path(), text);
    expect(await store.tryWrite()).toBe(false);
    expect(await readFile(path(), "utf8")).toBe(text);
  }
});

test("a disk that reads and does not write fails the try", async () => {
  await store.write(record);
  // A folder stands where the next record would be made.
  await mkdir(join(folder, "made", "when-needed", "record.next.json"));
  expect(await store.read()).toEqual({ kind: "present", record });
  await expect(store.tryWrite()).rejects.toMatchObject({ code: "RecordStoreFailed" });
  expect(await store.read()).toEqual({ kind: "present", record });
});
