/** Facts of two regions and what is folded from them, in plain data, for tests of the topology. */
import type { AnswerStatus, DnsStatus, ServerStatus } from "../src/core/dns/status.ts";
import type { HeardReport } from "../src/core/failover/agent-report-schema.ts";
import { resolveGroups } from "../src/core/failover/resolve-group.ts";
import type { Catalogue } from "../src/core/resources/catalogue.ts";
import { type AgentFacts, type TopologyFacts, topologyOf } from "../src/core/view/topology.ts";
import type { GroupView, TopologyView } from "../src/core/view/topology-view.ts";
import { agentReport, type ReportFacts } from "./agent-report.ts";
import { catalogueOf, declared, fsn, hel, placed, witnessed } from "./catalogue.ts";

export const fqdn = "shop.acme-prod.sovereign.test";
const service = {
  name: "ledger-db",
  standbyReady: null,
  timeline: 3,
  ready: true,
} as const;
export const writing = { ...service, role: "writable", sync: "in_sync", position: 5_000 } as const;
export const following = {
  ...service,
  role: "standby",
  sync: null,
  position: 5_000,
  lagMs: 0,
} as const;
export const serving: ReportFacts = { cluster: fsn, epoch: 4, leftMs: 8_000, services: [writing] };
export const standby: ReportFacts = { cluster: hel, services: [following] };

export const heard = (
  facts: ReportFacts,
  ageMs = 200,
  more: Partial<HeardReport> = {},
): AgentFacts => ({
  cluster: facts.cluster,
  url: `http://${facts.cluster}`,
  report: { ...agentReport(facts), ...more },
  ageMs,
  failure: null,
});
export const silent = (
  cluster: string,
  report: HeardReport | null = null,
  ageMs = 9_000,
): AgentFacts => ({
  cluster,
  url: `http://${cluster}`,
  report,
  ageMs: report === null ? Number.POSITIVE_INFINITY : ageMs,
  failure: `the agent of ${cluster} can not be reached: ECONNREFUSED`,
});

export const answer = (
  addresses: readonly string[],
  state: AnswerStatus["state"],
): AnswerStatus => ({
  fqdn,
  type: "A",
  state,
  addresses,
  because: state === "right" ? "in the plan" : "not in the plan",
});
export const serverOf = (
  cluster: string,
  answers: readonly AnswerStatus[],
  more: Partial<ServerStatus> = {},
): ServerStatus => ({
  server: `ns of ${cluster}`,
  cluster,
  own: cluster === fsn,
  reachable: true,
  appliedRevision: "r1",
  appliedAtMs: 1,
  pendingChanges: 0,
  heldRemovals: 0,
  leftZones: [],
  warming: [],
  conflicts: [],
  failure: null,
  answers,
  ...more,
});
export const dnsOf = (servers: readonly ServerStatus[] = []): DnsStatus => ({
  cluster: fsn,
  observeOnly: false,
  revision: "r1",
  stale: null,
  failure: null,
  problems: [],
  zone: "sovereign.test.",
  ttlSeconds: 5,
  checks: null,
  applications: [],
  servers,
  roundAtMs: 1,
});

const catalogue: Catalogue = {
  ...catalogueOf([placed("shop")], witnessed()),
  failoverGroups: [declared("ledger", { environments: ["acme-prod"] })],
};
export function viewOf(
  agents: readonly AgentFacts[],
  more: Partial<TopologyFacts> = {},
): TopologyView {
  return topologyOf({
    atMs: 1_790_000_000_000,
    version: "0.1.0",
    dns: dnsOf(),
    catalogue,
    groups: resolveGroups(catalogue),
    agents,
    events: [],
    ...more,
  });
}
export const groupOf = ({ groups: [group] }: TopologyView): GroupView => {
  if (group === undefined) throw new Error("a group is declared");
  return group;
};
export const rolesOf = (view: TopologyView): readonly string[] =>
  groupOf(view).sides.map(({ role }) => role);
