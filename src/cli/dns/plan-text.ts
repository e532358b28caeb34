/** A plan in the terminal and for machines: what changes on which server, and why. */
import { nameOf, typeOf } from "../../core/dns/batches.ts";
import type { PlannedChange, ZonePlan } from "../../core/dns/plan.ts";
import type { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Io, paint } from "../io.ts";
import { alignedLines } from "./table.ts";
import type { DnsWorld } from "./world.ts";

export type ServerPlan = {
  readonly server: string;
  readonly plan: ZonePlan | undefined;
  /** Changes that are not made: all of them in a dry run. */
  readonly pending: readonly PlannedChange[];
  readonly failure: Failure | undefined;
};

type Colour = Pick<Io, "colour">;

/** What every text of these commands begins with: revision, zone, TTL and what is wrong in the source. */
export function headText({ intent }: DnsWorld, io: Colour): string {
  const { zone, ttlSeconds, applications, refusals } = intent.desired;
  const revision = intent.revision.replace(/^sha256:/, "").slice(0, 12);
  const count = counted(applications.length, "Application");
  const lines = [
    `${paint(io, "bold", zone.slice(0, -1))}  ${paint(io, "dim", `revision ${revision} · TTL ${ttlSeconds} s · ${count}`)}`,
  ];
  if (intent.stale !== undefined) {
    lines.push(paint(io, "yellow", `! ${intent.stale.message}; this is the last good revision`));
  }
  const wrong = intent.catalogue.problems.length + refusals.length;
  if (wrong > 0) {
    lines.push(
      paint(io, "yellow", `! ${counted(wrong, "mistake")} in the source; removals are held`),
    );
  }
  return lines.join("\n");
}

/** One server's plan. */
export function planText({ server, plan, pending, failure }: ServerPlan, io: Colour): string {
  const lines = [paint(io, "bold", server)];
  if (failure !== undefined) lines.push(`  ${paint(io, "red", "✗ failed")}  ${failure.message}`);
  if (plan === undefined) return lines.join("\n");
  const left = new Set(pending);
  const rows = plan.changes.map((change) => [
    mark(change, io),
    nameOf(change).slice(0, -1),
    typeOf(change),
    change.because,
  ]);
  lines.push(...alignedLines(rows, "  "));
  for (const conflict of plan.conflicts) {
    lines.push(`  ${paint(io, "red", "! conflict")}  ${conflict.because}`);
  }
  for (const held of plan.held) {
    lines.push(
      `  ${paint(io, "yellow", "= held")}  ${held.name.slice(0, -1)} ${held.type} stays until the source is right`,
    );
  }
  const done = plan.changes.length - plan.changes.filter((change) => left.has(change)).length;
  const parts = [
    done > 0 ? `${counted(done, "change")} made` : "",
    left.size > 0 ? `${counted(left.size, "change")} to make` : "",
    `${plan.unchanged} as planned`,
  ].filter((part) => part !== "");
  const glyph = left.size === 0 && plan.conflicts.length === 0 ? paint(io, "green", "✓ ") : "";
  lines.push(`  ${glyph}${paint(io, "dim", parts.join(", "))}`);
  return lines.join("\n");
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
    conflicts: (plan?.conflicts ?? []).map((conflict) => ({ ...conflict })),
    held: (plan?.held ?? []).map((held) => ({ ...held })),
  };
}
