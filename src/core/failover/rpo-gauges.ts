/** How much would be lost, as numbers for Prometheus: what `rpo-rules.ts` alerts on (handbook §2.5). */
import { lossMs, replicationPatterns, serviceKinds } from "../resources/service-kinds.ts";
import type { AgentReport } from "./agent-report.ts";
import type { ServiceFacts } from "./facts.ts";
import type { FailoverGroup, GroupService } from "./group.ts";

export type Gauge = {
  readonly name: string;
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
};

/** The gauges of one report, always the same ones: what is not known is NaN, so that no old value stands for a new one. */
export function failoverGauges(
  report: Pick<AgentReport, "status" | "data" | "witnessPositions" | "people">,
): readonly Gauge[] {
  const { status, data, witnessPositions, people } = report;
  const { group, loss } = people;
  const lossBytes = loss.kind === "nothing" ? 0 : (loss.bytes ?? -1);
  const gauge = (name: string, value: number | null, labels: Gauge["labels"] = {}): Gauge => ({
    name: `sovereign_failover_${name}`,
    value: value ?? Number.NaN,
    labels,
  });
  const services = group.services.flatMap((declared) => {
    const labels = { service: declared.name };
    const measured = data?.services.find(({ name }) => name === declared.name);
    const { lossClass, lagMs } = objectiveOf(group, declared);
    const limits = { ...labels, class: lossClass };
    // Who takes writes lags behind nobody; the gauge of its time as standby has to end.
    const isAhead = measured?.role === "writable";
    const bytes = measured === undefined ? null : lagBytesOf(measured, witnessPositions);
    return [
      gauge("position_bytes", measured?.position ?? null, labels),
      gauge("lag_bytes", isAhead ? 0 : bytes, labels),
      gauge("lag_seconds", isAhead ? 0 : lagSecondsOf(measured), labels),
      gauge("objective_lag_seconds", lagMs / 1_000, limits),
    ];
  });
  const isPrecious = group.services.some(({ mayLose }) => mayLose === "nothing");
  return [
    gauge("group_info", 1, { group: group.name, region: status.self }),
    ...services,
    gauge("objective_loss_bytes", group.objectives.rpoBytes),
    gauge("in_step", isPrecious ? Number(people.witnessNote.sync === "in_sync") : null),
    // The holder has all of it; only a standby would lose something.
    gauge("loss_bytes", status.authority.kind === "none" ? lossBytes : 0),
    gauge("data_age_seconds", data === null ? null : data.ageMs / 1_000),
    gauge("needs_person", status.needs.length),
  ];
}

/** By how many bytes a standby is behind what the holder published last; null where that can not be said. */
export function lagBytesOf(
  { name, role, position }: Pick<ServiceFacts, "name" | "role" | "position">,
  positions: AgentReport["witnessPositions"],
): number | null {
  const there = Object.hasOwn(positions, name) ? positions[name] : undefined;
  if (role !== "standby" || position === null || there === undefined) return null;
  return Math.max(0, there - position);
}

function lagSecondsOf(measured: ServiceFacts | undefined): number | null {
  const { role, lagMs } = measured ?? {};
  return role === "standby" && typeof lagMs === "number" ? lagMs / 1_000 : null;
}

/** The lag that a service may have: the group's own objective where it is shorter than that of the handbook's class. */
export function objectiveOf(
  { objectives }: Pick<FailoverGroup, "objectives">,
  { kind, mayLose }: GroupService,
): { readonly lossClass: string; readonly lagMs: number } {
  const known = serviceKinds.find((one) => one === kind);
  const lossClass = known === undefined ? "minutes" : replicationPatterns[known].loss;
  const classMs = lossMs[lossClass];
  const own = mayLose === "nothing" ? objectives.rpoMs : undefined;
  return { lossClass, lagMs: own === undefined ? classMs : Math.min(own, classMs) };
}
