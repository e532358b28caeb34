/** Configuration of a region's agent and of its watchdog; secrets are files that they name. */
import { relative } from "node:path";
import { stringify } from "yaml";
import type { DnsEndpoint } from "../control/env.ts";
import { databaseCommands, postgresPrograms } from "./database-commands.ts";
import { agentKubeconfig } from "./kube-config.ts";
import { ledger } from "./layout.ts";
import { databaseOwner } from "./postgres-prepare.ts";
import type { RegionParts } from "./region-files.ts";
import { isRoot } from "./servers/server-process.ts";

/** Of the group's lease (`ledgerDocuments`): its TTL, and half of its margin. */
const watchdogTimes = { gapNoticeMs: 500, longestTenureMs: 15_000 };

/** A whole round, each step with a confirmation before and after, ends within the group's fence budget of five seconds. */
const fenceSteps = [
  { mode: "fast", limitMs: 1_200 },
  { mode: "kill", limitMs: 1_000 },
] as const;
const confirmLimitMs = 850;

/** Where an agent keeps its record (DESIGN §2). */
export const recordPlaces = ["disk", "apiServer"] as const;
export type RecordPlace = (typeof recordPlaces)[number];

/** The text of a region's `agent.yaml`. */
export function agentConfig(
  parts: RegionParts,
  records: readonly RecordPlace[] = recordPlaces,
): string {
  const { layout, region, keys } = parts;
  const { agent, ways } = region;
  const own = keys.region(region.cluster);
  const peer = layout.regions.find(({ cluster }) => cluster !== region.cluster) ?? region;
  return stringify({
    cluster: region.cluster,
    group: ledger.group,
    source: { git: { repository: relative(region.folder, layout.documents), branch: "main" } },
    pollEvery: "2s",
    state: agent.folder,
    health: agent.health,
    api: { ...agent.api, tls: { certificate: own.certificate, key: own.key, ca: keys.ca } },
    peer: { url: `https://${text(ways.peer)}` },
    witness: { credential: { file: own.witness }, url: `http://${text(ways.witness)}` },
    watchdog: { fence: fenceOf(parts) },
    applications: { [ledger.application]: `http://${text(region.inside)}/healthz` },
    services: [{ name: ledger.service, postgresql: postgresOf(parts) }],
    heartbeat: {
      ...agent.heartbeat,
      zone: layout.heartbeatZone,
      key: { file: own.heartbeat },
      peerKey: { file: keys.region(peer.cluster).heartbeatPublic },
      resolvers: ways.resolvers.map(text),
    },
    kubernetes: { kubeconfig: agentKubeconfig(region) },
    records,
  });
}

/** The text of the watchdog's configuration. */
export function watchdogConfig(parts: RegionParts): string {
  const folder = `${parts.region.agent.folder}/watchdog`;
  const config = { folder, fence: fenceOf(parts), ...watchdogTimes };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function fenceOf(parts: RegionParts) {
  const { fence } = databaseCommands(parts.region, parts.dataFolder);
  return {
    steps: fenceSteps.map(({ mode, limitMs }) => ({ argv: fence(mode), limitMs })),
    confirm: { argv: fence("confirm"), limitMs: confirmLimitMs, exitCodes: [0] },
  };
}

function postgresOf(parts: RegionParts) {
  const { region, keys, path, dataFolder } = parts;
  const { start, stop } = databaseCommands(region, dataFolder);
  const server = ({ address, port }: DnsEndpoint) => ({
    host: address,
    port,
    user: databaseOwner,
    database: "ledger",
    password: { file: keys.databaseOwner },
  });
  return {
    dataFolder,
    programs: postgresPrograms(path),
    local: server(region.postgres),
    peer: server(region.ways.database),
    start,
    stop,
    ...(isRoot() ? { user: "nobody" } : {}),
  };
}

function text({ address, port }: DnsEndpoint): string {
  return `${address}:${port}`;
}
