import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { forbidServices, policyScript } from "./service-policy.ts";

let folder = "";
let policy = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-policy-"));
  policy = join(folder, "policy-rc.d");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ask = (): number | null => spawnSync(policy, ["pdns", "start"]).status;
const theirs = async (): Promise<void> => {
  await writeFile(policy, "#!/bin/sh\nexit 42\n");
  await chmod(policy, 0o755);
};

test("services are forbidden while the installer lives, and the policy of before is put back", async () => {
  await theirs();
  const allow = await forbidServices(policy);
  expect(ask()).toBe(101);
  await allow();
  expect(ask()).toBe(42);
  expect(await readdir(folder)).toEqual(["policy-rc.d"]);
});

test("where there was no policy there is none afterwards", async () => {
  const allow = await forbidServices(policy);
  expect(ask()).toBe(101);
  await allow();
  expect(await readdir(folder)).toEqual([]);
});

test("the policy of a crashed installer gives way to the one of before when it is asked", async () => {
  await theirs();
  await forbidServices(policy);
  await writeFile(policy, policyScript(policy, 1, "no such start"));
  expect(ask()).toBe(42);
  expect(ask()).toBe(42);
  await rm(policy);
  await writeFile(policy, policyScript(policy, 1, "no such start"), { mode: 0o755 });
  expect(ask()).toBe(0);
  expect(await readdir(folder)).toEqual([]);
});

test("the next installer puts back what a crashed one left", async () => {
  await theirs();
  await forbidServices(policy);
  await writeFile(policy, policyScript(policy, 1, "7"), { mode: 0o755 });
  const allow = await forbidServices(policy);
  expect(ask()).toBe(101);
  await allow();
  expect(await readFile(policy, "utf8")).toContain("exit 42");
});
