/**
 * The agent's record on the local disk (DESIGN §2, *Promises and tenure*). Written beside the old one, synced, renamed, and the folder
 * synced: after a crash at any moment there is the old record or the new one, and what was acknowledged is there.
 */
import { constants } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Signal } from "../../control/env.ts";
import type { RecordStore } from "../../control/failover/ports.ts";
import type { AgentRecord, RecordCopy } from "../../core/failover/record.ts";
import { AssertionError } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { errorCode } from "../journal/error-code.ts";
import { makeFolder } from "../journal/file-journal.ts";
import { acquireLock, type Lock } from "../journal/lock.ts";
import { syncFolder } from "../journal/segments.ts";
import {
  type FileContent,
  largestRecordBytes,
  parseRecordFile,
  renderRecordFile,
} from "./record-file.ts";

export type DiskRecordStoreOptions = {
  /** One agent has it to itself; made when it is missing. */
  readonly folder: string;
  /** Whose record it is: `{region}/{group}`. */
  readonly owner: string;
};

/** Reads and writes that may wait for the disk; one more fails. */
const queueLimit = 16;

export class DiskRecordStore implements RecordStore {
  readonly id = "disk";
  readonly #folder: string;
  readonly #owner: string;
  #lock: Lock | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Nothing is touched before the first read or write. */
  constructor({ folder, owner }: DiskRecordStoreOptions) {
    this.#folder = folder;
    this.#owner = owner;
  }

  /** The record as it would be after a power cut. A file of another agent is unreadable. Fails with RecordStoreFailed. */
  read(signal?: Signal): Promise<RecordCopy> {
    return this.#inTurn(signal, "the record can not be read", async () => {
      const found = await this.#find();
      return found.kind === "foreign" ? { kind: "unreadable" } : found;
    });
  }

  /**
   * Resolves once the record, or a newer one, is durable. Fails with RecordStoreFailed (the old one or the new one is there then),
   * and with AlreadyRunning while another process writes here.
   */
  write(record: AgentRecord, signal?: Signal): Promise<void> {
    return this.#inTurn(signal, "the record could not be made durable", async () => {
      await this.#own();
      const found = await this.#find();
      if (found.kind === "foreign") {
        throw new Failure("RecordStoreFailed", `the folder holds the record of ${found.owner}`, {
          where: this.#folder,
          remedy: `Give ${this.#owner} a folder of its own.`,
        });
      }
      if (found.kind === "present" && found.record.version > record.version) return;
      await this.#replace(renderRecordFile(this.#owner, record));
    });
  }

  /** Writes what is there once more, as it is; false where there is no record of ours. Fails as `write` does. */
  tryWrite(signal?: Signal): Promise<boolean> {
    return this.#inTurn(signal, "the record could not be made durable", async () => {
      const found = await this.#find();
      if (found.kind !== "present") return false;
      await this.#own();
      await this.#replace(renderRecordFile(this.#owner, found.record));
      return true;
    });
  }

  /** Waits for what is under way, and lets another process write here. */
  async close(): Promise<void> {
    await this.#last;
    await this.#lock?.release();
    this.#lock = undefined;
  }

  get #path(): string {
    return join(this.#folder, "record.json");
  }

  /** One after the other, in the order of asking. */
  async #inTurn<T>(signal: Signal | undefined, what: string, work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= queueLimit)
      throw this.#failed(`${what}: ${queueLimit} others wait for the disk already`);
    this.#waiting += 1;
    const before = this.#last;
    const done = (async () => {
      await before;
      if (signal?.aborted === true) throw new Failure("Cancelled", `${what}: nobody waits for it`);
      return await work();
    })();
    // Only the order is kept here; whoever asked hears of the failure.
    this.#last = done.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await done;
    } catch (thrown) {
      if (thrown instanceof Failure || thrown instanceof AssertionError) throw thrown;
      throw this.#failed(`${what}: ${errorCode(thrown) || String(thrown)}`, thrown);
    } finally {
      this.#waiting -= 1;
    }
  }

  #failed(message: string, cause?: unknown): Failure {
    return new Failure("RecordStoreFailed", message, { where: this.#folder, cause });
  }

  /** Makes the folder, and keeps other processes from writing there until `close`. */
  async #own(): Promise<void> {
    if (this.#lock !== undefined) return;
    await makeFolder(this.#folder);
    this.#lock = await acquireLock(this.#folder, "keeps an agent's record here");
  }

  async #find(): Promise<FileContent> {
    let file: FileHandle;
    try {
      file = await open(
        this.#path,
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      );
    } catch (thrown) {
      if (errorCode(thrown) === "ENOENT") return { kind: "missing" };
      // A link, or a file where the folder should be: nothing that was written here.
      if (["ELOOP", "ENOTDIR", "ENXIO"].includes(errorCode(thrown))) return { kind: "unreadable" };
      throw thrown;
    }
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size > largestRecordBytes) return { kind: "unreadable" };
      // A process that was killed may have left it in the kernel's memory only; it counts from now on, so it is made durable first.
      await file.sync();
      await syncFolder(this.#folder);
      return parseRecordFile(this.#owner, await file.readFile("utf8"));
    } finally {
      await file.close();
    }
  }

  async #replace(text: string): Promise<void> {
    const next = join(this.#folder, "record.next.json");
    await rm(next, { force: true });
    try {
      const file = await open(next, "wx", 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(next, this.#path);
    } catch (thrown) {
      // What is left of it is removed at the next write, where that can not be done now.
      await rm(next, { force: true }).catch(() => undefined);
      throw thrown;
    }
    await syncFolder(this.#folder);
  }
}
