import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readControlConfig } from "./config.ts";
import { readCredential } from "./credential.ts";
import { readServerKey } from "./ports.ts";

const folder = mkdtempSync(join(tmpdir(), "sovereign-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
function written(text: string): string {
  const path = join(folder, `control-${count++}.yaml`);
  writeFileSync(path, text);
  return path;
}

const right = `
cluster: hz-fsn-rtz-prod
source: { git: { repository: ../documents } }
journal: journal
http: { address: 127.0.0.1, port: 7100 }
nameServerKeys: { ns1: { file: key }, ns2: { env: NS2_KEY } }
`;

test("relative paths count from the folder of the file, and defaults are filled in", async () => {
  expect(await readControlConfig(written(right))).toMatchObject({
    cluster: "hz-fsn-rtz-prod",
    source: { kind: "git", repository: join(folder, "..", "documents"), branch: "main" },
    pollMs: 5_000,
    reconcileMs: 30_000,
    journal: join(folder, "journal"),
    nameServerKeys: { ns1: { file: join(folder, "key") }, ns2: { env: "NS2_KEY" } },
  });
});

test.each([
  ["an unknown field", `${right}\nextra: 1\n`, "(the whole file)"],
  ["no cluster", right.replace("cluster: hz-fsn-rtz-prod", ""), "cluster"],
  ["two sources", right.replace("source: {", "source: { folder: x,"), "source"],
  ["no source", right.replace(/source:.*/, "source: {}"), "source"],
  ["a port that is none", right.replace("7100", "70000"), "http.port"],
  ["a poll that is no duration", `${right}\npollEvery: soon\n`, "pollEvery"],
  ["a webhook without a secret", `${right}\nwebhook: {}\n`, "webhook.secret"],
  [
    "a webhook for a folder, to which nobody pushes",
    `${right.replace(/source:.*/, "source: { folder: x }")}\nwebhook: { secret: { env: X } }\n`,
    "webhook",
  ],
  [
    "an agent with a path",
    `${right}\nagents: { hz-hel-rtz-prod: { url: "http://127.0.0.1:7200/v1" } }\n`,
    "agents.hz-hel-rtz-prod.url",
  ],
  [
    "an agent with a credential in its URL",
    `${right}\nagents: { hz-hel-rtz-prod: { url: "http://a:b@127.0.0.1:7200" } }\n`,
    "agents.hz-hel-rtz-prod.url",
  ],
  ["an agent of no cluster", `${right}\nagents: { hel: { url: "http://x" } }\n`, "agents.hel"],
  [
    "reports without the journal of their hashes",
    `${right}\ndrills: { reports: r }\n`,
    "drills.journal",
  ],
  ["a key with two places", right.replace("file: key", "file: key, env: X"), "nameServerKeys.ns1"],
])("%s is refused and the field is named", async (_what, text, field) => {
  await expect(readControlConfig(written(text))).rejects.toMatchObject({
    code: "ConfigInvalid",
    field,
  });
});

test("agents are named by their region, one or several in each", async () => {
  const text = `${right}
agents:
  hz-fsn-rtz-prod: { url: "http://127.10.1.11:7200" }
  hz-hel-rtz-prod: [{ url: "https://hel:7200/" }, { url: "https://hel:7201" }]
`;
  expect((await readControlConfig(written(text))).agents).toEqual([
    { cluster: "hz-fsn-rtz-prod", url: "http://127.10.1.11:7200" },
    { cluster: "hz-hel-rtz-prod", url: "https://hel:7200/" },
    { cluster: "hz-hel-rtz-prod", url: "https://hel:7201" },
  ]);
  expect((await readControlConfig(written(right))).agents).toEqual([]);
});

test("reports of drills are two folders, from where the file is, and none unless they are named", async () => {
  const text = `${right}\ndrills: { reports: reports, journal: ../journal/drills }\n`;
  expect((await readControlConfig(written(text))).drills).toEqual({
    reports: join(folder, "reports"),
    journal: join(folder, "..", "journal", "drills"),
  });
  expect(await readControlConfig(written(right))).not.toHaveProperty("drills");
});

test("the secret of a webhook is named by its place, and there is none unless it is named", async () => {
  const text = `${right}\nwebhook: { secret: { file: hook-secret } }\n`;
  expect((await readControlConfig(written(text))).webhook).toEqual({
    secret: { file: join(folder, "hook-secret") },
  });
  expect(await readControlConfig(written(right))).not.toHaveProperty("webhook");
});

test("the copy of the repository lies beside the journal, not in it, also when its path ends in a slash", async () => {
  const text = right
    .replace(/source:.*/, "source: { git: { repository: documents } }")
    .replace(/journal:.*/, `journal: ${folder}/journal/`);
  const config = await readControlConfig(written(text));
  expect(config.journal).toBe(join(folder, "journal"));
  expect(config.source).toMatchObject({ cache: join(folder, "journal-git-cache") });
});

test("a file that is absent or no YAML is refused", async () => {
  await expect(readControlConfig(join(folder, "absent.yaml"))).rejects.toMatchObject({
    code: "ConfigInvalid",
  });
  await expect(readControlConfig(written("a: [1"))).rejects.toMatchObject({
    code: "ConfigInvalid",
  });
});

test("a credential is read from its file at each use and never shown when it can not be", async () => {
  const path = written("first\n");
  expect(await readCredential({ file: path }, "the key of ns1")).toBe("first");
  writeFileSync(path, "second\n");
  expect(await readCredential({ file: path }, "the key of ns1")).toBe("second");
  writeFileSync(path, "\n");
  await expect(readCredential({ file: path }, "the key of ns1")).rejects.toMatchObject({
    code: "CredentialUnreadable",
  });
  await expect(readCredential({ env: "SOVEREIGN_NO_SUCH" }, "the key")).rejects.toThrow("is empty");
  await expect(readCredential(undefined, "the key of ns9")).rejects.toThrow("not configured");
});

test("a key that is pinned to a URL is not read for another one", async () => {
  const file = written("secret-key\n");
  const pinned = { file, apiUrl: "http://127.0.0.1:8081/" };
  expect(await readServerKey(pinned, "ns1", "http://127.0.0.1:8081")).toBe("secret-key");
  expect(await readServerKey({ file }, "ns1", "http://127.0.0.9:1")).toBe("secret-key");
  const failure = readServerKey(pinned, "ns1", "http://127.0.0.9:8081");
  await expect(failure).rejects.toThrow("is for http://127.0.0.1:8081/ only");
  await expect(readServerKey({ ...pinned, file: "/absent" }, "ns1", "http://x")).rejects.toThrow(
    "only",
  );
});

test("the zone's key set and TSIG keys are named by their places, counted from the file's folder", async () => {
  const text = `${right}\nzoneKeys: { file: zone-keys.json }\ntsigKeys: { transfer: { env: TRANSFER } }\n`;
  expect(await readControlConfig(written(text))).toMatchObject({
    zoneKeys: { file: join(folder, "zone-keys.json") },
    tsigKeys: { transfer: { env: "TRANSFER" } },
  });
  expect(await readControlConfig(written(right))).not.toHaveProperty("zoneKeys");
});
