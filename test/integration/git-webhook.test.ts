/** A push by the real git, its webhook over real HTTP: the commit is read long before the next poll. */
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readEvents } from "../../src/adapters/journal/read-events.ts";
import { readControlConfig } from "../../src/daemon/config.ts";
import { runControl } from "../../src/daemon/control.ts";
import { documentsOf, fsn, placed, sovereignOf } from "../catalogue.ts";

const secret = "hook-s3cret-of-this-test";
const abort = new AbortController();
let folder: string;
let documents: string;
let url: string;
let running: Promise<void>;

const git = (...args: readonly string[]): string => {
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@sovereign.test"];
  return execFileSync("git", ["-C", documents, ...identity, ...args], { encoding: "utf8" }).trim();
};

/** Commits these Applications on the branch that is checked out; gives the commit. */
function commit(...names: readonly string[]): string {
  // Nothing listens there: whether a commit is seen does not hang on any name server.
  const base = sovereignOf();
  const regions = base.spec.regions.map((region, index) => ({
    ...region,
    nameServers: region.nameServers.map((server) => ({
      ...server,
      address: `127.91.7.${index + 1}`,
      apiUrl: `http://127.91.7.${index + 1}:9`,
    })),
  }));
  const sovereign = { ...base, spec: { ...base.spec, regions } };
  const applications = names.map((name) => placed(name));
  for (const { file, value } of documentsOf(applications, sovereign)) {
    writeFileSync(join(documents, file), JSON.stringify(value));
  }
  git("add", "--all");
  git("commit", "--quiet", "--message=Change");
  return git("rev-parse", "HEAD");
}

const revision = async (): Promise<string | null> => {
  const status = (await (await fetch(`${url}/v1/status`)).json()) as {
    dns: { revision: string | null };
  };
  return status.dns.revision;
};

function push(ref: string, after: string, key = secret): Promise<Response> {
  const body = JSON.stringify({ ref, after, repository: { full_name: "acme/documents" } }, null, 2);
  const signature = createHmac("sha256", key).update(body).digest("hex");
  const headers = { "content-type": "application/json", "x-gitea-signature": signature };
  return fetch(`${url}/v1/webhook/gitea`, { method: "POST", body, headers });
}

async function pushEvents(): Promise<readonly string[]> {
  const commits: string[] = [];
  for await (const { type, data } of readEvents(join(folder, "journal"))) {
    if (type === "source.pushReceived") commits.push(String(data["commit"]));
  }
  return commits;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sovereign-webhook-"));
  documents = join(folder, "documents");
  mkdirSync(documents);
  git("init", "--quiet", "--initial-branch=main");
  commit("shop");
  writeFileSync(join(folder, "hook-secret"), `${secret}\n`);
  writeFileSync(join(folder, "key"), "none\n");
  writeFileSync(
    join(folder, "control.yaml"),
    JSON.stringify({
      cluster: fsn,
      source: { git: { repository: "documents" } },
      webhook: { secret: { file: "hook-secret" } },
      // Longer than the whole test may take: what is seen was seen because of the push.
      pollEvery: "1h",
      reconcileEvery: "1h",
      journal: "journal",
      http: { address: "127.0.0.1", port: 0 },
      nameServerKeys: { ns1: { file: "key" } },
    }),
  );
  const config = await readControlConfig(join(folder, "control.yaml"));
  await new Promise<void>((resolve, reject) => {
    const onReady = (at: string): void => {
      url = at;
      resolve();
    };
    running = runControl(config, { observeOnly: true, onReady }, abort.signal);
    running.catch(reject);
  });
});
afterAll(async () => {
  abort.abort();
  await running;
  rmSync(folder, { recursive: true, force: true });
});

test("a commit is not seen before the poll, nor by a push with a wrong secret or of another branch", async () => {
  const before = git("rev-parse", "HEAD");
  await expect.poll(revision, { timeout: 60_000 }).toBe(before);
  const after = commit("shop", "blog");
  expect((await push("refs/heads/main", after, "wrong")).status).toBe(401);
  const other = await push("refs/heads/other", after);
  expect([other.status, await other.json()]).toMatchObject([202, { read: false }]);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await revision()).toBe(before);
  expect(await pushEvents()).toEqual([]);
});

test("a signed push makes the commit seen at once", async () => {
  const after = git("rev-parse", "HEAD");
  expect((await push("refs/heads/main", after)).status).toBe(202);
  await expect.poll(revision, { timeout: 60_000 }).toBe(after);
  expect(await pushEvents()).toEqual([after]);
});

test("a replayed push reads again, changes nothing and is on record once", async () => {
  const seen = git("rev-parse", "HEAD");
  for (let count = 0; count < 20; count++) {
    expect((await push("refs/heads/main", seen)).status).toBe(202);
  }
  expect(await revision()).toBe(seen);
  expect(await pushEvents()).toEqual([seen]);
});

test("a burst of pushes ends with the newest commit, and so does a push that names none", async () => {
  const commits = ["a", "b", "c"].map((name) => commit("shop", name));
  await Promise.all(commits.map((one) => push("refs/heads/main", one)));
  await expect.poll(revision, { timeout: 60_000 }).toBe(commits.at(-1));
  const last = commit("last");
  // The push is a hint: what is read is what the repository holds.
  expect((await push("refs/heads/main", "0".repeat(40))).status).toBe(202);
  await expect.poll(revision, { timeout: 60_000 }).toBe(last);
});
