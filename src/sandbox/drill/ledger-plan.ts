/** What a drill of data will break and count, or the refusal: gathered from the sandbox, its documents and its agents. */
import { arch, cpus, platform } from "node:os";
import type { DnsEndpoint } from "../../control/env.ts";
import { agentDefaults } from "../../control/failover/options.ts";
import {
  holdMs,
  type LedgerFault,
  type LedgerKind,
  ledgerKindFacts,
} from "../../core/drill/ledger-kinds.ts";
import type { LedgerProfile } from "../../core/drill/ledger-prediction.ts";
import type { LedgerReport } from "../../core/drill/ledger-report.ts";
import { fixedProfile } from "../../core/drill/profile.ts";
import { shortRegionName } from "../../core/drill/report.ts";
import { type ResolvedGroup, resolveGroups } from "../../core/failover/resolve-group.ts";
import { parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Catalogue } from "../../core/resources/catalogue.ts";
import { ledger, type SandboxLayout } from "../layout.ts";
import { type Fault, faults, type SandboxStatus } from "../protocol.ts";
import type { WatchedAgent } from "./agent-watch.ts";
import { refusal } from "./plan-drill.ts";

export type LedgerWish = {
  readonly kind: LedgerKind;
  /** Cluster that it is done to; by default the one that the kind aims at. */
  readonly region: string | undefined;
  /** Shortens what lasts long and says so in the report. */
  readonly fast: boolean;
};

export type LedgerPlan = {
  readonly kind: LedgerKind;
  readonly wished: string | undefined;
  readonly fast: boolean;
  readonly group: string;
  readonly application: LedgerReport["application"];
  readonly regions: LedgerReport["regions"];
  readonly agents: readonly WatchedAgent[];
  readonly recursor: DnsEndpoint;
  readonly loadBalancerPort: number;
  readonly profile: LedgerProfile;
  /** How long the break is held; undefined until the writer moved. */
  readonly holdMs: number | undefined;
  readonly restarts: number;
  readonly brokenBy: string;
  readonly notDone: readonly string[];
  readonly environment: LedgerReport["environment"];
};

export type LedgerWorld = {
  readonly layout: SandboxLayout;
  readonly status: SandboxStatus;
  readonly catalogue: Catalogue;
};

const writers = 4;
const writesPerSecond = 20;
/** Under a second commit, across two regions on loopback; a stalled commit is given up after it. */
const writeLimitMs = 2_000;
const promoteMs = 8_000;
const fastRestarts = 10;

/** The plan; fails with NotFound or DrillRefused, with the reason, before anything is touched. */
export function planLedgerDrill(wish: LedgerWish, world: LedgerWorld): LedgerPlan {
  const { layout, status, catalogue } = world;
  const { kind, fast } = wish;
  const { how } = ledgerKindFacts[kind];
  checkSandbox(wish, status);
  if (how.by === "nothing") throw refusal(`${kind} is not done here: ${how.because}`, kind);
  if (how.by === "fault" && !isOffered(how.fault))
    throw refusal(`this sandbox can not break anything by "${how.fault}"`, kind);
  const group = declaredGroup(catalogue);
  const placed = catalogue.applications.find(
    ({ application }) => application.metadata.name === ledger.application,
  );
  if (placed === undefined)
    throw refusal(
      `there is no Application ${ledger.application} whose writes could be counted`,
      kind,
    );
  const profile = profileOf(world, group);
  const restarts = how.by === "restarts" ? (fast ? fastRestarts : how.times) : 0;
  return {
    kind,
    wished: wish.region,
    fast,
    group: group.name,
    application: { name: ledger.application, fqdn: placed.fqdn },
    regions: regionsOf(catalogue, group),
    agents: layout.regions.map(({ cluster, agent }) => ({ cluster, health: agent.health })),
    recursor: layout.recursor,
    loadBalancerPort: layout.regions[0]?.loadBalancer.port ?? 80,
    profile,
    holdMs: holdMs(kind, profile.lease.ttlMs, fast),
    restarts,
    brokenBy: brokenBy(kind),
    notDone: notDone(wish, profile, restarts),
    environment: environmentOf(layout),
  };
}

/** Whether this sandbox's supervisor knows the fault. */
export function isOffered(fault: LedgerFault): fault is LedgerFault & Fault {
  return (faults as readonly string[]).includes(fault); // Widened, so that any word may be looked for.
}

function checkSandbox({ region }: LedgerWish, status: SandboxStatus): void {
  const known = status.regions.map(({ cluster }) => cluster);
  if (region !== undefined && !known.includes(region))
    throw new Failure(
      "NotFound",
      `There is no region ${region}; there are ${known.join(" and ")}.`,
      {
        field: "--region",
        remedy: "Give the name of one of these regions' clusters.",
      },
    );
  const broken = status.regions.find(({ fault }) => fault !== undefined);
  if (broken !== undefined)
    throw new Failure("DrillRefused", `Region ${broken.cluster} is broken already.`, {
      where: broken.cluster,
      remedy: "Wait for the drill that broke it, or restore it first.",
    });
  if (!status.ready)
    throw new Failure(
      "DrillRefused",
      `The sandbox is not ready: it waits for ${status.waitingFor.join(", ")}.`,
      { remedy: "Wait until it is, then run the drill again." },
    );
}

function declaredGroup(catalogue: Catalogue): ResolvedGroup {
  const group = resolveGroups(catalogue).find(({ name }) => name === ledger.group);
  if (group?.declared === true) return group;
  throw refusal(
    `no FailoverGroup ${ledger.group} is declared, so nobody would take over`,
    ledger.group,
  );
}

function regionsOf(catalogue: Catalogue, group: ResolvedGroup): LedgerPlan["regions"] {
  const declared = catalogue.sovereign?.spec.regions ?? [];
  return group.regions.map((cluster) => ({
    cluster,
    short: shortRegionName(cluster, group.regions),
    addresses: [...(declared.find((one) => one.cluster === cluster)?.loadBalancer.ipv4 ?? [])],
  }));
}

function profileOf({ status, catalogue }: LedgerWorld, group: ResolvedGroup): LedgerProfile {
  const { probeTimeoutMs, recursorPatienceMs, startUpMs, grainMs } = fixedProfile;
  const declaredTtl = parseDurationMs(catalogue.sovereign?.spec.ttl ?? "");
  return {
    lease: { ...group.timing },
    probeIntervalMs: status.probeIntervalMs,
    probeTimeoutMs,
    recordTtlMs: declaredTtl ?? status.ttlSeconds * 1_000,
    recursorPatienceMs,
    promoteMs,
    measureEveryMs: agentDefaults(group).measureEveryMs,
    startUpMs,
    writesPerSecond,
    writers,
    writeLimitMs,
    grainMs,
  };
}

function brokenBy(kind: LedgerKind): string {
  const { how } = ledgerKindFacts[kind];
  if (how.by === "order") return `an order signed by ${ledger.person} with their SSH key`;
  if (how.by !== "fault") return "SIGKILL to the agent's process";
  switch (how.fault) {
    case "kill":
    case "agent-kill":
    case "database-kill":
      return "SIGKILL to processes";
    case "hang":
    case "agent-hang":
      return "SIGSTOP to processes";
    case "witness-loss":
      return "the end of the witness's process";
    case "client-cut":
      return "a gateway that swallows every request, as a fault proxy";
    case "all-cut":
      return "fault proxies in the ways to witness, peer and peer's database, and a gateway that swallows every request";
    default:
      return "fault proxies in the region's ways, without network namespaces";
  }
}

function notDone(wish: LedgerWish, profile: LedgerProfile, restarts: number): readonly string[] {
  const { how, hold } = ledgerKindFacts[wish.kind];
  const full = holdMs(wish.kind, profile.lease.ttlMs, false);
  const held = holdMs(wish.kind, profile.lease.ttlMs, wish.fast);
  return [
    ...(hold.until === "past" && full !== undefined && held !== undefined && held < full
      ? [
          `The break was held for ${held / 1_000} s instead of ${full / 1_000} s, because of --fast.`,
        ]
      : []),
    ...(how.by === "restarts" && restarts < how.times
      ? [`${restarts} restarts instead of ${how.times}, because of --fast.`]
      : []),
    "Machines, kernels and networks stay up: what is lost with them is not shown here.",
  ];
}

function environmentOf(layout: SandboxLayout): LedgerPlan["environment"] {
  const endpoint = ({ address, port }: DnsEndpoint): string => `${address}:${port}`;
  return [
    ["Databases", layout.regions.map(({ postgres }) => endpoint(postgres)).join(", ")],
    ["Recursor", endpoint(layout.recursor)],
    [
      "Client",
      `${writers} writers, ${writesPerSecond} writes a second together, each asks the recursor, then HTTP for at most ${writeLimitMs / 1_000} s, never twice`,
    ],
    ["Machine", `${platform()} ${arch()}, ${cpus().length} cores, Node ${process.versions.node}`],
  ];
}
