/** Reads a file of a folder, and nothing that only seems to be in it: no link, no device, nothing larger than a limit. */
import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { join } from "node:path";

export type InsideFile =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "absent" }
  | { readonly kind: "refused"; readonly because: string };

/** `names` are the parts of its path below the folder, none of which may lead elsewhere. Never rejects. */
export async function readInside(
  folder: string,
  names: readonly string[],
  maxBytes: number,
): Promise<InsideFile> {
  if (!names.every((name) => /^[0-9a-z][0-9a-z.-]*$/.test(name) && !name.includes("..")))
    return { kind: "absent" };
  try {
    const path = join(await realpath(folder), ...names);
    if ((await realpath(path)) !== path)
      return { kind: "refused", because: "it is a link to somewhere else" };
    // Opened so that a link that comes between, and a pipe that nobody writes to, do no harm.
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return { kind: "refused", because: "it is not a file" };
      if (stat.size > maxBytes)
        return { kind: "refused", because: `it is larger than ${maxBytes} bytes` };
      return { kind: "read", bytes: new Uint8Array(await file.readFile()) };
    } finally {
      await file.close();
    }
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException; // Thrown by node:fs.
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "absent" };
    return { kind: "refused", because: `it can not be read (${code ?? "unknown"})` };
  }
}
