/** Who serves a group, in one sentence, from what both agents say: the title of every screen. */
import type { PeopleReport } from "./people-report.ts";

export type Headline = {
  /** `ok`: one region serves and the other could take over; `attention`: served, but not as it should be; `down`: nobody serves. */
  readonly kind: "ok" | "attention" | "down" | "unknown";
  readonly serving: string | null;
  /** Wall time; null when the agent's journal does not reach back so far. */
  readonly sinceAtMs: number | null;
  readonly text: string;
};

export type RegionReport = { readonly region: string; readonly report: PeopleReport | null };

/** The sentence; `reports` has one entry for each region of the group. */
export function headline(reports: readonly RegionReport[]): Headline {
  const answering = reports.flatMap(({ report }) => (report === null ? [] : [report]));
  const silent = reports.filter(({ report }) => report === null).map(({ region }) => region);
  const [first] = answering;
  if (first === undefined) {
    const text = "No agent answers: what the regions do is not known.";
    return { kind: "unknown", serving: null, sinceAtMs: null, text };
  }
  const { group } = first.status;
  const serving = answering.filter(({ status }) => status.isServing);
  const [one, other] = serving;
  if (one !== undefined && other !== undefined) {
    const text = `${group}: both regions say that they serve; look at their epochs at once.`;
    return { kind: "down", serving: null, sinceAtMs: null, text };
  }
  if (one === undefined) return nobody(group, answering, silent);
  const sinceAtMs = sinceOf(one);
  const since = sinceAtMs === null ? "" : ` since ${clock(sinceAtMs)}`;
  const served = `${group}: ${one.cluster} serves at epoch ${one.status.authority.epoch ?? 0}${since}`;
  const others = othersWords(one, answering, silent);
  const kind = others.isFine && withoutNeeds(answering) ? "ok" : "attention";
  return { kind, serving: one.cluster, sinceAtMs, text: `${served}; ${others.text}.` };
}

/** When it began to serve, as far as its agent tells; an agent that was restarted meanwhile serves on. */
export function sinceOf({ journalTail }: PeopleReport): number | null {
  const lastLost = journalTail.findLastIndex(({ type }) => type === "failover.authorityLost");
  const sinceThen = journalTail.slice(lastLost + 1);
  return sinceThen.find(({ type }) => type === "failover.serving")?.atMs ?? null;
}

function nobody(
  group: string,
  answering: readonly PeopleReport[],
  silent: readonly string[],
): Headline {
  const rest = { serving: null, sinceAtMs: null };
  const promoting = answering.find(({ status }) => status.authority.kind !== "none");
  if (promoting !== undefined) {
    const { cluster, status } = promoting;
    const text = `${group}: nobody serves; ${cluster} has the right to at epoch ${status.authority.epoch ?? 0}, and its data is ${status.data}.`;
    return { kind: "down", ...rest, text };
  }
  const holder = answering.find(({ status: { witness } }) => witness.holder !== null)?.status
    .witness;
  const named =
    holder === undefined ? "" : `; the witness names ${holder.holder}, epoch ${holder.epoch ?? 0}`;
  const unknown = silent.length > 0 ? `, and nothing is known of ${silent.join(", ")}` : "";
  const text = `${group}: nobody serves among the agents that answer${unknown}${named}.`;
  return { kind: silent.length > 0 ? "unknown" : "down", ...rest, text };
}

function othersWords(
  serving: PeopleReport,
  answering: readonly PeopleReport[],
  silent: readonly string[],
): { readonly isFine: boolean; readonly text: string } {
  const { peer } = serving.status;
  if (silent.length > 0) return { isFine: false, text: `the agent of ${peer} does not answer` };
  const standby = answering.find(({ cluster }) => cluster !== serving.cluster);
  if (standby === undefined) return { isFine: false, text: `nothing was asked of ${peer}` };
  if (!standby.status.armed || standby.status.disarmedBecause.length > 0) {
    return { isFine: false, text: `${standby.cluster} is disarmed and does not take over` };
  }
  const { recorded } = serving.status.sync;
  if (recorded === "in_sync") return { isFine: true, text: `${standby.cluster} follows in step` };
  const isNeeded = serving.people.group.services.some(({ mayLose }) => mayLose === "nothing");
  if (!isNeeded) return { isFine: true, text: `${standby.cluster} stands by` };
  return {
    isFine: false,
    text: `${standby.cluster} does not follow in step (${recorded}): a failover would lose something`,
  };
}

function withoutNeeds(answering: readonly PeopleReport[]): boolean {
  return answering.every(({ status }) => status.needs.length === 0);
}

/** `2026-11-21 02:41:00 UTC`: with the day, so that nobody guesses. */
function clock(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
