import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Program, programFile, programs } from "./program-file.ts";

// Its own keys, by its type.
const names = Object.keys(programs) as Program[];

test.each(names)("the source of %s is there", (name) => {
  expect(existsSync(fileURLToPath(new URL(`../${programs[name]}`, import.meta.url)))).toBe(true);
});

test("a program lies where Vite bundles it, whoever asks", () => {
  const built = fileURLToPath(new URL("../../dist/program/watchdog.js", import.meta.url));
  expect(programFile("watchdog")).toBe(built);
});
