import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readControlConfig } from "./config.ts";
import { readCredential } from "./credential.ts";

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
  ["a key with two places", right.replace("file: key", "file: key, env: X"), "nameServerKeys.ns1"],
])("%s is refused and the field is named", async (_what, text, field) => {
  await expect(readControlConfig(written(text))).rejects.toMatchObject({
    code: "ConfigInvalid",
    field,
  });
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
