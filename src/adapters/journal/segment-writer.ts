/** Writes lines to the last segment and makes them durable; begins a new segment when one is full. */
import { type FileHandle, open } from "node:fs/promises";
import type { Recovered } from "./recover.ts";
import { segmentAt, syncFolder } from "./segments.ts";

export class SegmentWriter {
  readonly #folder: string;
  readonly #maxBytes: number;
  #file: FileHandle | undefined;
  #bytes = 0;

  private constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** Goes on where the recovered journal ends; a segment is begun only by the first write. */
  static async open(
    folder: string,
    maxBytes: number,
    last: Recovered["last"],
  ): Promise<SegmentWriter> {
    const writer = new SegmentWriter(folder, maxBytes);
    if (last === undefined) return writer;
    const file = await open(last.segment.path, "a", 0o600);
    writer.#file = file;
    writer.#bytes = last.bytes;
    try {
      // A process that was killed may have left events, or the segment itself, in the kernel's memory only.
      if (last.bytes > 0) await file.datasync();
      await syncFolder(folder);
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
    return writer;
  }

  /**
   * Appends whole lines, the first of them event `firstSeq`; resolves when they are durable. After a failure nothing
   * more may be appended, because the kernel forgets what it could not write and says so once.
   */
  async append(firstSeq: number, lines: Buffer): Promise<void> {
    const file = await this.#fileFor(firstSeq);
    try {
      for (let written = 0; written < lines.length; ) {
        const { bytesWritten } = await file.write(lines, written, lines.length - written);
        written += bytesWritten;
      }
      await file.datasync();
    } catch (thrown) {
      await takeBack(file, this.#bytes);
      throw thrown;
    }
    this.#bytes += lines.length;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #fileFor(firstSeq: number): Promise<FileHandle> {
    if (this.#file !== undefined && (this.#bytes < this.#maxBytes || this.#bytes === 0)) {
      return this.#file;
    }
    const next = await open(segmentAt(this.#folder, firstSeq).path, "ax", 0o600);
    const full = this.#file;
    this.#file = next;
    this.#bytes = 0;
    await full?.close();
    await syncFolder(this.#folder);
    return next;
  }
}

/** Cuts off what could not be made durable: read back from the kernel's memory, it would pass for an event. */
async function takeBack(file: FileHandle, bytes: number): Promise<void> {
  try {
    await file.truncate(bytes);
    await file.datasync();
  } catch {
    // The first failure is the one that is told; whoever opens the journal next finds the rest as a torn tail.
  }
}
