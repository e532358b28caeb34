import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { applicationSchema } from "../core/resources/application.ts";
import { environmentSchema } from "../core/resources/environment.ts";
import { failoverGroupSchema } from "../core/resources/failover-group.ts";
import { organizationSchema } from "../core/resources/organization.ts";
import { sovereignSchema } from "../core/resources/sovereign.ts";
import { sandboxDocuments, sovereignDocument } from "./documents.ts";
import { prepareDocuments } from "./documents-repository.ts";
import { sandboxLayout } from "./layout.ts";
import { programOutput } from "./run-program.ts";

const people = [
  {
    name: "ada",
    roles: ["sre"],
    sshKey: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`,
  },
];
const settings = {
  ...{ base: "127.10", probeIntervalMs: 5_000, ttlSeconds: 5 },
  network: "proxy",
} as const;
let state = "";
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "sovereign-documents-"));
});
afterEach(() => rm(state, { recursive: true, force: true }));

test("every document of a new sandbox is right by its own schema", () => {
  const schemas = {
    Sovereign: sovereignSchema,
    Organization: organizationSchema,
    Environment: environmentSchema,
    Application: applicationSchema,
    FailoverGroup: failoverGroupSchema,
  };
  for (const { file, text } of sandboxDocuments(sandboxLayout(state), 5, people)) {
    const value = parse(text) as { kind: keyof typeof schemas }; // Checked in the next line.
    expect(schemas[value.kind].safeParse(value), file).toMatchObject({ success: true });
  }
});

test("a user's commit survives a restart, and an untouched Sovereign follows a new base", async () => {
  const layout = sandboxLayout(state);
  await prepareDocuments("git", layout, { settings, before: undefined, people });
  const shop = join(layout.documents, "applications/shop.yaml");
  await writeFile(
    shop,
    (await readFile(shop, "utf8")).replace("active-hotstandby", "active-active"),
  );
  await programOutput(
    "git",
    [
      "-c",
      "user.name=Sam",
      "-c",
      "user.email=sam@example.test",
      "commit",
      "--quiet",
      "-am",
      "mine",
    ],
    { cwd: layout.documents },
  );
  const moved = sandboxLayout(state, "127.20");
  await prepareDocuments("git", moved, {
    settings: { ...settings, base: "127.20" },
    before: settings,
    people,
  });
  expect(await readFile(shop, "utf8")).toContain("active-active");
  const sovereign = await readFile(join(layout.documents, "sovereign.yaml"), "utf8");
  expect(sovereign).toContain("127.20.1.80");
  expect(sovereign).not.toContain("127.10.");
});

test("a Sovereign changed by hand refuses a new base and says how to go on", async () => {
  const layout = sandboxLayout(state);
  await prepareDocuments("git", layout, { settings, before: undefined, people });
  const file = join(layout.documents, "sovereign.yaml");
  await writeFile(file, `${await readFile(file, "utf8")}# mine\n`);
  await prepareDocuments("git", layout, { settings, before: settings, people });
  await expect(
    prepareDocuments("git", sandboxLayout(state, "127.20"), {
      settings: { ...settings, base: "127.20" },
      before: settings,
      people,
    }),
  ).rejects.toMatchObject({ code: "ConfigInvalid", remedy: expect.stringContaining("--fresh") });
});

test("a first start that was cut short before its commit begins again", async () => {
  const layout = sandboxLayout(state);
  await programOutput("git", ["init", "--quiet", layout.documents]);
  await prepareDocuments("git", layout, { settings, before: undefined, people });
  expect(await programOutput("git", ["log", "--format=%an"], { cwd: layout.documents })).toBe(
    "Sovereign sandbox\n",
  );
});

test("a sandbox that is older than its ledger gets it at the next start, beside what the user committed", async () => {
  const layout = sandboxLayout(state);
  await prepareDocuments("git", layout, { settings, before: undefined, people });
  const at = (file: string): string => join(layout.documents, file);
  await writeFile(at("sovereign.yaml"), sovereignDocument(layout, 5, []).text);
  await rm(at("failover-groups"), { recursive: true });
  await rm(at("applications/ledger.yaml"));
  const mine = ["-c", "user.name=Sam", "-c", "user.email=sam@example.test"];
  await programOutput("git", [...mine, "commit", "--quiet", "-am", "as it was once"], {
    cwd: layout.documents,
  });
  await prepareDocuments("git", layout, { settings, before: settings, people });
  expect(await readFile(at("failover-groups/ledger.yaml"), "utf8")).toContain("mode: automatic");
  expect(await readFile(at("sovereign.yaml"), "utf8")).toContain("witnesses:");
  const status = await programOutput("git", ["status", "--porcelain"], { cwd: layout.documents });
  expect(status).toBe("");
});
