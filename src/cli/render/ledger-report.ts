/** A report of data in the terminal: the answer first, then invariants, then predicted beside measured, then what happened. */
import { ledgerAnswerOf } from "../../core/drill/ledger-answer.ts";
import type { InvariantResult } from "../../core/drill/ledger-invariants.ts";
import {
  brokenPhrase,
  type LedgerReport,
  ledgerVerdictWords,
} from "../../core/drill/ledger-report.ts";
import {
  type LedgerRow,
  ledgerLimitText,
  ledgerMeasuredText,
  ledgerQuantity,
} from "../../core/drill/ledger-rows.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Io, paint } from "../io.ts";

type Colour = Pick<Io, "colour">;

/** More events than this are read in the page; the terminal shows those of the change. */
const eventsMax = 24;

/** The report as text; `files` are named at its end. */
export function ledgerReportText(
  report: LedgerReport,
  files: readonly string[],
  io: Colour,
): string {
  const { kind, id, times, profile, verdict, notDone, brokenBy } = report;
  const dim = (text: string): string => paint(io, "dim", text);
  const word = ledgerVerdictWords[verdict];
  const mark =
    verdict === "passed" ? paint(io, "green", `✓ ${word}`) : paint(io, "red", `✗ ${word}`);
  const when = `${times.brokenAt.slice(0, 19).replace("T", " ")} UTC`;
  const timing = `lease ${profile.lease.ttlMs / 1_000} s, probe interval ${profile.probeIntervalMs / 1_000} s, TTL ${profile.recordTtlMs / 1_000} s`;
  return [
    `${mark}  ${dim(`${kind}, ${brokenPhrase(report)} · ${id}`)}`,
    "",
    paint(io, "bold", ledgerAnswerOf(report)),
    dim(`${when} · ${report.application.fqdn} · ${timing}`),
    dim(`broken by ${brokenBy}`),
    "",
    ...report.invariants.flatMap((one) => invariantLines(one, io)),
    "",
    ...table(report.rows, io),
    "",
    ...events(report, io),
    "",
    ...whole(report),
    ...notDone.map((sentence) => dim(`  not done: ${sentence}`)),
    ...files.map((file) => dim(`  ${file}`)),
  ].join("\n");
}

/** The report for machines: everything but every write and every answer of an agent, which are in the file. */
export function ledgerReportData(report: LedgerReport, files: JsonObject): JsonObject {
  const { id, kind, region, verdict, times, fast, brokenBy, notDone, measured } = report;
  const { tenures, handovers, ...numbers } = measured;
  return {
    ...{ id, kind, region, verdict, fast, brokenBy, notDone: [...notDone] },
    answer: ledgerAnswerOf(report),
    application: { ...report.application },
    times: { ...times },
    measured: {
      ...numbers,
      tenures: tenures.map((one) => ({ ...one })),
      handovers: handovers.map((one) => ({ ...one })),
    },
    rows: report.rows.map((row) => ({ ...row, of: row.of ?? null })),
    invariants: report.invariants.map((one) => ({ ...one })),
    wholeAgain: { ...report.wholeAgain, missing: [...report.wholeAgain.missing] },
    holdings: report.holdings.map(({ region: cluster, missing, because }) => ({
      region: cluster,
      missing: missing === null ? null : [...missing],
      because: because ?? null,
    })),
    writes: report.writes.length,
    files,
  };
}

function invariantLines(
  { label, verdict, evidence }: InvariantResult,
  io: Colour,
): readonly string[] {
  const mark = verdict === "held" ? paint(io, "green", "✓") : paint(io, "red", "✗");
  const word = verdict === "held" ? "" : ` (${verdict})`;
  return [`${mark} ${label}${word}`, paint(io, "dim", `    ${evidence}`)];
}

function table(rows: readonly LedgerRow[], io: Colour): readonly string[] {
  const cells = rows.map((row) => [
    row.label,
    ledgerQuantity(row.unit, row.predicted),
    ledgerLimitText(row),
    ledgerMeasuredText(row),
  ]);
  const head = ["", "predicted", "allowed", "measured"];
  const widths = head.map((_, at) =>
    Math.max(...[head, ...cells].map((line) => line[at]?.length ?? 0)),
  );
  const line = (words: readonly string[]): string =>
    words
      .map((word, at) => (at === 0 ? word.padEnd(widths[0] ?? 0) : word.padStart(widths[at] ?? 0)))
      .join("  ");
  return [
    paint(io, "dim", `  ${line(head)}`),
    ...rows.map((row, at) => {
      const marks = { within: paint(io, "green", "✓"), missed: paint(io, "red", "✗"), stated: " " };
      return `${marks[row.verdict]} ${line(cells[at] ?? [])}`;
    }),
  ];
}

function events({ timeline }: LedgerReport, io: Colour): readonly string[] {
  const shown = timeline.filter(({ atMs }) => atMs >= -1_000).slice(0, eventsMax);
  const left = timeline.length - shown.length;
  const lines = shown.map(({ atMs, source, text, type }) => {
    const at = `${atMs < 0 ? "−" : "+"}${(Math.abs(atMs) / 1_000).toFixed(2)}`.padStart(9);
    return `  ${at}  ${paint(io, "dim", source.padEnd(16))} ${text === "" ? type : text}`;
  });
  return left === 0 ? lines : [...lines, paint(io, "dim", `  … and ${left} more in the page`)];
}

function whole({ wholeAgain }: LedgerReport): readonly string[] {
  return wholeAgain.afterMs === null
    ? [`  not as before: ${wholeAgain.missing.join("; ")}`]
    : [`  as before ${(wholeAgain.afterMs / 1_000).toFixed(1)} s after the restore`];
}
