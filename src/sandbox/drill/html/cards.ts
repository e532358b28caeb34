/** The cards of the report: numbers at a glance, expected beside measured, and the environment. */
import {
  boundText,
  type DrillRow,
  measuredText,
  type RowId,
  verdictText,
} from "../../../core/drill/judge.ts";
import type { DrillReport } from "../../../core/drill/report.ts";
import { glyph } from "./glyph.ts";
import { rowOf } from "./lanes.ts";
import { type Markup, markup, when } from "./markup.ts";

const atAGlance: readonly RowId[] = [
  "longestGap",
  "detect",
  "answerChanged",
  "failedRequests",
  "wrongAnswers",
  "return",
];

/** Six numbers with what they were allowed to be. */
export function numberCards(report: DrillReport): Markup {
  return markup`<dl class="card nums">${atAGlance.map((id) => numberCard(rowOf(report, id)))}</dl>`;
}

function numberCard(row: DrillRow): Markup {
  const [value = "", ...unit] = measuredText(row).split(" ");
  const allowed =
    row.unit === "ms" && row.measured !== null ? ` of ${allowedText(row)} allowed` : "";
  return markup`<div><dt>${row.label}</dt><dd class="v">${value}<small>${unit.join(" ")}${allowed}</small></dd><dd class="t ${tone(row)}">${verdictMark(row)}</dd></div>`;
}

/** The bound without its unit when the measured value shows the same one. */
function allowedText(row: DrillRow): string {
  const bound = boundText(row).replace("≤ ", "");
  return measuredText(row).endsWith(" s") ? bound.replace(/ s$/, "") : bound;
}

const tone = (row: DrillRow): string => (row.verdict === "within" ? "c-act" : "c-bad");

function verdictMark(row: DrillRow): Markup {
  return markup`${glyph(row.verdict === "within" ? "pass" : "fail")}<span>${verdictText(row)}</span>`;
}

/** Every row with its bound, the sum behind it, and its verdict. */
export function expectedCard(report: DrillReport): Markup {
  const missed = report.rows.filter(({ verdict }) => verdict === "missed").length;
  const note =
    missed === 0
      ? `all ${report.rows.length} as expected`
      : `${report.rows.length - missed} as expected, ${missed} missed`;
  return markup`<section class="card" aria-labelledby="expected"><div class="ch"><h2 id="expected">Expected and measured</h2><span class="note">${note}</span></div>
<table class="tbl rows"><thead><tr><th scope="col">What</th><th scope="col" class="num bound">Expected</th><th scope="col" class="num">Measured</th><th scope="col">Verdict</th></tr></thead><tbody>${report.rows.map(expectedRow)}</tbody></table></section>`;
}

function expectedRow(row: DrillRow): Markup {
  return markup`<tr><th scope="row">${row.label}<small><span>${boundText(row)}: </span>${row.arithmetic}</small></th><td class="num bound t2">${boundText(row)}</td><td class="num strong">${measuredText(row)}</td><td class="verdict ${tone(row)}"><span>${verdictMark(row)}</span></td></tr>`;
}

/** Where and with what it was measured, and the command that does it again. */
export function environmentCard(report: DrillReport): Markup {
  const { application, drill, region, measured } = report;
  const failed = `${measured.failedWhileBroken} while broken, ${measured.failedWhileReturning} while it returned`;
  const pairs: readonly (readonly [string, string])[] = [
    ["Application", application.fqdn],
    [
      "Placement",
      `${application.placement}, ${application.regions.map(({ short }) => short).join(" then ")}`,
    ],
    ...application.regions.map(({ short, addresses }) => [short, addresses.join(", ")] as const),
    ["Failed", failed],
    ...report.environment,
  ];
  return markup`<section class="card" aria-labelledby="environment"><div class="ch"><h2 id="environment">Environment</h2></div>
<dl class="kv">${pairs.map(([key, value]) => markup`<dt>${key}</dt><dd>${value}</dd>`)}${when(
    measured.flaps > 0,
    () => markup`<dt>Flaps</dt><dd class="c-bad">the answer went back ${measured.flaps} times</dd>`,
  )}</dl>
<div class="well"><span class="mono t3" aria-hidden="true">$</span><code>npx sovereign drill ${drill} --region ${region} --application ${application.name}</code></div></section>`;
}
