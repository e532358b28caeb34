/** A plan in the terminal and for machines: what changes on which server, and why. */
import type { WholeIntent } from "../../control/dns/gather.ts";
import { nameOf, typeOf } from "../../core/dns/batches.ts";
import type { PlannedChange, ZonePlan } from "../../core/dns/plan.ts";
import { describeRefusal } from "../../core/dns/zone.ts";
import type { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { describeProblem } from "../../core/resources/document.ts";
import { type Io, paint } from "../io.ts";
import { alignedLines } from "./table.ts";

export type ServerPlan = {
  readonly server: string;
  readonly plan: ZonePlan | undefined;
  /** Changes that are not made: all of them in a dry run. */
  readonly pending: readonly PlannedChange[];
  readonly failure: Failure | undefined;
};

type Colour = Pick<Io, "colour">;

const mistakesShownMax = 5;

/** What every text of these commands begins with: revision, zone, TTL and what is wrong in the source. */
export function headText({ intent }: { readonly intent: WholeIntent }, io: Colour): string {
  const { zone, ttlSeconds, applications } = intent.desired;
  const revision = intent.revision.replace(/^sha256:/, "").slice(0, 12);
  const count = counted(applications.length, "Application");
  const lines = [
    `${paint(io, "bold", zone.slice(0, -1))}  ${paint(io, "dim", `revision ${revision} · TTL ${ttlSeconds} s · ${count}`)}`,
    paint(io, "dim", checksLine(intent.desired)),
    ...staleLines(intent, io),
  ];
  const mistakes = mistakesOf(intent);
  if (mistakes.length === 0) return lines.join("\n");
  const title = `! ${counted(mistakes.length, "mistake")} in the source; removals are held`;
  lines.push(paint(io, "yellow", title));
  lines.push(...mistakes.slice(0, mistakesShownMax).map((line) => `    ${line}`));
  const more = mistakes.length - mistakesShownMax;
  if (more > 0) lines.push(`    and ${more} more`);
  return lines.join("\n");
}

/** How many health checks every name server would run, of how many, and what was done about it. */
export function checksLine({ checks }: WholeIntent["desired"]): string {
  const { planned, budget, state, because, sharing } = checks;
  const head = `${planned} of ${budget} health checks on every name server`;
  if (state === "withinBudget") return head;
  const who = sharing === 0 ? "" : `${counted(sharing, "Application")} share one probe: `;
  return `${head}; ${who}${because}`;
}

/** All that is wrong in the source, one line each. */
export function mistakesOf({ catalogue, desired }: WholeIntent): readonly string[] {
  return [...catalogue.problems.map(describeProblem), ...desired.refusals.map(describeRefusal)];
}

/** A line that says that the newest documents could not be read; none when they could. */
export function staleLines({ stale }: Pick<WholeIntent, "stale">, io: Colour): readonly string[] {
  if (stale === undefined) return [];
  return [paint(io, "yellow", `! ${stale.message}; this is the last good revision`)];
}

/** One server's plan. */
export function planText({ server, plan, pending, failure }: ServerPlan, io: Colour): string {
  const lines = [paint(io, "bold", server)];
  if (failure !== undefined) lines.push(`  ${paint(io, "red", "✗ failed")}  ${failure.message}`);
  if (plan === undefined) return lines.join("\n");
  const left = new Set(pending.map(keyOf));
  const rows = plan.changes.map((change) => [
    mark(change, io),
    nameOf(change).slice(0, -1),
    typeOf(change),
    change.because,
  ]);
  lines.push(...alignedLines(rows, "  "));
  for (const { name, reason, because, changes } of plan.warming) {
    const why = changes.map((change) => change.because)[0] ?? "";
    const later = paint(io, "yellow", "… later");
    lines.push(`  ${later}  ${name.slice(0, -1)}  ${why} (${reason}: ${because})`);
  }
  for (const conflict of plan.conflicts) {
    lines.push(`  ${paint(io, "red", "! conflict")}  ${conflict.because}`);
  }
  for (const held of plan.held) {
    lines.push(
      `  ${paint(io, "yellow", "= held")}  ${held.name.slice(0, -1)} ${held.type} stays until the source is right`,
    );
  }
  const done = plan.changes.filter((change) => !left.has(keyOf(change))).length;
  const parts = [
    done > 0 ? `${counted(done, "change")} made` : "",
    left.size > 0 ? `${counted(left.size, "change")} to make` : "",
    `${plan.unchanged} as planned`,
  ].filter((part) => part !== "");
  const glyph = left.size === 0 && plan.conflicts.length === 0 ? paint(io, "green", "✓ ") : "";
  lines.push(`  ${glyph}${paint(io, "dim", parts.join(", "))}`);
  return lines.join("\n");
}

/** The plan is made anew after every write, so its changes are the same by what they change. */
function keyOf(change: PlannedChange): string {
  return `${nameOf(change)} ${typeOf(change)}`;
}

function mark(change: PlannedChange, io: Colour): string {
  if (change.change.kind === "delete") return paint(io, "red", "- remove");
  return change.before.length === 0 ? paint(io, "green", "+ add") : paint(io, "yellow", "~ change");
}

/** `1 change`, `2 changes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** One server's plan as data. */
export function planData({ server, plan, pending, failure }: ServerPlan): JsonObject {
  return {
    server,
    failure: failure?.toJson() ?? null,
    unchanged: plan?.unchanged ?? 0,
    pending: pending.length,
    changes: (plan?.changes ?? []).map((change) => ({
      name: nameOf(change),
      type: typeOf(change),
      kind: change.change.kind,
      application: change.application,
      reason: change.reason,
      because: change.because,
      before: change.before,
      after: change.after,
    })),
    warming: (plan?.warming ?? []).map(({ changes, ...rest }) => ({
      ...rest,
      because: rest.because,
      change: changes[0]?.because ?? null,
    })),
    conflicts: (plan?.conflicts ?? []).map((conflict) => ({ ...conflict })),
    held: (plan?.held ?? []).map((held) => ({ ...held })),
  };
}
