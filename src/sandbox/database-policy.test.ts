import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { forbidCluster } from "./database-policy.ts";

let folder = "";
let settings = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-cluster-"));
  settings = join(folder, "postgresql-common", "createcluster.d");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("no cluster is made while PostgreSQL is installed, and nothing of ours stays", async () => {
  const allow = await forbidCluster(settings);
  const [file = ""] = await readdir(settings);
  expect(await readFile(join(settings, file), "utf8")).toContain("create_main_cluster = false");
  await allow();
  expect(await readdir(folder)).toEqual([]);
});

test("what the package put there meanwhile, or had there before, is left alone", async () => {
  await mkdir(settings, { recursive: true });
  await writeFile(join(settings, "theirs.conf"), "ssl = off\n");
  const allow = await forbidCluster(settings);
  await allow();
  expect(await readdir(settings)).toEqual(["theirs.conf"]);
});
