/** Log files of processes: the log before is kept as `.1`, and an error can quote the last lines. */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
} from "node:fs";
import { dirname } from "node:path";

/** Begins a log: the one before becomes `<file>.1`, the one before that is gone. */
export function rotateLog(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file)) renameSync(file, `${file}.1`);
}

/** The last lines of a file of any size, without trailing space; empty when it can not be read. */
export function lastLines(file: string, count: number): string {
  const size = 16_384;
  try {
    const descriptor = openSync(file, "r");
    try {
      const length = fstatSync(descriptor).size;
      const buffer = Buffer.alloc(Math.min(size, length));
      readSync(descriptor, buffer, 0, buffer.length, length - buffer.length);
      return buffer.toString("utf8").trimEnd().split("\n").slice(-count).join("\n");
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return ""; // Nothing was logged.
  }
}
