/** Small files in a server's folders that have to be there after a power cut; owned by whoever owns the folder. */
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder, syncParent } from "../journal/segments.ts";

/** Replaces the file as a whole; durable when it resolves. */
export async function writeDurable(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const { uid, gid } = await stat(folder);
  const draft = `${path}.${process.pid}.tmp`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(text);
    if (process.getuid?.() === 0) await file.chown(uid, gid);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(folder);
}

export async function removeDurable(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncParent(path);
}
