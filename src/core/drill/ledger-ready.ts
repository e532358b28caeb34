/** Whether a group is as it should be before anything is broken, and again afterwards; what is missing, a phrase each. */
import type { HeardReport } from "../failover/agent-report-schema.ts";

export type HeardFrom = {
  readonly region: string;
  /** Undefined: it did not answer, or said something that is no report. */
  readonly report: HeardReport | undefined;
};

/** What is missing until one region serves, the other could take over, and commits wait for it; empty when all is well. */
export function missingForReady(heard: readonly HeardFrom[]): readonly string[] {
  const silent = heard.filter(({ report }) => report === undefined);
  const reports = heard.flatMap(({ report }) => (report === undefined ? [] : [report]));
  const serving = reports.filter(({ status }) => status.isServing);
  const [active] = serving;
  return [
    ...silent.map(({ region }) => `the agent of ${region} does not answer`),
    ...(serving.length === 1 ? [] : [`${serving.length} regions serve`]),
    ...reports.flatMap(missingAt),
    ...(active === undefined || active.status.sync.recorded !== "degraded"
      ? []
      : ["the witness has it recorded that commits do not wait for the standby"]),
    ...(active !== undefined && active.status.sync.recorded === "none"
      ? ["the witness has not confirmed yet that commits wait for the standby"]
      : []),
  ];
}

function missingAt({ cluster, status, data }: HeardReport): readonly string[] {
  const reasons = status.disarmedBecause.join("; ");
  return [
    ...(status.armed && reasons === ""
      ? []
      : [`${cluster} is not armed${reasons === "" ? "" : `: ${reasons}`}`]),
    ...(data?.notReady ?? []).map((because) => `${cluster}: ${because}`),
  ];
}

/** The region that serves, and the other one; undefined unless exactly one does. */
export function rolesOf(
  heard: readonly HeardFrom[],
): { readonly active: string; readonly standby: string } | undefined {
  const serving = heard.filter(({ report }) => report?.status.isServing === true);
  const other = heard.find(({ report }) => report?.status.isServing !== true);
  const [active] = serving;
  if (active === undefined || other === undefined || serving.length !== 1) return undefined;
  return { active: active.region, standby: other.region };
}
