/**
 * The ledger client's own log: one JSON object a line, only ever appended, made durable in batches. It is what a run is judged
 * by, so it lies beside nothing that a drill breaks.
 */
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { LedgerWrite } from "../../core/drill/ledger-write.ts";
import { Failure } from "../../core/kernel/failure.ts";

/** Beyond this many lines that are not on disk yet, the disk is the bottleneck and the run says nothing any more. */
const waitingMax = 100_000;

export class WriteLog {
  readonly #file: FileHandle;
  readonly #path: string;
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #failure: Failure | undefined;

  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** Opens a new log; `head` is its first line. Fails when there is one already. */
  static async create(path: string, head: Readonly<Record<string, string>>): Promise<WriteLog> {
    try {
      await mkdir(dirname(path), { recursive: true });
      const log = new WriteLog(await open(path, "ax", 0o600), path);
      log.#line(head);
      return log;
    } catch (thrown) {
      throw Failure.from(thrown, path);
    }
  }

  /** Takes a finished write in; it is on disk when `flushed` resolves. */
  append(write: LedgerWrite): void {
    this.#line(write);
  }

  /** Resolves when everything that was appended is durable; fails when it can not be made so. */
  async flushed(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    try {
      await this.flushed();
    } finally {
      await this.#file.close();
    }
  }

  #line(value: object): void {
    if (this.#waiting.length >= waitingMax)
      this.#failure ??= new Failure(
        "TimedOut",
        "The ledger client's log can not be written as fast as it grows.",
        { where: this.#path },
      );
    if (this.#failure !== undefined) return;
    this.#waiting.push(`${JSON.stringify(value)}\n`);
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.join("");
        this.#waiting = [];
        await this.#file.appendFile(batch);
        await this.#file.datasync();
      }
    } catch (thrown) {
      this.#failure = Failure.from(thrown, this.#path); // Told by `flushed`, which every run ends with.
    }
  }
}
