/** The state before the first event. */
import type { AgentState } from "./state.ts";
import type { AgentContext } from "./step.ts";

/** A process that knows nothing yet: fenced, without a record. `instance` is drawn anew at every start. */
export function initialState(_context: AgentContext, instance: string, atMs: number): AgentState {
  return {
    startedAtMs: atMs,
    instance,
    counter: 0,
    record: null,
    pending: null,
    nextStoreAtMs: atMs,
    offUntilAtMs: atMs,
    authority: { kind: "none" },
    data: { kind: "fenced" },
    witness: { seen: null, call: null, nextCallAtMs: atMs, silentSinceAtMs: null },
    peer: {
      roundAsked: null,
      isGivingBack: false,
      asked: [],
      nextSeq: 1,
      nextSendAtMs: atMs,
      capAtMs: null,
      query: null,
      grantRunsOutAtMs: null,
      grantSync: "degraded",
      consentUntilAtMs: null,
    },
    wish: null,
    approvals: [],
    facts: null,
    evidence: null,
    sync: { recorded: "none", wanted: "none", told: null },
    disarmedBecause: [],
    lastVerdict: null,
    failovers: [],
  };
}
