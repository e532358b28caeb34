/** The setup of the zone in the terminal and for machines: what is done on which server, and why; never a secret. */
import type { SetupPlan } from "../../core/dns/setup/plan.ts";
import { type Step, wordsOf } from "../../core/dns/setup/step.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Io, paint } from "../io.ts";
import { counted } from "./plan-text.ts";
import { alignedLines } from "./table.ts";

type Colour = Pick<Io, "colour">;

export type ShownSetup = {
  readonly server: string;
  readonly plan: SetupPlan;
  readonly made: readonly Step[];
};

/** One server's plan, and how much of it is done. */
export function setupText({ server, plan, made }: ShownSetup, io: Colour): string {
  const { steps, kept, refusals, warnings } = plan;
  const rows = steps.map((step) => {
    const [verb, what] = wordsOf(step);
    return [paint(io, verb.startsWith("-") ? "red" : "green", verb), what, step.because];
  });
  const lines = [
    paint(io, "bold", server),
    ...alignedLines(rows, "  "),
    ...kept.map(
      ({ name, type, because }) =>
        `  ${paint(io, "yellow", "= kept")}  ${name.slice(0, -1)} ${type}: ${because}`,
    ),
    ...refusals.map(({ because }) => `  ${paint(io, "red", "✗ refused")}  ${because}`),
    ...warnings.map((warning) => `  ${paint(io, "yellow", "! open")}  ${warning}`),
  ];
  if (refusals.length > 0) return lines.join("\n");
  const left = steps.length - made.length;
  const parts = [
    made.length > 0 ? `${counted(made.length, "step")} made` : "",
    left > 0 ? `${counted(left, "step")} to make` : "",
    steps.length === 0 ? "nothing to do" : "",
  ].filter((part) => part !== "");
  const glyph = left === 0 ? paint(io, "green", "✓ ") : "";
  return [...lines, `  ${glyph}${paint(io, "dim", parts.join(", "))}`].join("\n");
}

/** One server's plan as data. */
export function setupData({ server, plan, made }: ShownSetup): JsonObject {
  return {
    server,
    steps: plan.steps.map((step) => ({
      what: wordsOf(step).join(" "),
      kind: step.effect.kind,
      reason: step.reason,
      because: step.because,
      made: made.includes(step),
    })),
    kept: plan.kept.map((kept) => ({ ...kept })),
    refusals: plan.refusals.map((refusal) => ({ ...refusal })),
    warnings: plan.warnings,
  };
}
