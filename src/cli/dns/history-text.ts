/** The history of a name in the terminal and for machines: what happened when, and what was held at a moment. */
import type { History, HistoryEntry, HistoryKind, OpenTrouble } from "../../core/dns/history.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { printable } from "../../core/resources/document.ts";
import { type Io, paint } from "../io.ts";
import { counted } from "./plan-text.ts";
import { alignedLines } from "./table.ts";

type Colour = Pick<Io, "colour">;

const marks: Readonly<Record<HistoryKind, readonly ["green" | "red" | "yellow", string]>> = {
  changed: ["green", "~ changed"],
  drift: ["yellow", "! drift"],
  conflict: ["red", "✗ conflict"],
  wrong: ["red", "✗ wrong"],
  right: ["green", "✓ right"],
  document: ["red", "✗ document"],
};

/** The last `lines` entries, oldest first. */
export function historyText(history: History, lines: number, io: Colour): string {
  const shown = lines === 0 ? [] : history.entries.slice(-lines);
  const hidden = history.entries.length - shown.length + history.dropped;
  const head =
    hidden > 0
      ? [paint(io, "dim", `… ${counted(hidden, "earlier entry").replace(/entrys$/, "entries")}`)]
      : [];
  const rows = shown.map((entry) => [
    paint(io, "dim", instant(entry.atMs)),
    shortRevision(entry.revision),
    paint(io, marks[entry.kind][0], marks[entry.kind][1]),
    entry.server ?? "",
    whatText(entry),
  ]);
  return [...head, ...alignedLines(rows, "")].join("\n");
}

function whatText({ kind, subject, because, reason, records }: HistoryEntry): string {
  if (kind !== "changed" && kind !== "drift") return printable(`${subject}: ${because}`);
  const names = records.map(({ name, type, before, after }) => {
    const sign = sign3(before.length, after.length);
    return `${sign}${name.replace(/\.$/, "")} ${type}`;
  });
  return printable(`${names.join(", ")} (${reason}: ${because})`);
}

function sign3(before: number, after: number): string {
  if (after === 0) return "-";
  return before === 0 ? "+" : "~";
}

/** What every server held, and what was wrong, after the last event that was folded. */
export function stateText(history: History, atMs: number, io: Colour): string {
  const held = [...history.held.values()];
  const lines = [
    `${paint(io, "bold", `At ${instant(atMs)}`)}  ${paint(io, "dim", `revision ${shortRevision(history.revision)}`)}`,
    ...(held.length === 0 ? ["  no record was held"] : []),
    ...held.flatMap(({ server, name, type, records, sinceMs, revision }) => [
      `  ${server}  ${name.replace(/\.$/, "")} ${type}  ${paint(io, "dim", `since ${instant(sinceMs)}, revision ${shortRevision(revision)}`)}`,
      ...records.map((record) => `    ${printable(record)}`),
    ]),
    ...[...history.troubles.values()].map((trouble) => troubleText(trouble, io)),
  ];
  return lines.join("\n");
}

function troubleText({ kind, server, subject, because, sinceMs }: OpenTrouble, io: Colour): string {
  const mark = paint(io, marks[kind][0], marks[kind][1]);
  return `  ${mark}  ${server}  ${printable(`${subject}: ${because}`)}  ${paint(io, "dim", `since ${instant(sinceMs)}`)}`;
}

/** `2026-11-21 14:01:10.123Z`. */
function instant(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? `${atMs} ms` : date.toISOString().replace("T", " ");
}

function shortRevision(revision: string | null): string {
  return revision === null ? "-" : printable(revision.replace(/^sha256:/, "").slice(0, 12));
}

/** The history as data; times are milliseconds since 1970. */
export function historyData(history: History, atMs: number | undefined): JsonObject {
  return {
    atMs: atMs ?? null,
    revision: history.revision,
    dropped: history.dropped,
    entries: history.entries.map((entry) => ({
      ...entry,
      records: entry.records.map((record) => ({ ...record })),
    })),
    held: [...history.held.values()].map((record) => ({ ...record })),
    troubles: [...history.troubles.values()].map((trouble) => ({ ...trouble })),
  };
}
