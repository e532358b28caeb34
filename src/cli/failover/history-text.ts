/** `sovereign failover history`: who served when, and what happened in between, from the journals of both agents. */
import { lastEvents } from "../../adapters/journal/read-events.ts";
import {
  type AgentNote,
  type Episode,
  episodesOf,
  tellingNotes,
} from "../../core/failover/history.ts";
import { humanDurationMs } from "../../core/kernel/duration.ts";
import type { JournalEvent } from "../../core/kernel/event.ts";
import type { Json } from "../../core/kernel/json.ts";
import { printable } from "../../core/resources/document.ts";
import { alignedLines } from "../dns/table.ts";
import { type Io, paint } from "../io.ts";
import { instantWords } from "./marks.ts";
import type { AskedGroup } from "./two-regions.ts";

/** More events than an agent writes in a year of failovers. */
const eventsMax = 100_000;

/** What the journal in a folder says; the region is the name that the folder was given. */
export async function notesOfJournal(
  region: string,
  folder: string,
): Promise<readonly AgentNote[]> {
  const isOurs = ({ type }: JournalEvent): boolean => type.startsWith("failover.");
  const { events } = await lastEvents(folder, eventsMax, isOurs);
  return events.map(({ atMs, type, data }) => ({ region, atMs, type, text: wordsOf(data) }));
}

/** What the reports say, which are the last 50 events of each agent. */
export function notesOfReports({ reports }: AskedGroup): readonly AgentNote[] {
  return reports.flatMap(({ cluster, journalTail }) =>
    journalTail.map(({ atMs, type, text }) => ({ region: cluster, atMs, type, text })),
  );
}

function wordsOf(data: Readonly<Record<string, Json>>): string {
  const { person, order, approval, because } = data;
  if (typeof person === "string" && (typeof order === "string" || typeof approval === "string")) {
    const did = typeof order === "string" ? `orders ${order}` : `approves ${String(approval)}`;
    const why = typeof because === "string" ? `: ${because}` : "";
    return shown(`${person} ${did}${why}`);
  }
  if (typeof because === "string") return shown(because);
  const facts = Object.entries(data).flatMap(([name, value]) =>
    value === null || typeof value === "object" ? [] : [`${name} ${value}`],
  );
  return shown(facts.join(", "));
}

function shown(text: string): string {
  return printable(text).slice(0, 300);
}

export type History = {
  readonly episodes: readonly Episode[];
  readonly notes: readonly AgentNote[];
};

/** The history of notes from any of the two; the newest `lines` of what happened. */
export function historyOf(notes: readonly AgentNote[], lines: number): History {
  const told = tellingNotes(notes);
  return { episodes: episodesOf(notes), notes: lines === 0 ? [] : told.slice(-lines) };
}

/** The history for people, oldest first. */
export function historyText({ episodes, notes }: History, io: Pick<Io, "colour">): string {
  if (episodes.length === 0 && notes.length === 0) return "Nothing has happened yet.";
  const served = episodes.map(({ region, gainedAtMs, servedAtMs, endedAtMs, gapMs }) => [
    region,
    gainedAtMs === null ? "from before" : instantWords(gainedAtMs),
    endedAtMs === null ? "until now" : `until ${instantWords(endedAtMs)}`,
    servedAtMs === null
      ? "never served"
      : gainedAtMs === null
        ? "serves"
        : `served ${humanDurationMs(servedAtMs - gainedAtMs)} after it got the right`,
    gapMs === null ? "" : gapWords(gapMs),
  ]);
  const happened = notes.map(({ atMs, region, type, text }) => [
    instantWords(atMs),
    region,
    type.replace("failover.", ""),
    text,
  ]);
  return [
    paint(io, "bold", `${changes(episodes.length)} of who may write.`),
    ...alignedLines(served, "  "),
    ...(happened.length === 0 ? [] : ["", ...alignedLines(happened, "  ")]),
  ].join("\n");
}

function gapWords(gapMs: number): string {
  if (gapMs < 0) return "clocks of the two regions differ";
  return `nobody served for ${humanDurationMs(gapMs)} before`;
}

function changes(count: number): string {
  return count === 1 ? "1 period" : `${count} periods`;
}
