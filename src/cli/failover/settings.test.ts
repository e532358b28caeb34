import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { settingsOf } from "./settings.ts";

let folder = "";
const timeout = "5s";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-settings-"));
  await mkdir(join(folder, ".sovereign"));
  await writeFile(join(folder, "ca.pem"), "the authority");
  const yaml = [
    "agents:",
    "  hz-fsn-rtz-prod: { url: https://10.1.0.11:7201 }",
    "  hz-hel-rtz-prod: { url: https://10.2.0.11:7201 }",
    "ca: ../ca.pem",
    "key: keys/ada",
    "person: ada",
  ];
  await writeFile(join(folder, ".sovereign", "failover.yaml"), yaml.join("\n"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("in the folder of a sandbox nothing has to be named; paths count from the file", async () => {
  expect(await settingsOf({ timeout }, {}, folder)).toEqual({
    agents: [
      { cluster: "hz-fsn-rtz-prod", url: "https://10.1.0.11:7201" },
      { cluster: "hz-hel-rtz-prod", url: "https://10.2.0.11:7201" },
    ],
    ca: "the authority",
    timeoutMs: 5_000,
    key: join(folder, ".sovereign", "keys", "ada"),
    person: "ada",
  });
});

test("the environment comes before the file, and an option before both", async () => {
  const env = {
    SOVEREIGN_AGENTS: "a=https://a:1, https://b:2",
    SOVEREIGN_PERSON: "grace",
    SOVEREIGN_SSH_KEY: "",
  };
  const settings = await settingsOf({ timeout, person: "lin" }, env, folder);
  expect(settings).toMatchObject({
    agents: [
      { cluster: "a", url: "https://a:1" },
      { cluster: null, url: "https://b:2" },
    ],
    person: "lin",
    key: join(folder, ".sovereign", "keys", "ada"),
  });
});

describe("what is refused, with what to write instead", () => {
  test.each<[string, string]>([
    ["plain HTTP to another machine", "http://10.1.0.11:7201"],
    ["a path", "https://10.1.0.11:7201/v1"],
    ["a password", "https://me:secret@10.1.0.11:7201"],
    ["no URL", "a="],
    ["another scheme", "ftp://10.1.0.11"],
  ])("%s", async (_, agent) => {
    await expect(settingsOf({ timeout, agent: [agent] }, {}, folder)).rejects.toMatchObject({
      code: "UsageInvalid",
    });
  });

  test("nothing named, and no sandbox", async () => {
    await expect(settingsOf({ timeout }, {}, tmpdir())).rejects.toMatchObject({
      code: "UsageInvalid",
      remedy: expect.stringContaining("--agent"),
    });
  });

  test("a limit that is none", async () => {
    await expect(settingsOf({ timeout: "soon" }, {}, folder)).rejects.toMatchObject({
      code: "UsageInvalid",
    });
  });

  test("certificates that can not be read", async () => {
    await expect(settingsOf({ timeout, ca: "/nonexistent" }, {}, folder)).rejects.toMatchObject({
      code: "UsageInvalid",
      where: "/nonexistent",
    });
  });
});

test("plain HTTP is for loopback", async () => {
  const { agents } = await settingsOf({ timeout, agent: ["http://127.10.1.11:7200"] }, {}, folder);
  expect(agents).toEqual([{ cluster: null, url: "http://127.10.1.11:7200" }]);
});
