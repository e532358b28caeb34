/** The ledger of a sandbox: real PostgreSQL, the witness, agents and watchdogs; a region dies and nothing acknowledged is lost. */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sandboxKeys } from "../../src/sandbox/keys.ts";
import { activeRegion, lookAtLedger } from "../../src/sandbox/ledger-sight.ts";
import { type SandboxWorld, sandboxWorld } from "./sandbox-world.ts";

let world: SandboxWorld;
/** What was made, also when making the rest failed. */
const made: SandboxWorld[] = [];
/** Failing over takes at most a lease, a promotion and a probe; a busy machine may take several times that. */
const inTime = { timeout: 150_000, interval: 500 };
const acknowledged: string[] = [];

beforeAll(async () => {
  world = await sandboxWorld({ open: true });
  made.push(world);
  const started = world.up();
  expect(started.stderr + started.stdout).toContain("Try next");
  expect(started.status).toBe(0);
});
afterAll(async () => {
  for (const one of made) await one.remove();
});

/** Writes one entry as a user does: where the recursor says, through the gateway; the region that acknowledged it. */
async function write(): Promise<string> {
  const id = randomUUID();
  const address = await world.answers("ledger");
  try {
    const response = await fetch(`http://${address}:8080/entries`, {
      method: "POST",
      body: JSON.stringify({ id }),
      signal: AbortSignal.timeout(10_000),
    });
    if (response.status !== 200) return `${response.status} ${await response.text()}`;
    const answer = (await response.json()) as { id: string; region: string }; // What it answers with 200.
    expect(answer.id).toBe(id);
    acknowledged.push(id);
    return answer.region;
  } catch (thrown) {
    return String(thrown); // The region is dying: the next write goes elsewhere.
  }
}

/** Ids that a region shows, all of them. */
async function entriesOf(cluster: string): Promise<ReadonlySet<string>> {
  const region = world.layout.regions.find((one) => one.cluster === cluster);
  const ids = new Set<string>();
  let after = "";
  for (;;) {
    const url = `http://${region?.loadBalancer.ipv4}:8080/entries${after}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(
      () => undefined,
    );
    if (response?.status !== 200) return ids;
    const page = (await response.json()) as { entries: { id: string }[]; next: string | null }; // With 200.
    for (const { id } of page.entries) ids.add(id);
    if (page.next === null) return ids;
    after = `?after=${page.next}`;
  }
}

const lost = async (cluster: string): Promise<readonly string[]> => {
  const there = await entriesOf(cluster);
  return acknowledged.filter((id) => !there.has(id));
};

/** The region that holds the lease; whoever does not answer in time is asked again. */
async function active(): Promise<string> {
  let found: string | undefined;
  const look = async (): Promise<string | undefined> => {
    found = activeRegion(await lookAtLedger(world.layout))?.cluster;
    return found;
  };
  await expect.poll(look, inTime).toBeDefined();
  return found ?? "";
}

/** The region that acknowledges the next entry that anybody acknowledges. */
async function written(): Promise<string> {
  const clusters = world.layout.regions.map(({ cluster }) => cluster);
  let came = "";
  const look = async (): Promise<string | undefined> => {
    came = await write();
    return clusters.find((cluster) => cluster === came);
  };
  await expect.poll(look, inTime).toBeDefined();
  return came;
}

/** Whether commits wait for both regions and both agents would act. */
async function isSafe(): Promise<boolean> {
  const regions = await lookAtLedger(world.layout);
  const isReady = regions.every(({ because }) => because === "");
  return isReady && activeRegion(regions)?.recorded === "in_sync";
}

const other = (cluster: string): string =>
  world.layout.regions.find((one) => one.cluster !== cluster)?.cluster ?? "";

test("a user's write is acknowledged by the region that holds the lease, and is in the other one", async () => {
  await expect.poll(isSafe, inTime).toBe(true);
  for (let count = 0; count < 20; count++) expect(await written()).toBe(await active());
  for (const { cluster } of world.layout.regions)
    await expect.poll(() => lost(cluster), inTime).toEqual([]);
});

test("an id that is there is never acknowledged again, and nothing else is taken for one", async () => {
  const address = await world.answers("ledger");
  const post = async (body: string): Promise<number> =>
    (await fetch(`http://${address}:8080/entries`, { method: "POST", body })).status;
  expect(await post(JSON.stringify({ id: acknowledged[0] }))).toBe(409);
  for (const wrong of ["", "{}", '{"id":7}', '{"id":"x"}', "[]"])
    expect(await post(wrong), wrong).toBe(400);
});

test("the standby takes no write, by whatever name it is asked", async () => {
  const standby = other(await active());
  const region = world.layout.regions.find(({ cluster }) => cluster === standby);
  const response = await fetch(`http://${region?.loadBalancer.ipv4}:8080/entries`, {
    method: "POST",
    body: JSON.stringify({ id: randomUUID() }),
  });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ outcome: "refused" });
});

test("a region dies: the other one acknowledges, nothing is lost, and the dead one follows when it returns", async () => {
  await expect.poll(isSafe, inTime).toBe(true);
  const dead = await active();
  expect(world.sovereign("sandbox", "break", dead, "--fault", "kill").status).toBe(0);
  expect(await written()).toBe(other(dead));
  await expect.poll(() => lost(other(dead)), inTime).toEqual([]);
  expect(world.sovereign("sandbox", "restore", dead).status).toBe(0);
  expect(await written()).toBe(other(dead));
  await expect.poll(() => lost(dead), inTime).toEqual([]);
  await expect.poll(isSafe, inTime).toBe(true);
  expect(await active()).toBe(other(dead));
});

test("no password and no key stands in a log, an argument or a document", async () => {
  const keys = sandboxKeys(world.layout);
  const credential = JSON.parse(await readFile(keys.witnessReader, "utf8")) as { secret: string }; // As we wrote it.
  const passwords = [keys.databaseOwner, keys.databaseLedger].map((file) =>
    readFileSync(file, "utf8").trim(),
  );
  for (const secret of [credential.secret, ...passwords]) {
    const folders = ["logs", "documents", "regions"].map((name) => join(world.state, name));
    const found = spawnSync("grep", ["-rlF", secret, ...folders], { encoding: "utf8" });
    expect(found.stdout).toBe("");
    const lines = spawnSync("ps", ["-eo", "args"], { encoding: "utf8" }).stdout;
    expect(lines.includes(secret)).toBe(false);
  }
  const open = spawnSync("find", [
    world.layout.keys,
    "-type",
    "f",
    "-perm",
    "/077",
    "-name",
    "*key*",
  ]);
  expect(open.stdout.toString()).toBe("");
});

test("kill -9 of the supervisor leaves no process, frozen databases neither, and the next start serves on", async () => {
  const frozen = await active();
  expect(world.sovereign("sandbox", "break", frozen, "--fault", "hang").status).toBe(0);
  await world.signalSupervisor("SIGKILL");
  await expect.poll(() => world.processes(), inTime).toEqual([]);
  expect(world.up().status).toBe(0);
  await expect.poll(isSafe, inTime).toBe(true);
  const before = acknowledged.length;
  expect(await written()).toBe(await active());
  expect(acknowledged.length).toBeGreaterThan(before);
  for (const { cluster } of world.layout.regions)
    await expect.poll(() => lost(cluster), inTime).toEqual([]);
});

test("down leaves no process", async () => {
  expect(world.sovereign("down").status).toBe(0);
  expect(world.processes()).toEqual([]);
});
