import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseYaml } from "../adapters/sources/yaml.ts";
import { agentDefaults } from "../control/failover/options.ts";
import { resolveGroups } from "../core/failover/resolve-group.ts";
import { readCatalogue } from "../core/resources/read.ts";
import { readAgentConfig } from "../daemon/agent/config.ts";
import { parseWatchdogConfig } from "../daemon/watchdog/config.ts";
import { agentConfig, watchdogConfig } from "./agent-config.ts";
import { sandboxDocuments } from "./documents.ts";
import { sandboxKeys } from "./keys.ts";
import { ledger, sandboxLayout } from "./layout.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-agent-config-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const layout = sandboxLayout("/srv/state");
const people = ["ada", "grace"].map((name, index) => ({
  name,
  roles: ["sre", "dataOwner", "sovereignAdmin"],
  sshKey: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"AB".charAt(index).repeat(43)}`,
}));

function catalogue() {
  const sources = sandboxDocuments(layout, 5, people).map(({ file, text }) =>
    parseYaml(file, text),
  );
  return readCatalogue(
    sources.flatMap(({ documents }) => documents),
    sources.flatMap(({ problems }) => problems),
  );
}

function parts() {
  const [region] = layout.regions;
  if (region === undefined) throw new Error("the layout has regions");
  const path = () => "/usr/lib/postgresql/15/bin/postgres";
  return {
    layout,
    region,
    keys: sandboxKeys(layout),
    path,
    dataFolder: "/srv/state/postgres/1/data",
  };
}

test("the documents of a new sandbox are right together, and its ledger has a group, a witness and approvers", () => {
  const read = catalogue();
  expect(read.problems).toEqual([]);
  const group = resolveGroups(read).find(({ name }) => name === ledger.group);
  expect(group).toMatchObject({
    declared: true,
    mode: "automatic",
    applications: ["ledger.acme-prod.sovereign.test"],
    witness: { name: ledger.witness },
    services: [{ name: ledger.service, kind: "postgresql", mayLose: "nothing" }],
  });
  expect(group?.approvers.map(({ person }) => person)).toEqual(["ada", "grace"]);
});

test("an agent takes its configuration, and everything that leaves the region goes by a way that can be cut", async () => {
  const file = join(folder, "agent.yaml");
  await writeFile(file, agentConfig(parts()));
  const config = await readAgentConfig(file);
  const { ways } = parts().region;
  expect(config.witness.url).toBe(`http://${ways.witness.address}:${ways.witness.port}`);
  expect(config.peer.url).toBe(`https://${ways.peer.address}:${ways.peer.port}`);
  expect(config.services[0]?.postgresql?.peer.host).toBe(ways.database.address);
  expect(config.heartbeat?.resolvers).toEqual(
    ways.resolvers.map((at) => `${at.address}:${at.port}`),
  );
});

test("the watchdog goes by the times of the group, and a whole round of its fence fits their budget", () => {
  const group = resolveGroups(catalogue()).find(({ name }) => name === ledger.group);
  if (group === undefined) throw new Error("the sandbox has a group");
  const watchdog = parseWatchdogConfig(watchdogConfig(parts()));
  expect(watchdog.longestTenureMs).toBe(group.timing.ttlMs);
  expect(watchdog.gapNoticeMs).toBe(agentDefaults(group).gapNoticeMs);
  const { steps, confirm } = watchdog.fence;
  const stepsMs = steps.reduce((sum, { limitMs }) => sum + limitMs, 0);
  expect(stepsMs + confirm.limitMs * (steps.length + 1)).toBeLessThan(group.timing.fenceBudgetMs);
});
