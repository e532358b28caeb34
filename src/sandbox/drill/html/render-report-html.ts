/**
 * A drill's report as one self-contained page: no request leaves it, no script runs in it, everything is escaped.
 * A pure function of the report, by the console's visual language.
 */
import { answerOf } from "../../../core/drill/answer.ts";
import { brokenWords, type DrillReport } from "../../../core/drill/report.ts";
import { environmentCard, expectedCard, numberCards } from "./cards.ts";
import { glyph, logo } from "./glyph.ts";
import { type Markup, markup, raw } from "./markup.ts";
import { drawPicture } from "./picture.ts";
import { pictureSizes } from "./scale.ts";
import { style } from "./style.ts";
import { evidence } from "./tables.ts";
import { dateText } from "./time-text.ts";

const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The whole HTML document of a report. */
export function renderReportHtml(report: DrillReport): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${answerOf(report)} · ${report.id} · Sovereign</title>
<style>${raw(style)}</style>
</head>
<body>
${topBar(report)}
<main class="page">
${pageHead(report)}
${numberCards(report)}
${timelineCard(report)}
<div class="two">${expectedCard(report)}${environmentCard(report)}</div>
${evidence(report)}
</main>
</body>
</html>
`.html;
}

function topBar(report: DrillReport): Markup {
  const themes = [
    ["system", "System"],
    ["light", "Light"],
    ["dark", "Dark"],
  ] as const;
  return markup`<header class="top"><span class="brand">${logo}Sovereign</span><span class="crumb"><span>/</span><span>Drills</span><span>/</span><b class="mono">${report.id}</b></span>
<fieldset class="theme"><legend class="sr">Theme</legend>${themes.map(
    ([value, label]) =>
      markup`<label><input type="radio" name="theme" id="theme-${value}" value="${value}"${raw(value === "system" ? " checked" : "")}>${label}</label>`,
  )}</fieldset></header>`;
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
