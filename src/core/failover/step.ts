/** The region agent as a function (DESIGN §4): what it knows and what happened give what it knows then and what it does. */
import type { Verdict } from "../kernel/verdict.ts";
import type { Effect } from "./effect.ts";
import type { FailoverGroup } from "./group.ts";
import type { AgentState } from "./state.ts";

export type Step = {
  readonly state: AgentState;
  /** In order. */
  readonly effects: readonly Effect[];
  /** What was decided, when something was: with every rule behind it. */
  readonly verdict: Verdict | null;
};

/** What does not change while an agent runs. */
export type AgentContext = {
  readonly self: string;
  readonly peer: string;
  readonly group: FailoverGroup;
};
