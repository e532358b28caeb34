/** `failover.yaml` of the state folder: with it `sovereign failover …` finds both agents, and signs as the sandbox's sovereign-admin. */
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import type { SandboxKeys } from "./keys.ts";
import { ledger, type SandboxLayout } from "./layout.ts";

export async function writePeopleConfig(layout: SandboxLayout, keys: SandboxKeys): Promise<void> {
  const { state, regions } = layout;
  const agents = regions.map(({ cluster, agent: { api } }) => [
    cluster,
    { url: `https://${api.address}:${api.port}` },
  ]);
  const config = {
    agents: Object.fromEntries(agents),
    ca: relative(state, keys.ca),
    key: relative(state, keys.person),
    person: ledger.person,
  };
  await writeFile(join(state, "failover.yaml"), stringify(config));
}
