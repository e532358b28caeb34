/** The one calm picture of a running sandbox: regions, answers, changes, what to try next. Pure: facts in, lines out. */
import { formatDurationMs } from "../../core/kernel/duration.ts";
import { locationCode, parseClusterName } from "../../core/names/names.ts";
import { shortRegion, whoAnswers } from "../../sandbox/changes.ts";
import { faultEffects } from "../../sandbox/faults.ts";
import { networkWords, type RegionLayout, type SandboxLayout } from "../../sandbox/layout.ts";
import type { LedgerRegion } from "../../sandbox/ledger-sight.ts";
import type { Observation, ObservedApplication } from "../../sandbox/observe.ts";
import type { ProcessState, SandboxStatus } from "../../sandbox/protocol.ts";
import { beside, clip, type Line, span, write } from "./frame.ts";
import { tryNext, wrapCommand } from "./try-next.ts";

export type SandboxFacts = {
  readonly layout: SandboxLayout;
  readonly status: SandboxStatus;
  /** Undefined until the first look. */
  readonly observation: Observation | undefined;
  /** Newest last. */
  readonly changes: readonly { readonly time: string; readonly text: string }[];
  /** `12:03:11`, the moment of the look. */
  readonly time: string;
  /** How the user reaches the documents' folder from where the commands are typed. */
  readonly documents: string;
  /** The same for the kubeconfig of the first region. */
  readonly kubeconfig: string;
  /** ` --state x` when it is not the usual one. */
  readonly stateOption: string;
  readonly tools: { readonly dig: boolean; readonly curl: boolean; readonly kubectl: boolean };
};

export type ViewSize = { readonly width: number; readonly colour: boolean };

type Look = {
  readonly glyph: string;
  readonly word: string;
  readonly style: "green" | "yellow" | "red";
};

const changesShown = 5;
const besideFrom = 96;

/** The lines of the view; none is wider than `width`, unless one word of a command is. */
export function renderSandbox(facts: SandboxFacts, { width, colour }: ViewSize): readonly string[] {
  const blocks = facts.layout.regions.map((region) => regionBlock(region, facts.status));
  const [left = [], right = [], ...more] = blocks;
  const regions =
    width >= besideFrom
      ? [...beside(left, right, Math.floor(width / 2)), ...more.flat()]
      : blocks.flatMap((block, index) => (index === 0 ? block : [[], ...block]));
  const lines: readonly Line[] = [
    header(facts),
    [span(`between the regions: ${networkWords[facts.status.network]}`, "dim")],
    [span(`kubeconfig: ${facts.kubeconfig}`, "dim")],
    [],
    ...regions,
    [],
    ...applications(facts),
    ...ledgerLines(facts),
    ...changes(facts),
    [],
    [span("Try next", "bold")],
  ];
  const commands = tryNext(facts).flatMap((command) => wrapCommand(command, width - 2));
  return [
    ...lines.map((line) => write(clip(line, width), colour)),
    ...commands.map((command) => `  ${command}`),
  ];
}

function header({ status, time }: SandboxFacts): Line {
  const probes = formatDurationMs(status.probeIntervalMs);
  return [
    span("Sovereign sandbox", "bold"),
    span(`  ${status.domain}`),
    span(`  probes every ${probes}, records live ${status.ttlSeconds}s, ${time}`, "dim"),
    ...(status.ready ? [] : [span("  starting", "yellow")]),
  ];
}

/** How a region is as a whole. */
export function regionLook(region: SandboxStatus["regions"][number] | undefined): Look {
  if (region?.fault === "kill") return { glyph: "✕", word: "killed", style: "red" };
  if (region?.fault === "hang") return { glyph: "‖", word: "hung", style: "red" };
  if (region?.fault === "probe-blackhole")
    return { glyph: "◐", word: "probes swallowed", style: "red" };
  if (region?.fault !== undefined)
    return { glyph: "◐", word: faultEffects[region.fault].words, style: "red" };
  const states = region?.processes.map((process) => process.state) ?? [];
  if (states.length > 0 && states.every((state) => state === "ready"))
    return { glyph: "●", word: "healthy", style: "green" };
  return states.includes("restarting") || states.includes("down")
    ? { glyph: "◐", word: "impaired", style: "yellow" }
    : { glyph: "○", word: "starting", style: "yellow" };
}

const stateStyles: Readonly<Record<ProcessState, Look["style"]>> = {
  starting: "yellow",
  ready: "green",
  hung: "red",
  down: "red",
  restarting: "yellow",
};

function regionBlock(region: RegionLayout, status: SandboxStatus): readonly Line[] {
  const known = status.regions.find((candidate) => candidate.cluster === region.cluster);
  const look = regionLook(known);
  const state = (name: string): ProcessState =>
    known?.processes.find((process) => process.name === name)?.state ?? "starting";
  const row = (label: string, where: string, name: string): Line => [
    span(`  ${label.padEnd(14)}`, "dim"),
    span(where.padEnd(19)),
    span(` ${state(name)}`, stateStyles[state(name)]),
  ];
  const replicas = region.replicas.map((_, index) => state(`replica-${index + 1}`));
  const ready = replicas.filter((replica) => replica === "ready").length;
  const { loadBalancer, nameServer, control, kube, postgres, agent } = region;
  return [
    [
      span(`${look.glyph} `, look.style),
      span(region.cluster, "bold"),
      span(`  ${codeOf(region.cluster)}`, "dim"),
      span(`  ${look.word}`, look.style),
    ],
    row("load balancer", `${loadBalancer.ipv4}:${loadBalancer.port}`, "gateway"),
    row("name server", `${nameServer.dns.address}:${nameServer.dns.port}`, "powerdns"),
    [
      span(`  ${"replicas".padEnd(14)}`, "dim"),
      span(`${ready} of ${replicas.length} ready`.padEnd(19)),
      ...replicas.map((replica) =>
        span(` ${replica === "ready" ? "●" : "✕"}`, stateStyles[replica]),
      ),
    ],
    row("control", `${control.address}:${control.port}`, "control"),
    row("API server", `${kube.at.address}:${kube.at.port}`, "api-server"),
    row("PostgreSQL", `${postgres.address}:${postgres.port}`, "database"),
    row("agent", `${agent.health.address}:${agent.health.port}`, "agent"),
  ];
}

const roleStyles: Readonly<Record<LedgerRegion["role"], Look["style"]>> = {
  active: "green",
  standby: "green",
  fenced: "yellow",
  silent: "red",
};

function ledgerLines({ observation }: SandboxFacts): readonly Line[] {
  if (observation === undefined || observation.ledger.length === 0) return [];
  return [
    [],
    [span("Ledger", "bold"), span("  who may write, by what the agents say", "dim")],
    ...observation.ledger.map((region) => [
      span(`  ${shortRegion(region.cluster).padEnd(5)}`),
      span(region.role.padEnd(9), roleStyles[region.role]),
      span(ledgerWords(region)),
    ]),
  ];
}

function ledgerWords({ role, epoch, leftMs, recorded, lagMs, because }: LedgerRegion): string {
  const problem = because === "" ? [] : [because];
  if (role === "silent" || role === "fenced") return problem.join("");
  if (role === "standby") {
    const behind = lagMs === null ? [] : [lagMs < 1_000 ? "in step" : `${seconds(lagMs)} behind`];
    return [...behind, ...problem].join(", ");
  }
  const safe = recorded === "in_sync" ? "commits wait for both regions" : "unfenced by data";
  const lease = `lease ${seconds(leftMs)} left`;
  return [`epoch ${epoch ?? "unknown"}`, lease, safe, ...problem].join(", ");
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)}s`;
}

function codeOf(cluster: string): string {
  const name = parseClusterName(cluster);
  const code = name.ok ? locationCode(name.value) : name;
  return code.ok ? code.value : "";
}

function applications({ layout, observation }: SandboxFacts): readonly Line[] {
  const { address, port } = layout.recursor;
  const title: Line = [
    span("Applications", "bold"),
    span(`  what the recursor ${address}:${port} answers now`, "dim"),
  ];
  if (observation === undefined) return [title, [span("  looking …", "dim")]];
  const width = Math.max(12, ...observation.applications.map(({ fqdn }) => fqdn.length));
  const hidden = observation.applicationCount - observation.applications.length;
  return [
    title,
    ...observation.applications.map((application) => applicationLine(application, width)),
    ...(hidden > 0 ? [[span(`  and ${hidden} more`, "dim")]] : []),
    ...observation.problems
      .slice(0, 3)
      .map((problem) => [span("  ✕ wrong document: ", "red"), span(problem)]),
  ];
}

function applicationLine({ fqdn, placement, answer }: ObservedApplication, width: number): Line {
  const answered = answer.addresses.length > 0;
  return [
    span(`  ${fqdn.padEnd(width)}`),
    span(`  ${placement.padEnd(18)}`, "dim"),
    answered ? span(whoAnswers(answer).padEnd(12), "bold") : span(whoAnswers(answer), "red"),
    ...(answered ? [span(`  ${answer.addresses.join(" ")}`)] : []),
    ...(answer.ttlSeconds === undefined ? [] : [span(`  TTL ${answer.ttlSeconds}s`, "dim")]),
  ];
}

function changes(facts: SandboxFacts): readonly Line[] {
  if (facts.changes.length === 0) return [];
  return [
    [],
    [span("Changes", "bold")],
    ...facts.changes
      .slice(-changesShown)
      .map(({ time, text }) => [span(`  ${time}  `, "dim"), span(text)]),
  ];
}

/** One line for machines that only log: `shop fsn, web fsn and hel, reports hel`. */
export function answersLine(observation: Observation): string {
  return observation.applications
    .map(({ name, answer }) => `${name} ${whoAnswers(answer)}`)
    .join(", ");
}
