/** The picture of a drill of data: who was allowed to write, who acknowledged, what failed, and the gap between two writers. */
import { ledgerAnswerOf } from "../../../core/drill/ledger-answer.ts";
import type { LedgerReport } from "../../../core/drill/ledger-report.ts";
import { ledgerQuantity } from "../../../core/drill/ledger-rows.ts";
import { acknowledgedOf } from "../../../core/drill/ledger-write.ts";
import { glyphAt } from "./glyph.ts";
import { type Markup, markup, when } from "./markup.ts";
import { type PictureSize, px, type Scale, scaleOf } from "./scale.ts";

type Bar = { readonly fromMs: number; readonly toMs: number };
type Lane = {
  readonly label: string;
  readonly value: string;
  readonly colour: string;
} & (
  | { readonly strokesMs: readonly number[] }
  | { readonly bars: readonly Bar[]; readonly allowed: Bar | undefined }
);

const top = 34;
const barHeight = 12;
/** Two answers of an agent that lie further apart are not joined to one bar. */
const sampleGapMs = 2_500;

/** One picture as SVG; its twins in words and numbers are the tables below it. */
export function drawLedgerPicture(report: LedgerReport, size: PictureSize): Markup {
  const scale = scaleOf(report, size);
  const lanes = lanesOf(report);
  const bottom = top + 8 + lanes.length * size.laneHeight;
  return markup`<svg class="pic ${size.name}" viewBox="0 0 ${size.width} ${bottom + 24}" role="img" aria-label="Timeline of the drill in seconds from the break. ${ledgerAnswerOf(report)} The tables below say the same.">
${drawGround(report, scale, bottom)}${lanes.map((lane, at) => drawLane(lane, scale, top + 8 + at * size.laneHeight))}${drawMarkers(report, scale)}
</svg>`;
}

function lanesOf(report: LedgerReport): readonly Lane[] {
  const { regions, writes, rows, measured, agents } = report;
  const acknowledged = acknowledgedOf(writes);
  const failed = writes.filter(({ outcome }) => outcome !== "acknowledged");
  const rto = rows.find(({ id }) => id === "rto");
  const handover = measured.handovers.find(({ firstAckMs }) => firstAckMs >= 0);
  const gap: Lane[] =
    rto === undefined || handover === undefined
      ? []
      : [
          {
            label: "Nobody writes",
            value: ledgerQuantity("ms", handover.gapMs),
            colour: rto.verdict === "missed" ? "var(--bad)" : "var(--flow-2)",
            bars: [{ fromMs: handover.lastAckMs, toMs: handover.firstAckMs }],
            allowed:
              rto.limit === null
                ? undefined
                : { fromMs: handover.lastAckMs, toMs: handover.lastAckMs + rto.limit },
          },
        ];
  return [
    ...regions.map(({ cluster, short }): Lane => {
      const bars = servingBars(agents.filter(({ region }) => region === cluster));
      return {
        label: `${short} says it serves`,
        value: "",
        colour: "var(--act)",
        bars,
        allowed: undefined,
      };
    }),
    ...gap,
    ...regions.map(({ cluster, short }): Lane => {
      const strokesMs = acknowledged
        .filter(({ region }) => region === cluster)
        .map(({ endMs }) => endMs);
      return {
        label: `${short} acknowledged`,
        value: String(strokesMs.length),
        colour: "var(--flow-2)",
        strokesMs,
      };
    }),
    {
      label: "Failed",
      value: String(failed.length),
      colour: "var(--bad)",
      strokesMs: failed.map(({ sentMs }) => sentMs),
    },
  ];
}

function servingBars(samples: LedgerReport["agents"]): readonly Bar[] {
  const bars: Bar[] = [];
  let previous: LedgerReport["agents"][number] | undefined;
  for (const sample of samples) {
    const last = bars.at(-1);
    const goesOn =
      previous?.isServing === true &&
      sample.atMs - previous.atMs <= sampleGapMs &&
      last !== undefined;
    if (sample.isServing && goesOn) bars[bars.length - 1] = { ...last, toMs: sample.atMs };
    else if (sample.isServing) bars.push({ fromMs: sample.atMs, toMs: sample.atMs });
    previous = sample;
  }
  return bars;
}

function drawLane(lane: Lane, scale: Scale, y: number): Markup {
  const { x, left, right, size } = scale;
  const stacked = size.gutter === 0;
  const barY = y + (stacked ? 20 : 7);
  const textY = px(y + (stacked ? 14 : 17));
  return markup`<text class="b" x="0" y="${textY}">${lane.label}</text>
<text class="m in" x="${px(stacked ? right : left - 14)}" y="${textY}" text-anchor="end">${lane.value}</text>
<rect x="${px(left)}" y="${px(barY)}" width="${px(right - left)}" height="${barHeight}" fill="var(--sunken)"/>${"strokesMs" in lane ? drawStrokes(lane, scale, barY) : drawBars(lane, x, barY)}`;
}

function drawStrokes(
  lane: Extract<Lane, { readonly strokesMs: readonly number[] }>,
  { x }: Scale,
  y: number,
): Markup {
  const strokes = lane.strokesMs.map((atMs) => `M${px(x(atMs))} ${px(y)}v${barHeight}`);
  return when(
    strokes.length > 0,
    () => markup`<path d="${strokes.join("")}" stroke="${lane.colour}" stroke-width="1.1"/>`,
  );
}

function drawBars(
  lane: Extract<Lane, { readonly bars: readonly Bar[] }>,
  x: Scale["x"],
  y: number,
): Markup {
  const { allowed } = lane;
  const dashed =
    allowed === undefined
      ? markup``
      : markup`<rect x="${px(x(allowed.fromMs))}" y="${px(y + barHeight + 2)}" width="${px(Math.max(0, x(allowed.toMs) - x(allowed.fromMs)))}" height="4" rx="1" fill="none" stroke="var(--line-3)" stroke-dasharray="2 2"/>`;
  const bars = lane.bars.map(
    ({ fromMs, toMs }) =>
      markup`<rect x="${px(x(fromMs))}" y="${px(y)}" width="${px(Math.max(2, x(toMs) - x(fromMs)))}" height="${barHeight}" rx="1.5" fill="${lane.colour}"/>`,
  );
  return markup`${bars}${dashed}`;
}

function drawGround({ times }: LedgerReport, { x, ticksMs }: Scale, bottom: number): Markup {
  const ticks = ticksMs.map(
    (at) =>
      markup`<path d="M${px(x(at))} ${px(top)}V${px(bottom)}" stroke="var(--line)"/><text class="s" x="${px(x(at))}" y="${px(bottom + 16)}" text-anchor="middle">${at === 0 ? "0" : `${at < 0 ? "−" : ""}${Math.abs(at) / 1_000} s`}</text>`,
  );
  const width = Math.max(0, x(times.restoreMs) - x(0));
  return markup`<rect x="${px(x(0))}" y="${px(top)}" width="${px(width)}" height="${px(bottom - top)}" fill="var(--mute-bg)" opacity=".55"/>${ticks}
<path d="M${px(x(0))} 18V${px(bottom)}" stroke="var(--text-2)" stroke-width="1.25"/><path d="M${px(x(times.restoreMs))} 18V${px(bottom)}" stroke="var(--text-2)" stroke-width="1.25" stroke-dasharray="5 3"/>`;
}

function drawMarkers({ times }: LedgerReport, { x, right }: Scale): Markup {
  const restoreX = x(times.restoreMs);
  const end = restoreX + 60 > right;
  // Where both words would lie on each other, the first one says it all.
  const room = restoreX - x(0) > 110;
  return markup`<g color="var(--bad)">${glyphAt("fail", { x: x(0) - 6, y: 4 })}</g><text class="in" x="${px(x(0) + 10)}" y="14">broken</text>${when(
    room,
    () =>
      markup`<text class="in" x="${px(restoreX)}" y="14" text-anchor="${end ? "end" : "middle"}">restored</text>`,
  )}`;
}
