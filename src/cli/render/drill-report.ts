/** A drill's report in the terminal: the answer first, then expected beside measured, then a second a character. */
import { answerOf, brokenRegion } from "../../core/drill/answer.ts";
import { boundText, type DrillRow, measuredText, verdictText } from "../../core/drill/judge.ts";
import { perSecond, type Second } from "../../core/drill/per-second.ts";
import { brokenWords, type DrillReport } from "../../core/drill/report.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Io, paint } from "../io.ts";

type Colour = Pick<Io, "colour">;

/** The report as text; `files` are named at its end. */
export function drillReportText(report: DrillReport, files: readonly string[], io: Colour): string {
  const { drill, region, profile, application, id, times } = report;
  const dim = (text: string): string => paint(io, "dim", text);
  const passed = report.verdict === "passed";
  const verdict = passed ? paint(io, "green", "✓ Passed") : paint(io, "red", "✗ Bound missed");
  const when = `${times.brokenAt.slice(0, 19).replace("T", " ")} UTC`;
  const timing = `probe interval ${profile.probeIntervalMs / 1_000} s, TTL ${profile.ttlMs / 1_000} s`;
  return [
    `${verdict}  ${dim(`${drill}, ${region} ${brokenWords[drill]} · ${id}`)}`,
    "",
    paint(io, "bold", answerOf(report)),
    dim(`${when} · ${application.fqdn}, ${application.placement} · ${timing}`),
    "",
    ...table(report.rows, io),
    "",
    ...timeline(report, io),
    "",
    ...files.map((file) => dim(`  ${file}`)),
  ].join("\n");
}

/** The report for machines: everything but the samples, which are in the file. */
export function drillReportData(report: DrillReport, files: JsonObject): JsonObject {
  const { samples, measured, application, environment, rows, profile, times, ...rest } = report;
  return {
    ...rest,
    answer: answerOf(report),
    application: { ...application, regions: application.regions.map((one) => ({ ...one })) },
    environment: environment.map(([label, value]) => [label, value]),
    measured: { ...measured },
    profile: { ...profile },
    rows: rows.map((row) => ({ ...row, of: row.of ?? null })),
    times: { ...times },
    samples: { requests: samples.requests.length, probes: samples.probes.length },
    files,
  };
}

function table(rows: readonly DrillRow[], io: Colour): readonly string[] {
  const cells = rows.map((row) => [row.label, boundText(row), measuredText(row), verdictText(row)]);
  const head = ["", "expected", "measured", ""];
  const width = (column: number): number =>
    Math.max(...[head, ...cells].map((line) => (line[column] ?? "").length));
  const widths = [0, 1, 2].map(width);
  const line = ([label = "", expected = "", measured = "", verdict = ""]: readonly string[]) =>
    `${label.padEnd(widths[0] ?? 0)}  ${expected.padStart(widths[1] ?? 0)}  ${measured.padStart(widths[2] ?? 0)}  ${verdict}`;
  return [
    paint(io, "dim", `  ${line(head)}`.trimEnd()),
    ...rows.map((row, i) => {
      const mark = row.verdict === "within" ? paint(io, "green", "✓") : paint(io, "red", "✗");
      const because = wrapped(row.arithmetic).map((text) => paint(io, "dim", `    ${text}`));
      return [`${mark} ${line(cells[i] ?? [])}`, ...because].join("\n");
    }),
  ];
}

/** A sum broken before a plus, so that it stays inside 96 columns. */
function wrapped(arithmetic: string): readonly string[] {
  const lines: string[] = [];
  for (const part of arithmetic.split(" + ")) {
    const last = lines.at(-1);
    const longer = `${last} + ${part}`;
    if (last === undefined) lines.push(part);
    else if (longer.length > 92) lines.push(`+ ${part}`);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** One character a second: full when every request succeeded, `×` when every one failed, `▒` between. */
function timeline(report: DrillReport, io: Colour): readonly string[] {
  const seconds = perSecond(report);
  const at = (ms: number): number => seconds.findIndex(({ toMs }) => toMs > ms);
  const brokenAt = Math.max(0, at(0));
  const restoredAt = Math.max(brokenAt + 1, at(report.times.restoreMs));
  const marks = `${" ".repeat(brokenAt)}┬${" ".repeat(restoredAt - brokenAt - 1)}┬`;
  const { short } = brokenRegion(report);
  const bar = seconds.map((second) => {
    const character = characterOf(second);
    return second.failed > 0 ? paint(io, "red", character) : paint(io, "green", character);
  });
  const legend = "a second each · █ all served · ▒ some failed · × all failed · ┬ broken, restored";
  return [
    paint(io, "dim", `  ${marks}`),
    `  ${bar.join("")}`,
    ...report.application.regions.map((region, i) => {
      const share = seconds.map(({ byRegion }) => ((byRegion[i] ?? 0) > 0 ? "─" : " ")).join("");
      const name = region.short === short ? `${region.short} (broken)` : region.short;
      return `  ${share} ${paint(io, "dim", name)}`;
    }),
    paint(io, "dim", `  ${legend}`),
  ];
}

function characterOf({ ok, failed }: Second): string {
  if (failed === 0) return ok === 0 ? "·" : "█";
  return ok === 0 ? "×" : "▒";
}
