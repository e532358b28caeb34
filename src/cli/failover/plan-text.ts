/** `sovereign failover plan`: the steps that would be taken, and every gate as it stands; nothing is done. */
import type { MovePlan } from "../../core/failover/move-plan.ts";
import { changeOf } from "../../core/failover/rule-words.ts";
import { humanDurationMs } from "../../core/kernel/duration.ts";
import { alignedLines } from "../dns/table.ts";
import { type Io, paint } from "../io.ts";
import { failedFirst, outcomeMark, plainly, title } from "./marks.ts";

type Colour = Pick<Io, "colour">;

/** The plan for people. */
export function planText(plan: MovePlan, io: Colour): string {
  const { kind, from, to, verdict, steps, gap } = plan;
  const isPossible = verdict.kind === "allowed";
  const may = isPossible ? "can be done now" : `can not be done now: ${plainly(verdict.because)}`;
  const rules = failedFirst(verdict.trace);
  const widest = Math.max(0, ...rules.map(({ rule }) => rule.length));
  const style = { failed: "red", passed: "green", notApplicable: "dim" } as const;
  const gates = rules.flatMap(({ rule, outcome, because }) => {
    const line = `  ${paint(io, style[outcome], outcomeMark[outcome])} ${rule.padEnd(widest)}  ${plainly(because)}`;
    const change = outcome === "failed" ? changeOf(rule, to) : undefined;
    return change === undefined
      ? [line]
      : [line, paint(io, "dim", `    ${" ".repeat(widest)}  → ${change}`)];
  });
  const rows = steps.map(({ where, what, mostMs }, index) => [
    `${index + 1}.`,
    where,
    what,
    mostMs === null ? "" : `at most ${humanDurationMs(mostMs)}`,
  ]);
  return [
    title(io, isPossible ? "good" : "attention", `A ${kind} from ${from} to ${to} ${may}.`),
    ...gates,
    ...(rows.length === 0 ? [] : ["", "Steps:", ...alignedLines(rows, "  ")]),
    ...(rows.length === 0
      ? []
      : [
          "",
          `Nobody can write for about ${humanDurationMs(gap.expectedMs)}, and for ${humanDurationMs(gap.mostMs)} at most.`,
        ]),
  ].join("\n");
}
