/**
 * A report of data as one self-contained page: no request leaves it, no script runs in it, everything is escaped.
 * A pure function of the report, by the console's visual language.
 */
import { ledgerAnswerOf } from "../../../core/drill/ledger-answer.ts";
import {
  brokenPhrase,
  type LedgerReport,
  ledgerVerdictWords,
} from "../../../core/drill/ledger-report.ts";
import { type LedgerWrite, writeOutcomeWords } from "../../../core/drill/ledger-write.ts";
import { glyph } from "./glyph.ts";
import { invariantsCard, ledgerEnvironment, ledgerNumbers, predictedCard } from "./ledger-cards.ts";
import { drawLedgerPicture } from "./ledger-picture.ts";
import { type Markup, markup } from "./markup.ts";
import { htmlPage } from "./page.ts";
import { pictureSizes } from "./scale.ts";
import { fold } from "./tables.ts";
import { dateText, offsetText } from "./time-text.ts";

/** The whole HTML document of a report. */
export function renderLedgerHtml(report: LedgerReport): string {
  const title = `${ledgerAnswerOf(report)} · ${report.id} · Sovereign`;
  return htmlPage(
    { title, id: report.id },
    markup`${pageHead(report)}
${ledgerNumbers(report)}
<section class="card" aria-labelledby="timeline"><div class="ch"><h2 id="timeline">Where the time went</h2><span class="note">bar: measured · dashed: allowed · 0 is the break · each stroke is one write</span></div>
<div class="figure">${pictureSizes.map((size) => drawLedgerPicture(report, size))}</div></section>
<div class="two">${invariantsCard(report)}${ledgerEnvironment(report)}</div>
${predictedCard(report)}
${evidence(report)}`,
  );
}

function pageHead(report: LedgerReport): Markup {
  const { kind, profile, id, verdict, fast } = report;
  const word = ledgerVerdictWords[verdict];
  const badge =
    verdict === "passed"
      ? markup`<span class="badge act">${glyph("pass")}${word}</span>`
      : markup`<span class="badge bad">${glyph("fail")}${word}</span>`;
  return markup`<div class="ph"><div class="kind">${badge}<span class="badge plain">drill</span><span class="t2">${kind}, ${brokenPhrase(report)}, under load</span></div>
<h1>${ledgerAnswerOf(report)}</h1>
<div class="sub"><span>${dateText(report)}</span><span>lease ${profile.lease.ttlMs / 1_000} s</span><span>probe interval ${profile.probeIntervalMs / 1_000} s, TTL ${profile.recordTtlMs / 1_000} s</span><span>${fast ? "shortened" : "in full length"}</span><span class="mono">${id}</span></div></div>`;
}

function evidence({ timeline, writes, measured, agents }: LedgerReport): Markup {
  return markup`${fold({
    title: "Timeline",
    note: `${timeline.length} events, of the client, of the drill and of the agents' journals`,
    columns: ["At, s", "Who", "Event", "What"],
    rows: timeline.map(({ atMs, source, type, text }) => [offsetText(atMs), source, type, text]),
  })}${fold({
    title: "Writers",
    note: `${measured.tenures.length} by region and epoch`,
    columns: ["Region", "Epoch", "First, s", "Last, s", "Writes"],
    rows: measured.tenures.map(({ region, epoch, firstAckMs, lastAckMs, count }) => [
      region,
      epoch === null ? "not said" : String(epoch),
      offsetText(firstAckMs),
      offsetText(lastAckMs),
      String(count),
    ]),
  })}${fold({
    title: "Every write",
    note: `${writes.length} writes, as the client's own log has them`,
    columns: ["Sent, s", "Took, ms", "Identifier", "Asked", "Epoch", "Outcome"],
    rows: writes.map(writeCells),
  })}${fold({
    title: "What the agents said",
    note: `${agents.length} answers`,
    columns: ["Asked, s", "Region", "Data", "Serves", "Epoch", "Standby"],
    rows: agents.map((one) => [
      offsetText(one.atMs),
      one.region,
      one.answered ? one.data : "no answer",
      one.isServing ? "yes" : "no",
      one.epoch === null ? "" : String(one.epoch),
      one.sync,
    ]),
  })}`;
}

function writeCells(write: LedgerWrite): readonly string[] {
  return [
    offsetText(write.sentMs),
    String(write.endMs - write.sentMs),
    write.id,
    write.address ?? "",
    typeof write.epoch === "number" ? String(write.epoch) : "",
    writeOutcomeWords[write.outcome],
  ];
}
