/** A game day as one self-contained page: every drill with its numbers, and how the gaps are spread. A pure function of it. */
import {
  type Gameday,
  type GamedayStep,
  gamedayAnswer,
  gamedayVerdict,
} from "../../../core/drill/gameday.ts";
import { bucketsOf } from "../../../core/drill/histogram.ts";
import { ledgerKindFacts } from "../../../core/drill/ledger-kinds.ts";
import { ledgerQuantity } from "../../../core/drill/ledger-rows.ts";
import { glyph } from "./glyph.ts";
import { type Markup, markup, when } from "./markup.ts";
import { htmlPage } from "./page.ts";

const verdictWords = {
  passed: "Passed",
  missed: "Missed",
  unsafe: "Unsafe",
  incomplete: "Incomplete",
} as const;

/** The whole HTML document; `fingerprint` is that of the key which signed the JSON beside it. */
export function renderGamedayHtml(gameday: Gameday, fingerprint: string): string {
  const answer = gamedayAnswer(gameday);
  return htmlPage(
    { title: `${answer} · ${gameday.id} · Sovereign`, id: gameday.id },
    markup`${pageHead(gameday, answer)}
<section class="card" aria-labelledby="drills"><div class="ch"><h2 id="drills">Drills</h2><span class="note">in the order in which they were done</span></div>
<table class="tbl rows"><thead><tr><th scope="col">Drill</th><th scope="col" class="num">RTO</th><th scope="col" class="num bound">Write gap</th><th scope="col" class="num bound">Lost</th><th scope="col" class="num bound">Overlap</th><th scope="col">Verdict</th></tr></thead><tbody>${gameday.steps.map(stepRow)}</tbody></table></section>
<div class="two">${spreadCard(gameday)}${signedCard(gameday, fingerprint)}</div>`,
  );
}

function pageHead(gameday: Gameday, answer: string): Markup {
  const verdict = gamedayVerdict(gameday);
  const word = verdictWords[verdict];
  const badge =
    verdict === "passed"
      ? markup`<span class="badge act">${glyph("pass")}${word}</span>`
      : markup`<span class="badge bad">${glyph("fail")}${word}</span>`;
  const began = `${gameday.startedAt.slice(0, 19).replace("T", " ")} UTC`;
  return markup`<div class="ph"><div class="kind">${badge}<span class="badge plain">game day</span><span class="t2">${gameday.profile === "fast" ? "in the fast profile" : "in full length"}</span></div>
<h1>${answer}</h1>
<div class="sub"><span>${began}</span><span>${gameday.kinds.length} drills asked for</span><span class="mono">${gameday.id}</span></div></div>`;
}

function stepRow(step: GamedayStep): Markup {
  const {
    kind,
    result,
    because,
    rtoMs = null,
    writeGapMs = null,
    lost = null,
    overlapMs = null,
  } = step;
  const told = because.length === 0 ? ledgerKindFacts[kind].expects : because.join("; ");
  const tone = result === "passed" ? "c-act" : result === "notDone" ? "t3" : "c-bad";
  const of = lost === null || step.acknowledged === undefined ? "" : ` of ${step.acknowledged}`;
  return markup`<tr><th scope="row">${kind}<small>${told}</small></th><td class="num strong">${ledgerQuantity("ms", rtoMs)}</td><td class="num bound">${ledgerQuantity("ms", writeGapMs)}</td><td class="num bound">${ledgerQuantity("count", lost)}${of}</td><td class="num bound">${ledgerQuantity("ms", overlapMs)}</td><td class="verdict ${tone}"><span>${when(result !== "notDone", () => glyph(result === "passed" ? "pass" : "fail"))}<span>${result === "notDone" ? "not done" : result}</span></span></td></tr>`;
}

/** How long nobody acknowledged, drill by drill, as a histogram in words and bars. */
function spreadCard({ steps }: Gameday): Markup {
  const gaps = steps.flatMap(({ writeGapMs }) => (writeGapMs === undefined ? [] : [writeGapMs]));
  const buckets = bucketsOf(gaps, 10);
  const highest = Math.max(1, ...buckets.map(({ count }) => count));
  const rows = buckets.map(
    ({ from, to, count }) =>
      markup`<tr><th scope="row">${ledgerQuantity("ms", from)} to ${ledgerQuantity("ms", to)}</th><td class="num">${count}</td><td aria-hidden="true"><svg width="120" height="11" viewBox="0 0 120 11"><rect width="${Math.round((count / highest) * 120)}" height="11" rx="1.5" fill="var(--flow-2)"/></svg></td></tr>`,
  );
  return markup`<section class="card" aria-labelledby="spread"><div class="ch"><h2 id="spread">Longest gaps without an acknowledgement</h2><span class="note">${gaps.length} drills</span></div>
<table class="tbl"><thead><tr><th scope="col">Between</th><th scope="col" class="num">Drills</th><th scope="col"><span class="sr">Share</span></th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function signedCard(gameday: Gameday, fingerprint: string): Markup {
  return markup`<section class="card" aria-labelledby="signed"><div class="ch"><h2 id="signed">Signed</h2><span class="note">gameday.json, with gameday.json.sig beside it</span></div>
<dl class="kv"><dt>Key</dt><dd class="mono">${fingerprint}</dd><dt>Ended</dt><dd>${gameday.endedAt ?? "not yet"}</dd><dt>Reports</dt><dd>${gameday.steps.filter(({ report }) => report !== undefined).length}, each by its SHA-256</dd></dl>
<div class="well"><span class="mono t3" aria-hidden="true">$</span><code>npx sovereign gameday verify ${gameday.id}</code></div></section>`;
}
