/** Who served when, folded from what agents journalled: episodes with their take-over times, and everything that people did (`failover history`). */

/** One event of an agent, from its journal's files or from the tail of its report. */
export type AgentNote = {
  readonly region: string;
  readonly atMs: number;
  readonly type: string;
  /** In words. */
  readonly text: string;
};

export type Episode = {
  readonly region: string;
  /** When it got the right to write; null when the journal does not reach back so far. */
  readonly gainedAtMs: number | null;
  /** When its health path answered 200 for the first time; null when that never came. */
  readonly servedAtMs: number | null;
  /** null: it goes on. */
  readonly endedAtMs: number | null;
  readonly ended: string | null;
  /** From the end of the episode before to the beginning of this one; null for the first one. */
  readonly gapMs: number | null;
};

/** The events that tell a person what happened; renewals and readings are no news. */
const telling: ReadonlySet<string> = new Set([
  "failover.allowed",
  "failover.approved",
  "failover.armed",
  "failover.applicationFailed",
  "failover.authorityChanged",
  "failover.authorityGained",
  "failover.authorityLost",
  "failover.clockGap",
  "failover.disarmed",
  "failover.fenced",
  "failover.fenceFailed",
  "failover.fencing",
  "failover.orderRefused",
  "failover.orderTaken",
  "failover.paged",
  "failover.personSaid",
  "failover.promiseEnded",
  "failover.promiseGiven",
  "failover.promoteFailed",
  "failover.promoted",
  "failover.roundClosed",
  "failover.roundOpened",
  "failover.serving",
  "failover.started",
  "failover.syncRecorded",
  "failover.watchdogLost",
  "failover.witnessAnswers",
  "failover.witnessSilent",
]);

/** In the order of their wall times, without what is no news; clocks of two regions may differ by a little. */
export function tellingNotes(notes: readonly AgentNote[]): readonly AgentNote[] {
  const order = new Map(notes.map((note, index) => [note, index]));
  return notes
    .filter(({ type }) => telling.has(type))
    .sort((a, b) => a.atMs - b.atMs || (order.get(a) ?? 0) - (order.get(b) ?? 0));
}

/** The times for which each region had the right to write, oldest first. */
export function episodesOf(notes: readonly AgentNote[]): readonly Episode[] {
  const open = new Map<string, Omit<Episode, "gapMs">>();
  const done: Omit<Episode, "gapMs">[] = [];
  for (const { region, atMs, type, text } of tellingNotes(notes)) {
    const current = open.get(region);
    if (type === "failover.authorityGained") {
      open.set(region, begun(region, atMs));
    } else if (type === "failover.serving") {
      // A journal that begins later, or a restart that carried the tenure on.
      const episode = current ?? begun(region, null);
      if (episode.servedAtMs === null) open.set(region, { ...episode, servedAtMs: atMs });
    } else if (type === "failover.authorityLost" && current !== undefined) {
      done.push({ ...current, endedAtMs: atMs, ended: text });
      open.delete(region);
    }
  }
  const all = [...done, ...open.values()].sort((a, b) => beginOf(a) - beginOf(b));
  return all.map((episode, index) => {
    const before = all[index - 1]?.endedAtMs ?? null;
    const begin = episode.servedAtMs;
    return { ...episode, gapMs: before === null || begin === null ? null : begin - before };
  });
}

function begun(region: string, gainedAtMs: number | null): Omit<Episode, "gapMs"> {
  return { region, gainedAtMs, servedAtMs: null, endedAtMs: null, ended: null };
}

function beginOf({ gainedAtMs, servedAtMs }: Omit<Episode, "gapMs">): number {
  return gainedAtMs ?? servedAtMs ?? 0;
}
