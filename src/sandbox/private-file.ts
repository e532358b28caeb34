/** Files of keys, credentials and configurations that hold them: for their owner only, replaced as a whole. */
import { chmod, mkdir, rename, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes the file, and makes its folder where there is none; nobody else may read it from its first byte on. */
export async function writePrivate(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  // A draft that a run before left keeps its mode.
  await chmod(`${file}.new`, 0o600);
  await rename(`${file}.new`, file);
}

/** Whether there is something of that name, where a link leads to something. */
export async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}
