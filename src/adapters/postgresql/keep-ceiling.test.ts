import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { forgetAllowed, logCeiling, lookAtCeiling, relaxedSync } from "./keep-ceiling.ts";
import { ownMemory } from "./own-memory.ts";
import { type Context, postgresContext } from "./postgres-context.ts";
import type { ServerRow } from "./server-row.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sovereign-ceiling-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const peerRegion = "hz-hel-rtz-prod";
const names = {
  held: `ANY 1 ("${peerRegion}", "sovereign-ceiling")`,
  required: `FIRST 1 ("${peerRegion}")`,
};

const writer: ServerRow = {
  systemId: "1",
  startedAt: "1795316400.123000",
  recovering: false,
  written: "0/5000000",
  flushed: "0/5000000",
  walFile: null,
  received: null,
  replayed: null,
  timelines: [],
  receiving: false,
  behindSeconds: null,
  silentSeconds: null,
  standbys: [],
  syncNames: names.held,
  follows: false,
  commits: "on",
  checkpointerIdle: true,
  bypasses: [],
  settings: {},
  mayReplicate: true,
  takesReplication: true,
  takesOwnReplication: true,
  promotions: [],
};
const standby = { recovering: true, written: null, received: "0/5000000", syncNames: "" };
const bypasses = [{ role: "app", database: null, setting: "synchronous_commit=off" }];
const written = 0x5000000;
const room = 1024 * 1024;

function context(): Context {
  const address = {
    ...{ host: "127.0.0.1", port: 1, user: "postgres", database: "postgres" },
    ...{ readPassword: () => Promise.resolve(""), tls: "off" as const },
  };
  return postgresContext({
    ...{ name: "ledger-db", region: "hz-fsn-rtz-prod", peerRegion },
    ...{ dataFolder: join(folder, "data"), programs: folder, local: address, peer: address },
    ...{ holdsTenure: () => Promise.resolve(true), hasTenure: () => Promise.resolve(true) },
    clock: systemClock,
    ceiling: { mostBytes: 2 ** 40, everyMs: 1_000, isUnbounded: () => false },
  });
}

test.each<[string, Partial<ServerRow>]>([
  ["one role's commits do not wait", { bypasses }],
  ["synchronous_commit is off", { commits: "off" }],
])("no commit waits for a ceiling that is not published: %s", async (_, change) => {
  const one = context();
  await lookAtCeiling(one, { ...writer, ...change });
  expect(relaxedSync(one)).toBe("relaxed");
  await lookAtCeiling(one, writer);
  expect(relaxedSync(one)).toBe("held");
});

const nextOf = (one: Context) => logCeiling(one, () => undefined).next();

test.each<[string, Partial<ServerRow>]>([
  ["one role's commits do not wait", { bypasses }],
  ["synchronous_commit is off", { commits: "off" }],
  ["commits are still relaxed", { syncNames: "" }],
  ["somebody else set whom commits wait for", { syncNames: "*" }],
  ["one role's commits will not wait after its promotion", { ...standby, bypasses }],
])("no ceiling is published where nothing stops the log: %s", async (_, change) => {
  const one = context();
  await lookAtCeiling(one, writer);
  expect(nextOf(one)).toBe(written + room);
  await lookAtCeiling(one, { ...writer, ...change });
  expect(nextOf(one)).toBeNull();
  await lookAtCeiling(one, writer);
  expect(nextOf(one)).not.toBeNull();
});

test.each<[string, Partial<ServerRow>]>([
  ["commits are held", { syncNames: names.held }],
  ["commits wait for the peer", { syncNames: names.required }],
  ["it takes no writes before its promotion makes them wait", standby],
])("a ceiling is published where the log is stopped: %s", async (_, change) => {
  const one = context();
  await lookAtCeiling(one, { ...writer, ...change });
  expect(nextOf(one)).toBe(written + room);
});

test("what was allowed in one tenure is forgotten in the next one, and where this copy follows", async () => {
  const one = context();
  await lookAtCeiling(one, writer);
  const { allow } = logCeiling(one, () => undefined);
  allow(2 ** 40, 3);
  forgetAllowed(one, 3);
  expect(nextOf(one)).toBe(2 ** 40);
  forgetAllowed(one, 4);
  expect(one.life).toMatchObject({ allowed: null, ceiling: null, pace: null });
  allow(500, 4);
  // What is answered late is of a tenure that is over.
  allow(2 ** 40, 3);
  expect(one.life.allowed).toEqual({ epoch: 4, position: 500 });
  forgetAllowed(one, null);
  expect(one.life.allowed).toBeNull();
});

test("what was granted in a run that an older agent named by its date counts for this run", async () => {
  const { readGranted } = ownMemory(folder, () => Promise.resolve());
  const file = join(folder, "granted");
  writeFileSync(file, "500\n1795316400.123\n");
  expect(await readGranted("1795316400.123")).toBe(500);
  expect(await readGranted("1795316401")).toBe(0);
  for (const date of ["2026-11-22 03:00:00.123+00", "Sun Nov 22 03:00:00.123 2026 UTC"]) {
    writeFileSync(file, `500\n${date}\n`);
    expect(await readGranted("1795316401")).toBe(500);
  }
});
