import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { type LocalValkey, localValkey } from "./local-valkey.ts";

let stateFolder: string;
let server: LocalValkey;
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), "local-valkey-"));
  mkdirSync(join(stateFolder, "kept"));
  ["c", "a", "b"].forEach((name, index) => {
    const path = join(stateFolder, "kept", name);
    writeFileSync(path, "");
    utimesSync(path, 1_000 + index, 1_000 + index);
  });
  server = localValkey({
    dataFolder: join(stateFolder, "data"),
    stateFolder,
    configFile: "none",
    program: "none",
    start: undefined,
    user: undefined,
    startMs: 1,
    clock: systemClock,
  });
});
afterEach(() => rmSync(stateFolder, { recursive: true, force: true }));

const kept = (): readonly string[] => readdirSync(join(stateFolder, "kept")).sort();

test("what was kept longest ago is removed first, whatever its name", async () => {
  await server.forgetKept(2);
  expect(kept()).toEqual(["a", "b"]);
});

test("what would be kept once more counts as kept just now", async () => {
  expect(await server.hasKept("d")).toBe(false);
  expect(await server.hasKept("c")).toBe(true);
  await server.forgetKept(2);
  expect(kept()).toEqual(["b", "c"]);
});
