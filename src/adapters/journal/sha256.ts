/** The hash of the journal's chain (DESIGN §4), and of what is put on record in it. */
import { createHash } from "node:crypto";

/** SHA-256 of the bytes, or of the text's UTF-8 bytes; hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
