/** The picture of a drill: markers, lanes, requests and the time axis, drawn for one size of screen. */
import { answerOf, brokenRegion } from "../../../core/drill/answer.ts";
import { quantityOf } from "../../../core/drill/judge.ts";
import { brokenWords, type DrillReport } from "../../../core/drill/report.ts";
import { glyphAt } from "./glyph.ts";
import { drawLanes, lanesOf } from "./lanes.ts";
import { type Markup, markup, when } from "./markup.ts";
import { drawRequests } from "./requests-strip.ts";
import { type PictureSize, px, type Scale, scaleOf } from "./scale.ts";
import { clockText } from "./time-text.ts";

const markersHeight = 46;

/** One picture as SVG; its twin in words and numbers is the table below it. */
export function drawPicture(report: DrillReport, size: PictureSize): Markup {
  const scale = scaleOf(report, size);
  const lanes = drawLanes(lanesOf(report), scale, markersHeight + 8);
  const requests = drawRequests(report, scale, lanes.bottom + 10);
  const height = requests.bottom + 24;
  return markup`<svg class="pic ${size.name}" viewBox="0 0 ${size.width} ${height}" role="img" aria-label="Timeline of the drill in seconds from the break. ${answerOf(report)} The tables below say the same.">
${drawGround(report, scale, requests.bottom)}${drawInstants(report, scale, requests.bottom)}${lanes.drawing}${requests.drawing}${drawMarkers(report, scale)}
</svg>`;
}

/** The time during which the region was broken, and the axis. */
function drawGround(report: DrillReport, { x, ticksMs }: Scale, bottom: number): Markup {
  const { restoreMs } = report.times;
  const top = markersHeight;
  const ticks = ticksMs.map(
    (at) =>
      markup`<path d="M${px(x(at))} ${px(top + 6)}V${px(bottom)}" stroke="var(--line)"/><text class="s" x="${px(x(at))}" y="${px(bottom + 16)}" text-anchor="middle">${at === 0 ? "0" : `${at < 0 ? "−" : ""}${Math.abs(at) / 1_000} s`}</text>`,
  );
  return markup`<rect x="${px(x(0))}" y="${px(top)}" width="${px(x(restoreMs) - x(0))}" height="${px(bottom - top)}" fill="var(--mute-bg)" opacity=".55"/>${ticks}`;
}

/** The instants that matter, as lines behind everything else. */
function drawInstants(report: DrillReport, { x }: Scale, bottom: number): Markup {
  const { restoreMs } = report.times;
  const good = goodInstants(report).map(
    ({ atMs }) =>
      markup`<path d="M${px(x(atMs))} 42V${px(bottom)}" stroke="var(--act)" stroke-width="2"/>`,
  );
  return markup`<path d="M${px(x(0))} 18V${px(bottom)}" stroke="var(--text-2)" stroke-width="1.25"/>
<path d="M${px(x(restoreMs))} 18V${px(bottom)}" stroke="var(--text-2)" stroke-width="1.25" stroke-dasharray="5 3"/>${good}`;
}

/** What the instants are called, above the lanes. */
function drawMarkers(report: DrillReport, scale: Scale): Markup {
  const { restoreMs } = report.times;
  const { x, size } = scale;
  const what = `${brokenRegion(report).short} ${brokenWords[report.drill]}`;
  const clock = (atMs: number): Markup =>
    when(
      size.name === "wide",
      () => markup` <tspan fill="var(--text-3)">${clockText(report, atMs)}</tspan>`,
    );
  const restored = size.name === "narrow" ? "restored" : "region restored";
  const anchor = x(restoreMs) + 80 > scale.right ? "end" : "middle";
  return markup`<g color="var(--bad)">${glyphAt("fail", { x: x(0) - 6, y: 4 })}</g><text class="in" x="${px(x(0) + 10)}" y="14">${what}${clock(0)}</text>
<text class="in" x="${px(x(restoreMs))}" y="14" text-anchor="${anchor}">${restored}${clock(restoreMs)}</text>
${chips(goodInstants(report), scale)}`;
}

type Instant = {
  readonly name: string;
  /** The name where there is little room. */
  readonly short: string;
  readonly atMs: number;
};

function goodInstants(report: DrillReport): readonly Instant[] {
  const { servedAgainMs, returnMs } = report.measured;
  const instants: Instant[] = [];
  if (servedAgainMs !== null && servedAgainMs > 0)
    instants.push({
      name: `served again ${quantityOf("ms", servedAgainMs)}`,
      short: `served ${quantityOf("ms", servedAgainMs)}`,
      atMs: servedAgainMs,
    });
  if (returnMs !== null)
    instants.push({
      name: `back after ${quantityOf("ms", returnMs)}`,
      short: `back ${quantityOf("ms", returnMs)}`,
      atMs: report.times.restoreMs + returnMs,
    });
  return instants;
}

/** The names of good instants, each on a tint above its line, none over another. */
function chips(instants: readonly Instant[], scale: Scale): readonly Markup[] {
  let free = scale.left;
  return instants.map(({ name, short, atMs }) => {
    const text = scale.size.name === "narrow" ? short : name;
    const width = text.length * 6.6 + 16;
    const wished = Math.min(scale.x(atMs) - width / 2, scale.size.width - width);
    const left = Math.max(wished, free);
    free = left + width + 4;
    return markup`<rect x="${px(left)}" y="23" width="${px(width)}" height="20" rx="3" fill="var(--act-bg)"/><text class="act" x="${px(left + width / 2)}" y="37" text-anchor="middle">${text}</text>`;
  });
}
