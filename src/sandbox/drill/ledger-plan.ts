/** What a drill of data will break and count, or the refusal: gathered from the sandbox, its documents and its agents. */
import { arch, cpus, platform } from "node:os";
import type { DnsEndpoint } from "../../control/env.ts";
import { agentDefaults } from "../../control/failover/options.ts";
import {
  holdMs,
  type LedgerFault,
  type LedgerKind,
  ledgerKindFacts,
  lossyPauseMs,
} from "../../core/drill/ledger-kinds.ts";
import type { LedgerProfile } from "../../core/drill/ledger-prediction.ts";
import type { LedgerReport } from "../../core/drill/ledger-report.ts";
import { fixedProfile } from "../../core/drill/profile.ts";
import { shortRegionName } from "../../core/drill/report.ts";
import { type ResolvedGroup, resolveGroups } from "../../core/failover/resolve-group.ts";
import { parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Catalogue } from "../../core/resources/catalogue.ts";
import { ledger, networkWords, type SandboxLayout, type SandboxNetwork } from "../layout.ts";
import { findProgram, programs, programsMissing } from "../programs.ts";
import { type Fault, faults } from "../protocol.ts";
import type { WatchedAgent } from "./agent-watch.ts";
import { brokenBy } from "./broken-by.ts";
import { checkSandbox } from "./check-sandbox.ts";
import type { DrillWorld } from "./conduct-drill.ts";
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
  /** Steps of a wall clock, each from the machine's time. */
  readonly stepSeconds: readonly number[];
  readonly brokenBy: string;
  readonly notDone: readonly string[];
  readonly environment: LedgerReport["environment"];
};

type LedgerWorld = Omit<DrillWorld, "dns">;

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
  checkSandbox(wish.region, status);
  if (how.by === "clock") requireStepping(kind);
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
    stepSeconds: how.by === "clock" ? how.stepSeconds.filter(inTime(fast)) : [],
    brokenBy: brokenBy(kind, status.network),
    notDone: notDone(wish, profile, restarts),
    environment: environmentOf(layout, status.network),
  };
}

/** Under `--fast` one step on and a greater one back. */
function inTime(fast: boolean): (seconds: number) => boolean {
  return (seconds) => !fast || [60, -3_600].includes(seconds);
}

/** Refused with what to install, before anything is touched. */
function requireStepping(kind: LedgerKind): void {
  const found = programs.filter(({ name }) => name === "libfaketime");
  const missing = found
    .map((program) => findProgram(program, process.env))
    .filter(({ path }) => path === undefined);
  if (missing.length === 0) return;
  const { message, remedy } = programsMissing(missing);
  throw new Failure(
    "DrillRefused",
    `The clock of one process can not be stepped here. ${message}`,
    {
      where: kind,
      remedy,
    },
  );
}

/** Whether this sandbox's supervisor knows the fault. */
export function isOffered(fault: LedgerFault): fault is LedgerFault & Fault {
  return (faults as readonly string[]).includes(fault); // Widened, so that any word may be looked for.
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
    ...(how.by === "people"
      ? [
          "What only the lost region had is not kept: its data are rewound, or replaced by a copy and removed once that follows.",
        ]
      : []),
    ...(how.by === "people" && wish.fast
      ? [
          `The standby was left behind, and nobody asked, for ${lossyPauseMs(true) / 1_000} s instead of ${lossyPauseMs(false) / 1_000} s, because of --fast.`,
        ]
      : []),
    ...(how.by === "apiServers" && wish.fast
      ? ["Both API servers were down for one lease instead of two, because of --fast."]
      : []),
    ...(how.by === "restarts" && restarts < how.times
      ? [`${restarts} restarts instead of ${how.times}, because of --fast.`]
      : []),
    ...(how.by === "clock" && wish.fast ? ["Two steps instead of four, because of --fast."] : []),
    "Machines, kernels and networks stay up: what is lost with them is not shown here.",
  ];
}

function environmentOf(layout: SandboxLayout, network: SandboxNetwork): LedgerPlan["environment"] {
  const endpoint = ({ address, port }: DnsEndpoint): string => `${address}:${port}`;
  return [
    ["Databases", layout.regions.map(({ postgres }) => endpoint(postgres)).join(", ")],
    ["Recursor", endpoint(layout.recursor)],
    ["Between the regions", networkWords[network]],
    [
      "Client",
      `${writers} writers, ${writesPerSecond} writes a second together, each asks the recursor, then HTTP for at most ${writeLimitMs / 1_000} s, never twice`,
    ],
    ["Machine", `${platform()} ${arch()}, ${cpus().length} cores, Node ${process.versions.node}`],
  ];
}
