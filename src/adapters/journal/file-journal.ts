/**
 * The journal's stream as a folder of files (DESIGN §4, docs/guides/journal.md): one event a line, chained by SHA-256,
 * acknowledged only after fdatasync. Events that arrive while a sync runs share the next one (group commit).
 */
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Clock, Journal } from "../../control/env.ts";
import { type ChainHead, sealEvent } from "../../core/journal/chain.ts";
import { renderLine } from "../../core/journal/line.ts";
import { AssertionError, assert, required } from "../../core/kernel/assert.ts";
import type { JournalEvent, NewEvent } from "../../core/kernel/event.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { canonicalJson, type JsonObject } from "../../core/kernel/json.ts";
import { objectWithoutSecrets } from "../secrets.ts";
import { errorCode } from "./error-code.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { readEvents } from "./read-events.ts";
import { type CutTail, type Recovered, recover } from "./recover.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { syncParent } from "./segments.ts";
import { sha256 } from "./sha256.ts";

export type FileJournalOptions = {
  readonly folder: string;
  /** `{program}/{cluster}`; a folder holds one stream. */
  readonly stream: string;
  readonly clock: Clock;
  /** A new segment begins when the last one holds this many bytes; default 8 MiB. */
  readonly segmentBytes?: number;
  /** Events that may wait to be written; one more fails with JournalUnwritable. Default 10,000. */
  readonly queueLimit?: number;
};

const defaultSegmentBytes = 8 * 1024 * 1024;
const defaultQueueLimit = 10_000;
const maxEventCharacters = 1024 * 1024;
const maxBatchBytes = 1024 * 1024;

type Waiting = {
  readonly event: NewEvent;
  readonly atMs: number;
  readonly resolve: (event: JournalEvent) => void;
  readonly reject: (failure: Failure) => void;
};

/**
 * Opens or begins the journal, cutting a torn tail (see `cut`).
 * Fails with AlreadyRunning, JournalCorrupt, ConfigInvalid (another stream's folder) or JournalUnwritable.
 */
export async function openFileJournal(options: FileJournalOptions): Promise<FileJournal> {
  const { folder, stream, clock, segmentBytes = defaultSegmentBytes } = options;
  let lock: Lock | undefined;
  try {
    await makeFolder(folder);
    lock = await acquireLock(folder);
    const recovered = await recover(folder, stream, clock.nowMs());
    const writer = await SegmentWriter.open(folder, segmentBytes, recovered.last);
    return new FileJournal(options, lock, recovered, writer);
  } catch (thrown) {
    await lock?.release();
    throw unwritable(thrown, "the journal can not be opened", folder);
  }
}

export class FileJournal implements Journal {
  /** The torn tail that opening cut, for the caller to log and to journal. */
  readonly cut: CutTail | undefined;
  readonly #options: FileJournalOptions;
  readonly #lock: Lock;
  readonly #writer: SegmentWriter;
  readonly #seqByKey: Map<string, number>;
  readonly #waitingByKey = new Map<string, Promise<JournalEvent>>();
  #waiting: Waiting[] = [];
  #head: ChainHead;
  #writing: Promise<void> | undefined;
  #refusal: Failure | undefined;

  constructor(
    options: FileJournalOptions,
    lock: Lock,
    recovered: Recovered,
    writer: SegmentWriter,
  ) {
    this.#options = options;
    this.#lock = lock;
    this.#writer = writer;
    this.#seqByKey = recovered.keys;
    this.#head = recovered.head;
    this.cut = recovered.cut;
  }

  /** The last durable event's number and hash. */
  get head(): ChainHead {
    return this.#head;
  }

  /** Resolves once the event is durable; fails with JournalUnwritable, after which it may or may not be there. */
  append(event: NewEvent): Promise<JournalEvent> {
    const { key } = event;
    const twin = key === undefined ? undefined : this.#waitingByKey.get(key);
    if (twin !== undefined) return twin;
    const knownSeq = key === undefined ? undefined : this.#seqByKey.get(key);
    if (knownSeq !== undefined) return this.#readOne(knownSeq);
    const appended = this.#enqueue(event);
    if (key !== undefined) {
      this.#waitingByKey.set(key, appended);
      const forget = (): void => void this.#waitingByKey.delete(key);
      appended.then(forget, forget);
    }
    return appended;
  }

  /** Durable events from number `fromSeq` on, up to the last one now. */
  async *read(fromSeq = 1): AsyncGenerator<JournalEvent> {
    const lastSeq = this.#head.seq;
    if (fromSeq > lastSeq) return;
    for await (const event of readEvents(this.#options.folder, fromSeq)) {
      yield event;
      if (event.seq >= lastSeq) return;
    }
  }

  /** Writes what waits, then closes the files and gives the lock back. */
  async close(): Promise<void> {
    this.#refusal ??= new Failure("JournalUnwritable", "the journal is closed", {
      where: this.#options.folder,
    });
    await this.#writing;
    try {
      await this.#writer.close();
    } finally {
      await this.#lock.release();
    }
  }

  async #readOne(seq: number): Promise<JournalEvent> {
    for await (const event of readEvents(this.#options.folder, seq)) return event;
    throw new AssertionError(`event ${seq} was durable and is gone`);
  }

  async #enqueue(event: NewEvent): Promise<JournalEvent> {
    const { clock, queueLimit = defaultQueueLimit, folder } = this.#options;
    if (this.#refusal !== undefined) throw this.#refusal;
    const text = canonicalJson(objectWithoutSecrets(event.data));
    assert(
      text.length <= maxEventCharacters,
      `an event of type ${event.type} is larger than 1 MiB`,
    );
    if (this.#waiting.length >= queueLimit) {
      throw new Failure("JournalUnwritable", `${queueLimit} events wait to be written already`, {
        where: folder,
        remedy: "Check how fast the journal's disk is.",
      });
    }
    const data = JSON.parse(text) as JsonObject; // A copy of what was an object: later changes of the caller do not count.
    const atMs = clock.nowMs();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event: { ...event, data }, atMs, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** Writes batch after batch until nothing waits. Never rejects: those who wait hear of a failure. */
  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      try {
        await this.#writer.append(this.#head.seq + 1, batch.lines);
      } catch (thrown) {
        const { folder } = this.#options;
        this.#refusal = unwritable(thrown, "an event could not be made durable", folder);
        for (const { reject } of [...batch.waiting, ...this.#waiting]) reject(this.#refusal);
        this.#waiting = [];
        break;
      }
      for (const [index, event] of batch.events.entries()) {
        this.#head = { seq: event.seq, hash: event.hash };
        if (event.key !== undefined) this.#seqByKey.set(event.key, event.seq);
        required(batch.waiting[index], "every event of a batch has its waiter").resolve(event);
      }
    }
    this.#writing = undefined;
  }

  /** Takes what waits off the queue, up to a limit, sealed in its order. */
  #nextBatch() {
    const events: JournalEvent[] = [];
    const lines: Buffer[] = [];
    let head = this.#head;
    for (let bytes = 0; bytes < maxBatchBytes && events.length < this.#waiting.length; ) {
      const { event, atMs } = required(this.#waiting[events.length], "the index is in the queue");
      const sealed = sealEvent(event, { stream: this.#options.stream, atMs, head }, sha256);
      const line = Buffer.from(`${renderLine(sealed)}\n`);
      events.push(sealed);
      lines.push(line);
      bytes += line.length;
      head = { seq: sealed.seq, hash: sealed.hash };
    }
    return { events, lines: Buffer.concat(lines), waiting: this.#waiting.splice(0, events.length) };
  }
}

/** Makes the folder and those above it, durably, each only when it is missing. */
export async function makeFolder(folder: string): Promise<void> {
  const topmost = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (topmost === undefined) return;
  for (let made = resolve(folder); made.length >= resolve(topmost).length; made = dirname(made)) {
    await syncParent(made);
  }
}

function unwritable(thrown: unknown, what: string, folder: string): Failure {
  if (thrown instanceof AssertionError) throw thrown;
  if (thrown instanceof Failure) return thrown;
  const why = errorCode(thrown) || String(thrown);
  return new Failure("JournalUnwritable", `${what}: ${why}`, { where: folder, cause: thrown });
}
