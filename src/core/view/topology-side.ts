/** One region's side of a failover group, from what its agent says. */
import type { HeardReport } from "../failover/agent-report-schema.ts";
import { type Heard, wordLastsMs } from "../failover/region-word.ts";
import type { Place, Role, SideView } from "./topology-view.ts";

/** The agent of a region for a group; undefined when the configuration names none. */
export type Side = {
  readonly cluster: string;
  readonly place: Place;
  readonly heard: Heard | undefined;
  /** Why the agent does not answer. */
  readonly failure: string | null;
};

/** The report, unless it is older than a word lasts: then the region is silent. */
export function freshReport({ heard }: Side): HeardReport | null {
  return heard?.report != null && heard.ageMs <= wordLastsMs ? heard.report : null;
}

/** What is left of the authority that an agent told of, now; 0 without any. */
export function leftMs(side: Side): number {
  const report = freshReport(side);
  if (report === null || side.heard === undefined) return 0;
  return Math.max(0, report.status.authority.leftMs - side.heard.ageMs);
}

/** Whether it serves, as far as it was heard. */
export function serves(side: Side): boolean {
  const report = freshReport(side);
  return report !== null && !report.observeOnly && report.status.isServing && leftMs(side) > 0;
}

/** The side as it is shown; `holder` is whoever serves at the newest epoch. */
export function sideView(side: Side, holder: Side | undefined): SideView {
  const { cluster, place } = side;
  const report = freshReport(side);
  const { role, because } = roleOf(side, report, holder);
  if (report === null) {
    const witness = { state: "unknown", silentForMs: null } as const;
    return { cluster, place, role, because, armed: null, health: null, witness, needs: [] };
  }
  const { status, health } = report;
  const { silentForMs } = status.witness;
  return {
    cluster,
    place,
    role,
    because,
    armed: status.armed && status.disarmedBecause.length === 0,
    health: { status: health.status, because: health.because },
    witness: { state: silentForMs === null ? "answers" : "silent", silentForMs },
    needs: needsOf(report, holder !== undefined),
  };
}

/** What stands in the way of taking over; while somebody serves, nobody has to. */
const onlyWhenUnserved: ReadonlySet<string> = new Set([
  "ModeAllows",
  "Approved",
  "DataIsSafe",
  "SafetyRules",
  "WitnessIsOutside",
  "PromiseBinds",
]);

/** The agent's needs, with a sentence each as far as it tells one. */
function needsOf({ status, people }: HeardReport, isServed: boolean): SideView["needs"] {
  const told = people?.judgement ?? [];
  return status.needs
    .filter(({ reason }) => !isServed || !onlyWhenUnserved.has(reason))
    .map(({ reason, because, remedy }) => {
      const judged = told.find(({ rule }) => rule === reason)?.because;
      const words = because === "" ? (judged ?? "it forbids taking over") : because;
      return { reason, because: words, remedy };
    });
}

type RoleView = { readonly role: Role; readonly because: string };

function roleOf(side: Side, report: HeardReport | null, holder: Side | undefined): RoleView {
  if (report === null) return { role: "silent", because: silence(side) };
  if (report.observeOnly) return { role: "observing", because: "its agent only looks on" };
  const { authority, data, armed, disarmedBecause, isServing } = report.status;
  if (isServing && leftMs(side) > 0) {
    const because = `it serves at epoch ${authority.epoch ?? 0}`;
    if (side === holder) return { role: "active", because };
    return { role: "changing", because: `${because}, and a later epoch was granted since` };
  }
  if (data === "fencing")
    return { role: "fencing", because: "its data services are being stopped" };
  if (authority.kind !== "none") {
    const because = `it has authority at epoch ${authority.epoch ?? 0}, and its data is ${data}`;
    return { role: "promoting", because };
  }
  const [reason] = disarmedBecause;
  if (!armed) return { role: "held", because: "it is not armed" };
  if (reason !== undefined) return { role: "held", because: reason };
  const lame = report.data?.services.find(({ role }) => role !== "standby");
  if (lame !== undefined) {
    return { role: "held", because: `its ${lame.name} ${lameWords[lame.role]}` };
  }
  return { role: "standby", because: "it may not write, and would take over" };
}

const lameWords = {
  writable: "did not rejoin yet",
  absent: "is not there",
  unknown: "can not be measured",
  standby: "follows",
} as const;

function silence({ heard, failure, cluster }: Side): string {
  if (heard === undefined) return `this control plane was told of no agent of ${cluster}`;
  if (failure !== null) return failure;
  return heard.report === null ? "its agent was not heard yet" : "its agent was not heard lately";
}
