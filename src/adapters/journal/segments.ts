/** The files of a journal's folder: segments are named after the number of their first event, so that names sort. */
import { open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Failure } from "../../core/kernel/failure.ts";
import { errorCode } from "./error-code.ts";

export type Segment = { readonly name: string; readonly path: string; readonly firstSeq: number };

const namePattern = /^[0-9]{20}\.ndjson$/;

/** The segment of `folder` that begins with event `firstSeq`. */
export function segmentAt(folder: string, firstSeq: number): Segment {
  const name = `${String(firstSeq).padStart(20, "0")}.ndjson`;
  return { name, path: join(folder, name), firstSeq };
}

/** All segments, oldest first; other files of the folder are left out. Fails with NotFound. */
export async function listSegments(folder: string): Promise<readonly Segment[]> {
  const names = await readdir(folder).catch((thrown: unknown) => {
    const absent = ["ENOENT", "ENOTDIR"].includes(errorCode(thrown));
    throw absent
      ? new Failure("NotFound", "there is no such journal folder", { where: folder, cause: thrown })
      : Failure.from(thrown, folder);
  });
  return names
    .filter((name) => namePattern.test(name))
    .sort()
    .map((name) => segmentAt(folder, Number(name.slice(0, 20))));
}

/** The bytes of a file from `offset` to its present end. */
export async function readFrom(path: string, offset: number): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.max(0, size - offset));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, offset + filled);
      if (bytesRead === 0) break; // It became shorter meanwhile: a torn tail was cut.
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/** Makes the folder's entries durable: a new file is not there after a power cut before this. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** As `syncFolder` for the folder that holds `path`. */
export function syncParent(path: string): Promise<void> {
  return syncFolder(dirname(path));
}
