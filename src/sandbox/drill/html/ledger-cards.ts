/** The cards of a report of data: numbers at a glance, invariants with their evidence, predicted beside measured, environment. */
import type { InvariantResult } from "../../../core/drill/ledger-invariants.ts";
import { ledgerKindFacts } from "../../../core/drill/ledger-kinds.ts";
import type { LedgerReport } from "../../../core/drill/ledger-report.ts";
import {
  type LedgerRow,
  type LedgerRowId,
  ledgerLimitText,
  ledgerMeasuredText,
  ledgerQuantity,
} from "../../../core/drill/ledger-rows.ts";
import { glyph } from "./glyph.ts";
import { type Markup, markup } from "./markup.ts";

const atAGlance: readonly (readonly [LedgerRowId, label: string])[] = [
  ["rto", "RTO"],
  ["writeGap", "Write gap"],
  ["rpoBytes", "RPO"],
  ["lost", "Acknowledged writes lost"],
  ["overlap", "Overlap of writers"],
  ["failedWrites", "Failed writes"],
];

/** Six numbers with what they were allowed to be. */
export function ledgerNumbers(report: LedgerReport): Markup {
  return markup`<dl class="card nums">${atAGlance.map(([id, label]) =>
    numberCard(
      label,
      report.rows.find((row) => row.id === id),
    ),
  )}</dl>`;
}

function numberCard(label: string, row: LedgerRow | undefined): Markup {
  if (row === undefined)
    return markup`<div><dt>${label}</dt><dd class="v">—</dd><dd class="t t3"><span>nobody takes over in this drill</span></dd></div>`;
  const [value = "", ...unit] = ledgerMeasuredText(row).split(" ");
  return markup`<div><dt>${label}</dt><dd class="v">${value}<small>${unit.join(" ")}</small></dd><dd class="t ${tone(row.verdict)}">${rowMark(row)}</dd></div>`;
}

const tone = (verdict: LedgerRow["verdict"] | InvariantResult["verdict"]): string =>
  verdict === "within" || verdict === "held" ? "c-act" : verdict === "stated" ? "t3" : "c-bad";

function rowMark(row: LedgerRow): Markup {
  if (row.verdict === "stated") return markup`<span>stated</span>`;
  return row.verdict === "within"
    ? markup`${glyph("pass")}<span>${ledgerLimitText(row)} allowed</span>`
    : markup`${glyph("fail")}<span>${row.measured === null ? "not shown" : `${ledgerLimitText(row)} allowed`}</span>`;
}

/** Every invariant with its verdict and what it was judged by. */
export function invariantsCard({ invariants }: LedgerReport): Markup {
  const held = invariants.filter(({ verdict }) => verdict === "held").length;
  return markup`<section class="card" aria-labelledby="invariants"><div class="ch"><h2 id="invariants">Invariants</h2><span class="note">${held} of ${invariants.length} held</span></div>
<table class="tbl rows"><thead><tr><th scope="col">What has to hold</th><th scope="col">Verdict</th></tr></thead><tbody>${invariants.map(invariantRow)}</tbody></table></section>`;
}

function invariantRow({ label, verdict, evidence }: InvariantResult): Markup {
  const mark = verdict === "held" ? glyph("pass") : glyph("fail");
  return markup`<tr><th scope="row">${label}<small>${evidence}</small></th><td class="verdict ${tone(verdict)}"><span>${mark}<span>${verdict}</span></span></td></tr>`;
}

/** Every row: predicted, answered for, measured. */
export function predictedCard({ rows }: LedgerReport): Markup {
  const missed = rows.filter(({ verdict }) => verdict === "missed").length;
  const note = missed === 0 ? "nothing missed" : `${missed} missed`;
  return markup`<section class="card" aria-labelledby="predicted"><div class="ch"><h2 id="predicted">Predicted and measured</h2><span class="note">${note}</span></div>
<table class="tbl rows"><thead><tr><th scope="col">What</th><th scope="col" class="num bound">Predicted</th><th scope="col" class="num bound">Allowed</th><th scope="col" class="num">Measured</th><th scope="col">Verdict</th></tr></thead><tbody>${rows.map(predictedRow)}</tbody></table></section>`;
}

function predictedRow(row: LedgerRow): Markup {
  return markup`<tr><th scope="row">${row.label}<small><span>${ledgerLimitText(row)}: </span>${row.because}</small></th><td class="num bound t2">${ledgerQuantity(row.unit, row.predicted)}</td><td class="num bound t2">${ledgerLimitText(row)}</td><td class="num strong">${ledgerMeasuredText(row)}</td><td class="verdict ${tone(row.verdict)}"><span>${row.verdict === "stated" ? markup`<span>stated</span>` : markup`${glyph(row.verdict === "within" ? "pass" : "fail")}<span>${row.verdict}</span>`}</span></td></tr>`;
}

/** How it was broken, with what it was measured, and what was not done. */
export function ledgerEnvironment(report: LedgerReport): Markup {
  const { application, kind, group, brokenBy, notDone, wholeAgain, holdings, profile } = report;
  const whole =
    wholeAgain.afterMs === null
      ? `not in time: ${wholeAgain.missing.join("; ")}`
      : `${(wholeAgain.afterMs / 1_000).toFixed(1)} s after the restore`;
  const pairs: readonly (readonly [string, string])[] = [
    ["Expected", ledgerKindFacts[kind].expects],
    ["Broken by", brokenBy],
    ["As before", whole],
    ["Application", `${application.fqdn}, group ${group}`],
    [
      "Lease",
      `TTL ${profile.lease.ttlMs / 1_000} s, renewed every ${profile.lease.renewEveryMs / 1_000} s`,
    ],
    ...holdings.map(
      ({ region, missing, because }) =>
        [
          `Database of ${region}`,
          missing === null
            ? `not read: ${because ?? ""}`
            : `${missing.length} acknowledged writes missing`,
        ] as const,
    ),
    ...report.environment,
    ...notDone.map((sentence) => ["Not done", sentence] as const),
  ];
  return markup`<section class="card" aria-labelledby="environment"><div class="ch"><h2 id="environment">How it was done</h2></div>
<dl class="kv">${pairs.map(([key, value]) => markup`<dt>${key}</dt><dd>${value}</dd>`)}</dl></section>`;
}
