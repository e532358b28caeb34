/** The code under check: what ships, or the same with one patch (src/sim/mutants). The world of the model is the rest. */
import type { Effect } from "../../core/failover/effect.ts";
import type { AgentEvent } from "../../core/failover/event.ts";
import { initialState } from "../../core/failover/initial-state.ts";
import type { AgentState } from "../../core/failover/state.ts";
import { type AgentContext, step } from "../../core/failover/step.ts";
import { guard, isOver, type Tenure, type WatchdogState } from "../../core/failover/watchdog.ts";
import { applyLease } from "../../core/lease/apply.ts";
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../../core/lease/request.ts";

export interface Protocol {
  initialState(context: AgentContext, instance: string, atMs: number): AgentState;
  step(
    context: AgentContext,
    state: AgentState,
    event: AgentEvent,
  ): { readonly state: AgentState; readonly effects: readonly Effect[] };
  guard(state: WatchdogState, tenure: Tenure | null, nowMs: number): WatchdogState;
  isOver(state: WatchdogState, nowMs: number): boolean;
  applyLease(current: LeaseRecord, request: LeaseRequest, nowMs: number | null): LeaseReply;
}

export const shippedProtocol: Protocol = { initialState, step, guard, isOver, applyLease };
