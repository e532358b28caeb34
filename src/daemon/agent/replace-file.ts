/** A small file of our own, replaced as a whole and durably. */
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../../adapters/journal/file-journal.ts";
import { syncFolder } from "../../adapters/journal/segments.ts";

/** After it the file holds exactly this text; after a failure, this text or the one before. For one writer at a time. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  const next = `${path}.next`;
  await rm(next, { force: true });
  const file = await open(next, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  await syncFolder(dirname(path));
}
