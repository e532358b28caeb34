/** `sovereign failover what-if`: one sentence, the arithmetic behind it, and what stands in the way. */
import type { WhatIf } from "../../core/failover/what-if.ts";
import { humanDurationMs } from "../../core/kernel/duration.ts";
import { alignedLines } from "../dns/table.ts";
import { type Io, paint } from "../io.ts";
import { lossyLines } from "./lossy-text.ts";
import { bytesWords, title } from "./marks.ts";

type Colour = Pick<Io, "colour">;

/** The prediction for people. */
export function whatIfText(prediction: WhatIf, io: Colour): string {
  return [
    opening(prediction, io),
    ...lossLines(prediction),
    ...lossyLines(prediction.mayLose),
    ...obstacleLines(prediction, io),
    ...arithmetic(prediction, io),
  ].join("\n");
}

function opening({ kind, region, peer, rto, because }: WhatIf, io: Colour): string {
  const dies = `If ${region} dies now, `;
  switch (kind) {
    case "takesOver": {
      const after = rto === null ? "" : ` after about ${humanDurationMs(rto.expectedMs)}`;
      return title(io, "good", `${dies}${peer} takes over by itself${after}.`);
    }
    case "needsPeople":
      return title(io, "attention", `${dies}${peer} takes over only when people say so.`);
    case "stays":
      return title(io, "bad", `${dies}nobody serves: ${peer} can not take over.`);
    case "standbyLost":
      return title(io, "attention", `${dies}nobody is without service: ${because}.`);
    case "unknown":
      return title(io, "attention", `${dies}it is not known what ${peer} does: ${because}.`);
  }
}

function lossLines({ loss }: WhatIf): readonly string[] {
  if (loss === null) return [];
  if (loss.isNothing) return [`Nothing would be lost: ${loss.because}.`];
  const seconds =
    loss.seconds === null ? "of unknown age" : `of the last ${loss.seconds.toFixed(1)} s`;
  const isMost = loss.bytes !== null && !loss.bytesAreAtLeast;
  const bytes = isMost
    ? `at most ${bytesWords(loss.bytes)}`
    : `${bytesWords(loss.bytes)} and what came after`;
  return [`Lost would be ${bytes}, writes ${seconds}: ${loss.because}.`];
}

function obstacleLines({ obstacles }: WhatIf, io: Colour): readonly string[] {
  if (obstacles.length === 0) return [];
  const lines = obstacles.flatMap(({ rule, because, change }) => [
    `  ${paint(io, "red", "✗")} ${because} ${paint(io, "dim", rule)}`,
    paint(io, "dim", `    → ${change}`),
  ]);
  return ["", "In the way:", ...lines];
}

function arithmetic({ lines, rto, objectiveMs, kind }: WhatIf, io: Colour): readonly string[] {
  if (lines.length === 0) return [];
  const rows = lines.map(({ what, leastMs, expectedMs, mostMs, because }) => [
    what,
    ...[leastMs, expectedMs, mostMs].map(humanDurationMs),
    because,
  ]);
  const total =
    rto === null
      ? []
      : [
          [
            "together",
            ...[rto.leastMs, rto.expectedMs, rto.mostMs].map(humanDurationMs),
            objective(objectiveMs, rto.mostMs),
          ],
        ];
  const heading =
    kind === "takesOver" ? "How long it takes:" : "How long it takes once nothing is in the way:";
  return [
    "",
    heading,
    ...alignedLines([["", "least", "expected", "most", ""], ...rows, ...total], "  ").map(
      (line, index) => (index === 0 ? paint(io, "dim", line) : line),
    ),
  ];
}

function objective(objectiveMs: number | null, mostMs: number): string {
  if (objectiveMs === null) return "";
  const words = humanDurationMs(objectiveMs);
  return mostMs <= objectiveMs
    ? `of ${words} that the objective allows`
    : `the objective allows ${words}, and the worst case is longer`;
}
