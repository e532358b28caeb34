/** The evidence: the picture's twin by the second, every request and every question, folded away until wanted. */
import { perSecond } from "../../../core/drill/per-second.ts";
import type { DrillReport } from "../../../core/drill/report.ts";
import { outcomeWords, type ProbeSample, type RequestSample } from "../../../core/drill/sample.ts";
import { type Markup, markup } from "./markup.ts";
import { offsetText } from "./time-text.ts";

/** Three folded tables. */
export function evidence(report: DrillReport): Markup {
  const { requests, probes } = report.samples;
  const regions = report.application.regions.map(({ short }) => short);
  return markup`${fold({
    title: "Timeline as a table",
    note: "requests by the second",
    columns: ["From, s", ...regions.map((short) => `By ${short}`), "Failed"],
    rows: perSecond(report).map(({ fromMs, byRegion, failed }) => [
      offsetText(fromMs),
      ...byRegion.map(String),
      String(failed),
    ]),
  })}${fold({
    title: "Every request",
    note: `${requests.length} requests, ${report.profile.requestsPerSecond} a second`,
    columns: ["Started, s", "Took, ms", "Recursor's answer", "Asked", "Status", "Outcome"],
    rows: requests.map(requestCells),
  })}${fold({
    title: "Every question to a name server",
    note: `${probes.length} questions, asked directly`,
    columns: ["Asked, s", "Took, ms", "Server", "Answer"],
    rows: probes.map(probeCells),
  })}`;
}

function requestCells(sample: RequestSample): readonly string[] {
  return [
    offsetText(sample.atMs),
    String(sample.tookMs),
    sample.addresses.join(" ") || "none",
    sample.address ?? "",
    sample.status === undefined ? "" : String(sample.status),
    outcomeWords[sample.outcome],
  ];
}

function probeCells(sample: ProbeSample): readonly string[] {
  return [
    offsetText(sample.atMs),
    String(sample.tookMs),
    sample.server,
    sample.addresses.join(" ") || "none",
  ];
}

/** A table with a title, folded away until wanted. */
export function fold(table: {
  readonly title: string;
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}): Markup {
  const head = table.columns.map((column) => markup`<th scope="col">${column}</th>`);
  const body = table.rows.map(
    (cells) => markup`<tr>${cells.map((cell) => markup`<td class="mono">${cell}</td>`)}</tr>`,
  );
  return markup`<details class="card"><summary>${table.title} <span>${table.note}</span></summary>
<div class="scroll" role="region" aria-label="${table.title}" tabindex="0"><table class="tbl"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div></details>`;
}
