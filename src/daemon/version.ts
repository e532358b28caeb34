/** The version of this package, from its own package.json, so that it is written in one place. */
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");

export const version: string = (JSON.parse(text) as { version: string }).version; // Our own file.
