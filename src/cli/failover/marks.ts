/** Small words and marks that all screens of `sovereign failover` share. */
import { humanDurationMs } from "../../core/kernel/duration.ts";
import type { RuleOutcome, RuleResult } from "../../core/kernel/verdict.ts";
import { type Io, paint } from "../io.ts";

type Colour = Pick<Io, "colour">;

export const outcomeMark: Readonly<Record<RuleOutcome, string>> = {
  passed: "✓",
  failed: "✗",
  notApplicable: "·",
};

/** Failed first, then what does not apply, then what passed: the order in which a person reads. */
export function failedFirst(trace: readonly RuleResult[]): readonly RuleResult[] {
  const order: readonly RuleOutcome[] = ["failed", "notApplicable", "passed"];
  return order.flatMap((outcome) => trace.filter((result) => result.outcome === outcome));
}

/** A title: green where all is well, red where nobody serves. */
export function title(io: Colour, kind: "good" | "attention" | "bad", text: string): string {
  const style = { good: "green", attention: "yellow", bad: "red" } as const;
  return paint(io, [style[kind], "bold"], text);
}

/** `12 345 bytes`, so that no digit is overlooked. */
export function bytesWords(bytes: number | null): string {
  if (bytes === null) return "an unknown number of bytes";
  const digits = String(bytes).replace(/\B(?=(\d{3})+$)/g, " ");
  return `${digits} ${bytes === 1 ? "byte" : "bytes"}`;
}

export function agoWords(ms: number): string {
  return `${humanDurationMs(Math.max(0, ms))} ago`;
}

/** `2026-11-21 02:41:00Z`. */
export function instantWords(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** A sentence of an agent with its moments as people read them: `2912.0879 ms` is `2.9 s`. */
export function plainly(text: string): string {
  return text.replace(/\b([0-9]+(?:\.[0-9]+)?) ms\b/g, (_, ms: string) =>
    humanDurationMs(Math.round(Number(ms))),
  );
}

/** How to repeat a command at the region that a remedy names. */
export function remedyCommand(remedy: string, region: string, group: string): string | undefined {
  const commands: Readonly<Record<string, string>> = {
    arm: `sovereign failover arm --region ${region}`,
    rearm: `sovereign failover rearm --region ${region} --confirm ${group}`,
    closeRound: `sovereign failover close-round --region ${region} --confirm ${group}`,
    takeOver: `sovereign failover plan failover --region ${region}`,
    look: `sovereign failover why --region ${region}`,
  };
  return Object.hasOwn(commands, remedy) ? commands[remedy] : undefined;
}
