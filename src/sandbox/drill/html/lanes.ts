/** The swim lanes of the picture: what was measured as bars, what was allowed dashed beneath. */
import { brokenRegion, takenOverBy } from "../../../core/drill/answer.ts";
import type { DrillRow, RowId } from "../../../core/drill/judge.ts";
import { quantityOf } from "../../../core/drill/judge.ts";
import type { DrillReport } from "../../../core/drill/report.ts";
import { type Markup, markup, when } from "./markup.ts";
import { px, type Scale } from "./scale.ts";

type Bar = { readonly fromMs: number; readonly toMs: number };

type Lane = {
  readonly label: string;
  readonly value: string;
  /** None, one, or one for each time that it happened. */
  readonly bars: readonly Bar[];
  /** Part of the bar that only waited for the lane above. */
  readonly waitedUntilMs: number;
  readonly allowedFromMs: number;
  readonly allowedUntilMs: number;
  readonly note: string;
  readonly missed: boolean;
};

/** The lanes of a report, from top to bottom. */
export function lanesOf(report: DrillReport): readonly Lane[] {
  const { measured, times } = report;
  const zeroMs = { waitedUntilMs: 0, allowedFromMs: 0 };
  const others = takenOverBy(report).join(" and ");
  const detect = rowOf(report, "detect");
  const changed = rowOf(report, "answerChanged");
  const back = rowOf(report, "return");
  const region = brokenRegion(report).short;
  return [
    {
      ...zeroMs,
      ...lane("Detect", detect, { fromMs: 0, neverMs: times.restoreMs }),
      note: `${report.watchedServers.join(" and ")} left ${region} out`,
    },
    {
      ...lane("Answer changed", changed, { fromMs: 0, neverMs: times.restoreMs }),
      allowedFromMs: 0,
      waitedUntilMs: Math.min(measured.detectMs ?? 0, measured.answerChangedMs ?? 0),
      note: others === "" ? "as the recursor gives it" : `the recursor gives ${others}`,
    },
    failing(report),
    {
      ...lane("Returned", back, { fromMs: times.restoreMs, neverMs: times.endMs }),
      allowedFromMs: times.restoreMs,
      waitedUntilMs: 0,
      note: `${region} in the answer again`,
    },
  ];
}

function lane(
  label: string,
  row: DrillRow,
  place: { readonly fromMs: number; readonly neverMs: number },
): Pick<Lane, "label" | "value" | "bars" | "allowedUntilMs" | "missed"> {
  const toMs = row.measured === null ? place.neverMs : place.fromMs + row.measured;
  return {
    label,
    value: row.measured === null ? "never" : quantityOf(row.unit, row.measured),
    bars: [{ fromMs: place.fromMs, toMs }],
    allowedUntilMs: place.fromMs + row.bound,
    missed: row.verdict === "missed",
  };
}

/** Failed requests as bars; a second without one ends a bar. */
function failing(report: DrillReport): Lane {
  const startsMs = report.samples.requests
    .filter(({ atMs, outcome }) => atMs >= 0 && outcome !== "ok")
    .map(({ atMs }) => atMs);
  const tickMs = 1_000 / report.profile.requestsPerSecond;
  const bars: Bar[] = [];
  for (const atMs of startsMs) {
    const last = bars.at(-1);
    const joined = last !== undefined && atMs - last.toMs < 1_000 ? bars.pop() : undefined;
    bars.push({ fromMs: joined?.fromMs ?? atMs, toMs: atMs + tickMs });
  }
  const row = rowOf(report, "failedRequests");
  return {
    label: "Requests failing",
    value: String(startsMs.length),
    bars,
    waitedUntilMs: 0,
    allowedFromMs: 0,
    allowedUntilMs: row.bound === 0 ? 0 : rowOf(report, "longestGap").bound,
    note: bars.length === 0 ? "nobody noticed" : `of ${report.measured.requests} requests`,
    missed: row.verdict === "missed",
  };
}

/** The row of a report; every report has all of them. */
export function rowOf(report: DrillReport, id: RowId): DrillRow {
  const row = report.rows.find((one) => one.id === id);
  if (row !== undefined) return row;
  return {
    id,
    label: id,
    unit: "ms",
    bound: 0,
    arithmetic: "not in this report",
    measured: null,
    verdict: "missed",
  };
}

/** Draws the lanes below `top`; gives the ordinate below the last one. */
export function drawLanes(
  lanes: readonly Lane[],
  scale: Scale,
  top: number,
): { readonly drawing: Markup; readonly bottom: number } {
  const height = scale.size.laneHeight;
  const drawing = markup`${lanes.map((one, i) => drawLane(one, scale, top + i * height))}`;
  return { drawing, bottom: top + lanes.length * height };
}

function drawLane(one: Lane, scale: Scale, top: number): Markup {
  const { x, left, right, size } = scale;
  const stacked = size.gutter === 0;
  const barTop = top + (stacked ? 21 : 6);
  const allowedWidth = x(one.allowedUntilMs) - x(one.allowedFromMs);
  return markup`<path d="M${px(left)} ${px(top + size.laneHeight)}H${px(right)}" stroke="var(--line)"/>
<text class="b" x="0" y="${px(top + (stacked ? 15 : 17))}">${one.label}</text>
<text class="m${one.missed ? " bad" : " in"}" x="${px(stacked ? right : left - 14)}" y="${px(top + (stacked ? 15 : 17))}" text-anchor="end">${one.value}</text>
${when(
  allowedWidth > 0,
  () =>
    markup`<rect x="${px(x(one.allowedFromMs))}" y="${px(barTop + 13.5)}" width="${px(allowedWidth)}" height="5" rx="1" fill="none" stroke="var(--line-3)" stroke-dasharray="2 2"/>`,
)}${drawBars(one, scale, barTop)}${when(size.name === "wide", () => drawNote(one, scale, barTop))}`;
}

function drawBars(one: Lane, { x }: Scale, y: number): Markup {
  const fill = one.missed || one.label === "Requests failing" ? "var(--bad)" : "var(--flow-2)";
  const bars = one.bars.map(({ fromMs, toMs }) => {
    const width = Math.max(x(toMs) - x(fromMs), 3);
    return markup`<rect x="${px(x(fromMs))}" y="${px(y)}" width="${px(width)}" height="11" rx="1.5" fill="${fill}"/>`;
  });
  const fromX = x(one.allowedFromMs);
  const waited = x(Math.max(one.waitedUntilMs, one.allowedFromMs)) - fromX;
  return markup`${bars}${when(
    waited > 0,
    () =>
      markup`<rect x="${px(fromX)}" y="${px(y)}" width="${px(waited)}" height="11" rx="1.5" fill="var(--flow)"/><path d="M${px(fromX + waited)} ${px(y - 18)}V${px(y)}" stroke="var(--flow-2)" opacity=".7"/>`,
  )}`;
}

/** A word beside the bar, when there is room for it on the right or on the left. */
function drawNote(one: Lane, { x, right }: Scale, y: number): Markup {
  const endX = x(Math.max(one.bars.at(-1)?.toMs ?? 0, one.allowedUntilMs)) + 10;
  const width = one.note.length * 6;
  if (endX + width < right)
    return markup`<text class="s n" x="${px(endX)}" y="${px(y + 10)}">${one.note}</text>`;
  const startX = x(one.bars[0]?.fromMs ?? 0) - 10;
  return markup`<text class="s n" x="${px(startX)}" y="${px(y + 10)}" text-anchor="end">${one.note}</text>`;
}
