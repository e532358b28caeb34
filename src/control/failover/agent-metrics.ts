/** What a region agent counts and shows to Prometheus. */
import type { Effect } from "../../core/failover/effect.ts";
import type { AgentEvent } from "../../core/failover/event.ts";
import type { AgentState } from "../../core/failover/state.ts";
import type { Metrics } from "../env.ts";

const counted: Partial<Readonly<Record<Effect["type"], string>>> = {
  fence: "sovereign_failover_fences_total",
  promote: "sovereign_failover_promotions_total",
};

/** Counts what was begun and what failed in one step. */
export function countStep(metrics: Metrics, event: AgentEvent, effects: readonly Effect[]): void {
  if (event.type === "witnessFailed") {
    metrics.count("sovereign_failover_witness_failures_total", { outcome: event.outcome });
  }
  for (const { type } of effects) {
    const name = counted[type];
    if (name !== undefined) metrics.count(name);
  }
}

/** Shows where the agent stands. */
export function showState(
  metrics: Metrics,
  { authority, data, record, witness }: AgentState,
): void {
  metrics.gauge("sovereign_failover_authority", authority.kind === "none" ? 0 : 1);
  metrics.gauge("sovereign_failover_serving", data.kind === "serving" ? 1 : 0);
  metrics.gauge("sovereign_failover_armed", record?.armed === true ? 1 : 0);
  metrics.gauge("sovereign_failover_epoch", record?.epochSeen ?? 0);
  metrics.gauge("sovereign_failover_witness_silent", witness.silentSinceAtMs === null ? 0 : 1);
}
