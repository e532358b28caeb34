/**
 * The leases of the Node host: in memory, and in a log that is on disk before anything is answered. Writes that wait at the
 * same time share one flush. When a write fails nothing more is answered: what the disk holds is not known.
 */
import { type FileHandle, open, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Failure } from "../core/kernel/failure.ts";
import { grantsKept, type LeaseGrant } from "../core/lease/protocol.ts";
import { emptyLease, type LeaseRecord } from "../core/lease/record.ts";
import type { SlotStore } from "../worker/slots.ts";
import { type LogLine, readLog, writeLine } from "./witness-log-line.ts";

type Kept = { readonly record: LeaseRecord; readonly grants: readonly LeaseGrant[] };

export type NodeStore = {
  /** The clock of leases: it goes on from where it was at the last write, and stands while no host runs. */
  clockMs(): number;
  slot(name: string): SlotStore;
  /** Newest first. */
  grants(name: string): readonly LeaseGrant[];
  /** Resolves when all that was written until now is on disk; fails with JournalUnwritable, now and ever after. */
  durable(): Promise<void>;
  close(): Promise<void>;
};

export type NodeStoreOptions = {
  readonly path: string;
  /** Milliseconds since some start; never jumps. */
  readonly monotonicMs: () => number;
  /** The log is written anew, without what was overtaken, when it is longer. */
  readonly compactBytes?: number;
  /** Called once, when a write failed. */
  readonly onFailure: (failure: Failure) => void;
};

const defaultCompactBytes = 16 * 1024 * 1024;

/** Opens the log, or begins one. Fails with JournalCorrupt when it was changed, and with JournalUnwritable. */
export async function openNodeStore(options: NodeStoreOptions): Promise<NodeStore> {
  const { lines } = await readExisting(options.path);
  const kept = new Map<string, Kept>();
  for (const line of lines) keep(kept, line);
  const lastClockMs = lines.reduce((latest, line) => Math.max(latest, line.clockMs), 0);
  const sinceMs = options.monotonicMs();
  const clockMs = (): number => lastClockMs + options.monotonicMs() - sinceMs;
  const writer = await openWriter(options, () => snapshot(kept, clockMs()));
  return {
    clockMs,
    slot: (name) => ({
      load: () => kept.get(name)?.record ?? emptyLease(name),
      swap(record, grant) {
        if ((kept.get(name)?.record.rev ?? 0) !== record.rev - 1) return false;
        const line = {
          clockMs: clockMs(),
          record,
          ...(grant === undefined ? {} : { grant }),
        };
        keep(kept, line);
        writer.add(writeLine(line));
        return true;
      },
    }),
    grants: (name) => kept.get(name)?.grants ?? [],
    durable: () => writer.durable(),
    close: () => writer.close(),
  };
}

function keep(kept: Map<string, Kept>, { record, grant }: LogLine): void {
  const before = kept.get(record.slot);
  // A log that was written anew can hold what stood in line to be written, and then it is written again.
  const others = (before?.grants ?? []).filter(({ epoch }) => epoch !== grant?.epoch);
  const newest = before !== undefined && before.record.rev > record.rev ? before.record : record;
  const grants = grant === undefined ? others : [grant, ...others].slice(0, grantsKept);
  kept.set(record.slot, { record: newest, grants });
}

async function readExisting(path: string): Promise<{ readonly lines: readonly LogLine[] }> {
  const file = await open(path, "a+", 0o600).catch(unwritable(path));
  try {
    const { lines, brokenAt, wholeBytes } = readLog(await file.readFile("utf8"));
    if (brokenAt !== undefined) {
      throw new Failure("JournalCorrupt", `line ${brokenAt} of the leases was changed`, {
        where: path,
        remedy:
          "Restore nothing: an older copy would grant epochs twice. See docs/guides/witness.md.",
      });
    }
    await file.truncate(wholeBytes);
    return { lines };
  } finally {
    await file.close();
  }
}

type Writer = {
  add(text: string): void;
  durable(): Promise<void>;
  close(): Promise<void>;
};

/** Everything that is kept as a log: every grant with the record, the newest grant last. */
function snapshot(kept: ReadonlyMap<string, Kept>, clockMs: number): string {
  return [...kept.values()]
    .flatMap(({ record, grants }) => [
      ...[...grants].reverse().map((grant) => writeLine({ clockMs, record, grant })),
      writeLine({ clockMs, record }),
    ])
    .join("");
}

/** Writes `text` beside the log, and puts it in its place when it is on disk. */
async function replaceLog(path: string, text: string): Promise<FileHandle> {
  const beside = `${path}.new`;
  const file = await open(beside, "w", 0o600);
  await file.writeFile(text);
  await file.sync();
  await rename(beside, path);
  const folder = await open(dirname(join(path)), "r");
  await folder.sync();
  await folder.close();
  return file;
}

async function openWriter(
  { path, onFailure, compactBytes = defaultCompactBytes }: NodeStoreOptions,
  whole: () => string,
): Promise<Writer> {
  const first = whole();
  let file = await replaceLog(path, first).catch(unwritable(path));
  let bytes = Buffer.byteLength(first);
  let waiting = "";
  let isQueued = false;
  let last: Promise<void> = Promise.resolve();
  let failed: Failure | undefined;

  const write = async (text: string): Promise<void> => {
    // Somebody else at our file means that the lock does not hold, as on some network disks: then it is not for us to answer.
    const [ours, named] = await Promise.all([file.stat(), stat(path)]);
    if (ours.size !== bytes || named.ino !== ours.ino) throw new Error("somebody else wrote it");
    await file.appendFile(text);
    await file.datasync();
    bytes += Buffer.byteLength(text);
    if (bytes <= compactBytes) return;
    const compact = whole();
    const old = file;
    file = await replaceLog(path, compact);
    bytes = Buffer.byteLength(compact);
    await old.close();
  };
  const writeWaiting = async (): Promise<void> => {
    isQueued = false;
    const text = waiting;
    waiting = "";
    if (failed !== undefined) return;
    try {
      await write(text);
    } catch (cause) {
      const because = cause instanceof Error ? cause.message : String(cause);
      failed = new Failure("JournalUnwritable", `the leases can not be written: ${because}`, {
        where: path,
        cause,
      });
      onFailure(failed);
    }
  };
  const durable = async (): Promise<void> => {
    if (waiting !== "" && !isQueued) {
      isQueued = true;
      last = last.then(writeWaiting);
    }
    await last;
    if (failed !== undefined) throw failed;
  };
  return {
    add: (text) => {
      waiting += text;
    },
    durable,
    async close() {
      await durable().catch(() => undefined); // It was told by onFailure.
      await file.close();
    },
  };
}

function unwritable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new Failure("JournalUnwritable", "the leases can not be opened", { where: path, cause });
  };
}
