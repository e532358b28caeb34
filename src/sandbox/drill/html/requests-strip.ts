/** Below the lanes: every single request as a stroke, by the region that answered it, and the share that failed. */
import { perSecond } from "../../../core/drill/per-second.ts";
import type { DrillReport } from "../../../core/drill/report.ts";
import type { RequestSample } from "../../../core/drill/sample.ts";
import { type Markup, markup, when } from "./markup.ts";
import { px, type Scale } from "./scale.ts";

type Row = {
  readonly label: string;
  readonly requests: readonly RequestSample[];
  readonly colour: string;
};

const strokeHeight = 13;
const failingHeight = 36;

/** Draws the strip below `top`; gives the ordinate of its base line. */
export function drawRequests(
  report: DrillReport,
  scale: Scale,
  top: number,
): { readonly drawing: Markup; readonly bottom: number } {
  const step = scale.size.gutter === 0 ? 36 : 25;
  const rows = rowsOf(report);
  const failingTop = top + rows.length * step + (scale.size.gutter === 0 ? 24 : 8);
  const drawing = markup`${rows.map((row, i) => drawRow(row, scale, top + i * step))}${drawFailing(report, scale, failingTop)}`;
  return { drawing, bottom: failingTop + failingHeight };
}

function rowsOf(report: DrillReport): readonly Row[] {
  const { requests } = report.samples;
  const ok = requests.filter(({ outcome }) => outcome === "ok");
  const byRegion = report.application.regions.map(
    ({ short, addresses }): Row => ({
      label: `Answered by ${short}`,
      requests: ok.filter(({ address }) => addresses.includes(address ?? "")),
      colour: "var(--flow-2)",
    }),
  );
  const failed = requests.filter(({ outcome }) => outcome !== "ok");
  return [...byRegion, { label: "Failed", requests: failed, colour: "var(--bad)" }];
}

function drawRow(row: Row, scale: Scale, top: number): Markup {
  const { x, left, right, size } = scale;
  const stacked = size.gutter === 0;
  const y = top + (stacked ? 20 : 6);
  const textY = top + (stacked ? 14 : 17);
  const strokes = row.requests.map(({ atMs }) => `M${px(x(atMs))} ${px(y)}v${strokeHeight}`);
  return markup`<text class="b" x="0" y="${px(textY)}">${row.label}</text>
<text class="m in" x="${px(stacked ? right : left - 14)}" y="${px(textY)}" text-anchor="end">${row.requests.length}</text>
<rect x="${px(left)}" y="${px(y)}" width="${px(right - left)}" height="${strokeHeight}" fill="var(--sunken)"/>
${when(
  strokes.length > 0,
  () => markup`<path d="${strokes.join("")}" stroke="${row.colour}" stroke-width="1.1"/>`,
)}`;
}

function drawFailing(report: DrillReport, scale: Scale, top: number): Markup {
  const { x, left, right, size } = scale;
  const stacked = size.gutter === 0;
  const base = top + failingHeight;
  const steps = perSecond(report).map(({ fromMs, toMs, ok, failed }) => {
    const share = ok + failed === 0 ? 0 : failed / (ok + failed);
    return `L${px(x(fromMs))} ${px(base - share * failingHeight)}L${px(x(toMs))} ${px(base - share * failingHeight)}`;
  });
  const line = `M${px(left)} ${px(base)}${steps.join("")}L${px(right)} ${px(base)}`;
  const anchorX = px(stacked ? right : left - 14);
  return markup`<text class="b" x="0" y="${px(stacked ? top - 6 : top + 13)}">Share failing</text>
${when(!stacked, () => markup`<text class="s" x="0" y="${px(top + 29)}">by the second</text><text class="s" x="${anchorX}" y="${px(top + 9)}" text-anchor="end">100 %</text><text class="s" x="${anchorX}" y="${px(base)}" text-anchor="end">0 %</text>`)}
<path d="${line}Z" fill="var(--bad-bg)"/><path d="M${px(left)} ${px(base)}H${px(right)}" stroke="var(--line-2)"/><path d="${line}" fill="none" stroke="var(--bad)" stroke-width="1.5" stroke-linejoin="round"/>`;
}
