/** Compiled programs of this checkout, by their paths. */
import { fileURLToPath } from "node:url";

/** One of the sandbox's own small programs. */
export function compiledApp(name: string): string {
  return fileURLToPath(new URL(`./apps/${name}.js`, import.meta.url));
}

/** One of the programs that ship. */
export function compiledDaemon(name: string): string {
  return fileURLToPath(new URL(`../daemon/${name}.js`, import.meta.url));
}
