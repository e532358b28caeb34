/** Folds what agents and name servers say into the view of a Sovereign at a moment; pure, so that it can be tried on anything. */
import type { AnswerStatus, DnsStatus, ServerStatus } from "../dns/status.ts";
import type { Heard } from "../failover/region-word.ts";
import type { ResolvedGroup } from "../failover/resolve-group.ts";
import { authorityMs } from "../lease/timing.ts";
import type { Catalogue } from "../resources/catalogue.ts";
import { servicesOf } from "./topology-service.ts";
import { freshReport, leftMs, type Side, serves, sideView } from "./topology-side.ts";
import type {
  AgentView,
  EventView,
  GroupState,
  GroupView,
  LeadView,
  LeaseView,
  NameServerView,
  Place,
  RegionView,
  Role,
  SideView,
  TopologyView,
} from "./topology-view.ts";
import { groupSentence, headlineOf } from "./topology-words.ts";

export type AgentFacts = Heard & { readonly url: string; readonly failure: string | null };

export type TopologyFacts = {
  readonly atMs: number;
  readonly version: string;
  readonly dns: DnsStatus;
  /** Undefined until the source was read. */
  readonly catalogue: Pick<Catalogue, "sovereign"> | undefined;
  /** All groups of the catalogue; default ones are left out, because no agent serves them. */
  readonly groups: readonly ResolvedGroup[];
  readonly agents: readonly AgentFacts[];
  /** The control plane's own, newest last. */
  readonly events: readonly Omit<EventView, "source">[];
};

const eventsMax = 100;

/** The view of a moment. */
export function topologyOf(facts: TopologyFacts): TopologyView {
  const { atMs, version, dns, catalogue, agents } = facts;
  const sovereign = catalogue?.sovereign;
  const declared = facts.groups.filter((group) => group.declared);
  const places = placesOf(sovereign?.spec.regions.map(({ cluster }) => cluster) ?? [], declared);
  const leads = leadsOf(facts);
  const groups = declared.map((group) => groupView(group, facts, places, leads));
  return {
    atMs,
    control: { cluster: dns.cluster, version, observeOnly: dns.observeOnly },
    sovereign: sovereign?.spec.domain ?? null,
    documents: {
      revision: dns.revision,
      stale: (dns.stale ?? dns.failure)?.message ?? null,
      problems: dns.problems,
    },
    headline: headlineOf(sovereign?.spec.domain ?? null, groups),
    regions: [...places].map(([cluster, place]) => regionView(cluster, place, dns, groups)),
    groups,
    agents: agents.map(agentView),
    nameServers: dns.servers.map((server) => nameServerView(server, places)),
    events: eventsOf(facts),
  };
}

/** The first two regions that groups are about, else that are declared: the first is left. */
function placesOf(
  clusters: readonly string[],
  groups: readonly ResolvedGroup[],
): ReadonlyMap<string, Place> {
  const used = clusters.filter((cluster) =>
    groups.some(({ regions }) => regions.some((region) => region === cluster)),
  );
  const [left, right] = groups.length === 0 ? clusters : used;
  const places = new Map<string, Place>();
  if (left !== undefined) places.set(left, "left");
  if (right !== undefined) places.set(right, "right");
  return places;
}

function groupView(
  group: ResolvedGroup,
  { agents }: TopologyFacts,
  places: ReadonlyMap<string, Place>,
  leads: readonly LeadView[],
): GroupView {
  const { name, mode, applications, objectives } = group;
  const inPlace = [...group.regions].sort((a, b) =>
    placeIn(places, a) < placeIn(places, b) ? -1 : 1,
  );
  const sides = inPlace.map((cluster, index): Side => {
    const heard = agentFor(agents, cluster, name);
    const place = places.get(cluster) ?? (index === 0 ? "left" : "right");
    return { cluster, place, heard, failure: heard?.failure ?? null };
  });
  const holder = holderOf(sides);
  const shown = sides.map((side) => sideView(side, holder));
  const services = servicesOf(sides, holder);
  const state = stateOfGroup(sides, holder, shown);
  return {
    name,
    mode,
    applications,
    state,
    sentence: groupSentence({ name, state, sides: shown, services }),
    lease: leaseOf(sides, holder),
    sides: shown,
    services,
    answers: leads.filter(({ fqdn }) => applications.includes(fqdn)),
    objectives: { rtoMs: objectives.rtoMs, rpoBytes: objectives.rpoBytes },
  };
}

function placeIn(places: ReadonlyMap<string, Place>, cluster: string): string {
  return `${places.get(cluster) ?? "unplaced"} ${cluster}`;
}

/** The region's agent of the group; one that was not heard yet may be it, where the region has no other. */
function agentFor(
  agents: readonly AgentFacts[],
  cluster: string,
  group: string,
): AgentFacts | undefined {
  const own = agents.filter((agent) => agent.cluster === cluster);
  return (
    own.find(({ report }) => report?.status.group === group) ??
    own.find(({ report }) => report === null)
  );
}

/** Of the sides that serve, the one at the newest epoch. */
function holderOf(sides: readonly Side[]): Side | undefined {
  return sides.filter(serves).sort((a, b) => epochOf(b) - epochOf(a))[0];
}

function epochOf(side: Side): number {
  return freshReport(side)?.status.authority.epoch ?? 0;
}

function stateOfGroup(
  sides: readonly Side[],
  holder: Side | undefined,
  shown: readonly SideView[],
): GroupState {
  if (holder === undefined) {
    return shown.some(({ role }) => role === "silent") ? "unknown" : "unserved";
  }
  // What was heard before the holder spoke may have ended since; what was heard after it has not.
  const rival = sides.find((side) => side !== holder && serves(side));
  const isLater = (rival?.heard?.ageMs ?? 0) <= (holder.heard?.ageMs ?? 0);
  return rival !== undefined && isLater ? "contested" : "served";
}

/** The lease of whoever has authority, serving or not yet. */
function leaseOf(sides: readonly Side[], holder: Side | undefined): LeaseView | null {
  const side = holder ?? sides.find((one) => leftMs(one) > 0);
  const report = side === undefined ? null : freshReport(side);
  if (side === undefined || report === null || report.status.authority.epoch === null) return null;
  const { timing, status } = report;
  const left = leftMs(side);
  const fullMs = authorityMs({ ...timing, rpcTimeoutMs: 0, marginMs: 0 });
  return {
    holder: side.cluster,
    place: side.place,
    epoch: report.status.authority.epoch,
    kind: status.authority.kind,
    leftMs: left,
    fullMs: Math.max(fullMs, left),
    ttlMs: timing.ttlMs,
    renewEveryMs: timing.renewEveryMs,
  };
}

const roles: readonly Role[] = [
  "active",
  "promoting",
  "changing",
  "standby",
  "held",
  "fencing",
  "observing",
  "silent",
];

function regionView(
  cluster: string,
  place: Place,
  dns: DnsStatus,
  groups: readonly GroupView[],
): RegionView {
  const sides = groups.flatMap((group) => group.sides.filter((side) => side.cluster === cluster));
  const counts = roles.map((role) => [role, sides.filter((side) => side.role === role).length]);
  return {
    cluster,
    place,
    own: dns.cluster === cluster,
    roles: Object.fromEntries(counts) as RegionView["roles"], // Every role is in the list.
  };
}

function agentView({ cluster, url, report, ageMs, failure }: AgentFacts): AgentView {
  const version = report?.version ?? null;
  const revision = report?.documents.revision ?? null;
  const group = report?.status.group ?? null;
  const isHeard = report !== null;
  const state = failure !== null ? "silent" : isHeard ? "answers" : "unheard";
  const known = { cluster, url, group, version, revision };
  return { ...known, state, ageMs: isHeard ? ageMs : null, because: failure };
}

/** Where each name server leads, by the load balancers' addresses. */
function leadsOf({ dns, catalogue }: TopologyFacts): readonly LeadView[] {
  const regionOf = new Map<string, string>();
  for (const { cluster, loadBalancer } of catalogue?.sovereign?.spec.regions ?? []) {
    for (const address of [...loadBalancer.ipv4, ...loadBalancer.ipv6]) {
      regionOf.set(address, cluster);
    }
  }
  return dns.servers.flatMap(({ server, answers }) => {
    const byName = new Map<string, AnswerStatus[]>();
    for (const answer of answers) {
      byName.set(answer.fqdn, [...(byName.get(answer.fqdn) ?? []), answer]);
    }
    return [...byName].map(([fqdn, families]) => {
      const addresses = families.flatMap((family) => family.addresses);
      const clusters = [...new Set(addresses.map((one) => regionOf.get(one) ?? one))].sort();
      return { server, fqdn, state: worstAnswer(families), clusters };
    });
  });
}

function worstAnswer(answers: readonly AnswerStatus[]): LeadView["state"] {
  for (const state of ["wrong", "silent", "unasked"] as const) {
    if (answers.some((answer) => answer.state === state)) return state;
  }
  return "right";
}

function nameServerView(server: ServerStatus, places: ReadonlyMap<string, Place>): NameServerView {
  const count = (state: AnswerStatus["state"]): number =>
    server.answers.filter((answer) => answer.state === state).length;
  const wrong = server.answers.find(({ state }) => state === "wrong");
  const known = {
    server: server.server,
    cluster: server.cluster,
    place: places.get(server.cluster) ?? null,
    answersRight: count("right"),
    answersWrong: count("wrong"),
    pendingChanges: server.pendingChanges,
  };
  if (count("silent") > 0) {
    return { ...known, state: "silent", because: "it does not answer" };
  }
  if (wrong !== undefined) return { ...known, state: "wrong", because: wrong.because };
  if (server.failure !== null) {
    return { ...known, state: "unwritable", because: server.failure.message };
  }
  if (count("right") === 0) return { ...known, state: "unasked", because: "not asked yet" };
  return { ...known, state: "right", because: "every answer is in the plan" };
}

/** The tails of all journals in the order of their clocks. */
function eventsOf({ agents, events, dns }: TopologyFacts): readonly EventView[] {
  const own = events.map((event) => ({ ...event, source: `control ${dns.cluster}` }));
  const heard = agents.flatMap(({ cluster, report }) =>
    (report?.journalTail ?? []).map((event) => ({ ...event, source: `agent ${cluster}` })),
  );
  return [...own, ...heard].sort((a, b) => a.atMs - b.atMs).slice(-eventsMax);
}
