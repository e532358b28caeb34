/**
 * A drill's report as one self-contained page: no request leaves it, no script runs in it, everything is escaped.
 * A pure function of the report, by the console's visual language.
 */
import { answerOf } from "../../../core/drill/answer.ts";
import { brokenWords, type DrillReport } from "../../../core/drill/report.ts";
import { environmentCard, expectedCard, numberCards } from "./cards.ts";
import { glyph } from "./glyph.ts";
import { type Markup, markup } from "./markup.ts";
import { htmlPage } from "./page.ts";
import { drawPicture } from "./picture.ts";
import { pictureSizes } from "./scale.ts";
import { evidence } from "./tables.ts";
import { dateText } from "./time-text.ts";

/** The whole HTML document of a report. */
export function renderReportHtml(report: DrillReport): string {
  const title = `${answerOf(report)} · ${report.id} · Sovereign`;
  return htmlPage(
    { title, id: report.id },
    markup`${pageHead(report)}
${numberCards(report)}
${timelineCard(report)}
<div class="two">${expectedCard(report)}${environmentCard(report)}</div>
${evidence(report)}`,
  );
}

function pageHead(report: DrillReport): Markup {
  const { application, profile, drill, region, id } = report;
  const passed = report.verdict === "passed";
  const badge = passed
    ? markup`<span class="badge act">${glyph("pass")}Passed</span>`
    : markup`<span class="badge bad">${glyph("fail")}Bound missed</span>`;
  return markup`<div class="ph"><div class="kind">${badge}<span class="badge plain">drill</span><span class="t2">${drill}, ${region} ${brokenWords[drill]} under load</span></div>
<h1>${answerOf(report)}</h1>
<div class="sub"><span>${dateText(report)}</span><span>${application.placement}</span><span>probe interval ${profile.probeIntervalMs / 1_000} s, TTL ${profile.ttlMs / 1_000} s</span><span class="mono">${id}</span></div></div>`;
}

function timelineCard(report: DrillReport): Markup {
  return markup`<section class="card" aria-labelledby="timeline"><div class="ch"><h2 id="timeline">Where the time went</h2><span class="note">bar: measured · dashed: allowed · 0 is the break · each stroke is one request</span></div>
<div class="figure">${pictureSizes.map((size) => drawPicture(report, size))}</div></section>`;
}
