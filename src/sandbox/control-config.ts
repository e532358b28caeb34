/** Configuration of a region's control process; paths count from its own file, so that the state folder can move. */
import { relative } from "node:path";
import { stringify } from "yaml";
import type { RegionLayout, SandboxLayout } from "./layout.ts";

/** The text of a region's `control.yaml`. */
export function controlConfig(layout: SandboxLayout, region: RegionLayout): string {
  return stringify({
    cluster: region.cluster,
    source: {
      git: { repository: relative(region.folder, layout.documents), branch: "main" },
    },
    pollEvery: "1s",
    reconcileEvery: "5s",
    journal: "./journal",
    http: { address: region.control.address, port: region.control.port },
    nameServerKeys: {
      [region.nameServer.name]: {
        file: "./api-key",
        apiUrl: `http://${region.nameServer.api.address}:${region.nameServer.api.port}`,
      },
    },
    drills: {
      reports: relative(region.folder, layout.reports),
      journal: relative(region.folder, layout.drillJournal),
    },
    agents: Object.fromEntries(
      layout.regions.map(({ cluster, agent: { health } }) => [
        cluster,
        { url: `http://${health.address}:${health.port}` },
      ]),
    ),
  });
}
