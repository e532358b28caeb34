/** Data files that lie beside their code, from sources, from what is compiled and from what is bundled (ADR 43): all are two folders deep. */
import { fileURLToPath } from "node:url";

/** Absolute path of a file below `src`. */
export function dataFile(path: string): string {
  return fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
}
