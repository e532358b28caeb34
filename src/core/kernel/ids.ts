/** Identifiers that sort by time: `<prefix>-<instant in base 36><random tail>`, such as `drill-m3x1k9q20a7c`. */
import type { Random } from "./random.ts";

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

/** A new id; unique enough for one stream, readable on the phone, sortable by creation. */
export function newId(prefix: string, atMs: number, random: Random): string {
  let tail = "";
  for (let i = 0; i < 4; i++) tail += alphabet[random.below(alphabet.length)] ?? "0";
  return `${prefix}-${Math.floor(atMs).toString(36).padStart(8, "0")}${tail}`;
}
