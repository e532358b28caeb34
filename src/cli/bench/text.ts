/** The measurements as tables for people, in Markdown, so that they can be put into a page as they are. */
import type { AnswerResult } from "./measure-answers.ts";
import type { ReconcileResult } from "./measure-reconcile.ts";

export type BenchResult = {
  readonly pdns: string;
  readonly node: string;
  readonly processors: number;
  readonly reconcile: ReconcileResult;
  readonly answers: readonly AnswerResult[];
};

const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

/** All of it. */
export function benchText({ pdns, node, processors, reconcile, answers }: BenchResult): string {
  const of = reconcile;
  const [before] = of.memory;
  const middle = of.memory[Math.floor(of.memory.length / 2)];
  const after = of.memory.at(-1);
  const rows: readonly (readonly string[])[] = [
    ["documents read and checked", ms(of.catalogueMs)],
    ["desired records from the catalogue", ms(of.desiredMs)],
    ["plan against an empty zone", ms(of.planEmptyMs)],
    ["plan against the full zone", ms(of.planSteadyMs)],
    ["zone read from the server", ms(of.readZoneMs)],
    [`first full write (${of.firstWriteRequests} requests)`, ms(of.firstWriteMs)],
    ["first round: read, plan, write, read back", ms(of.firstRoundMs)],
    [`steady round, mean of ${of.steadyRounds}`, ms(of.steadyRoundMs)],
    [`rrsets written in ${of.steadyRounds} steady rounds`, String(of.steadyWrites)],
    ...of.oneChanged.map(({ placement, rrsets, requests, roundMs }) => [
      `one ${placement} Application changed`,
      `${rrsets} rrset(s) in ${requests} request(s), ${ms(roundMs)}`,
    ]),
    [
      "heap after the first, middle and last steady round",
      `${mb(before?.heapMb)} → ${mb(middle?.heapMb)} → ${mb(after?.heapMb)}`,
    ],
    [
      "resident memory at the same moments",
      `${mb(before?.rssMb)} → ${mb(middle?.rssMb)} → ${mb(after?.rssMb)}`,
    ],
  ];
  return [
    `PowerDNS ${pdns}, Node ${node}, ${processors} processors, ${of.applications} Applications, ${of.rrsets} rrsets.`,
    "",
    ...table(["what", "measured"], rows),
    "",
    ...table(
      ["idiom", "answers/s", "of plain", "server time an answer", "of plain"],
      answers.map(({ idiom, answersPerSecond, serverUs, throughputRatio, costRatio }) => [
        idiom,
        answersPerSecond.toFixed(0),
        `${(throughputRatio * 100).toFixed(0)} %`,
        `${serverUs.toFixed(1)} µs`,
        `× ${costRatio.toFixed(1)}`,
      ]),
    ),
    "",
  ].join("\n");
}

function mb(value: number | undefined): string {
  return value === undefined ? "not measured" : `${value.toFixed(0)} MiB`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [line(head), rule, ...rows.map(line)];
}
