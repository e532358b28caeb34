/**
 * The deciding part of a region agent: its state, its inbox, and what follows from one event. It never waits; so nothing that is slow
 * outside stands between an event and what is decided about it.
 */
import type { Effect } from "../../core/failover/effect.ts";
import type { AgentEvent } from "../../core/failover/event.ts";
import { initialState } from "../../core/failover/initial-state.ts";
import type { AgentState } from "../../core/failover/state.ts";
import { type AgentContext, step } from "../../core/failover/step.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { newId } from "../../core/kernel/ids.ts";
import type { Env } from "../env.ts";
import { countStep, showState } from "./agent-metrics.ts";
import { gapWatch } from "./clock-gap.ts";
import { eventQueue } from "./event-queue.ts";
import type { Happening } from "./happening.ts";
import { whatChanged } from "./what-changed.ts";

export type AgentMind = {
  state(): AgentState;
  /** Takes in what happened, and a clock gap before it when there was one; what happens before `started` is not taken in. */
  tell(happening: Happening): void;
  /** Takes in a clock gap, when there is one, before somebody is told what holds at this moment. */
  look(): void;
  /** Takes nothing in any more. */
  close(): void;
};

export type MindParts = {
  readonly env: Env;
  readonly context: AgentContext;
  readonly gapNoticeMs: number;
  /** Those of the last 24 hours, as processes before this one kept them. */
  readonly failovers: AgentState["failovers"];
  readonly act: (effect: Effect) => void;
  /** After every change of state. */
  readonly changed: (state: AgentState) => void;
  /** A bug of ours: nothing is decided any more. */
  readonly failed: (thrown: unknown) => void;
};

/** More than the effects of one event can bring; peer messages beyond it are dropped, as a network may do. */
const queueSize = 200;

/** A mind that knows nothing yet. */
export function agentMind(parts: MindParts): AgentMind {
  const { env, context } = parts;
  const { clock } = env;
  const instance = newId("agent", clock.nowMs(), env.random);
  let state: AgentState = {
    ...initialState(context, instance, clock.monotonicMs()),
    failovers: parts.failovers,
  };
  let isReady = false;
  let isClosed = false;
  const gapNow = gapWatch(clock, parts.gapNoticeMs);
  const take = (happening: Happening): void => {
    const event: AgentEvent = { ...happening, atMs: clock.monotonicMs(), wallAtMs: clock.nowMs() };
    const before = state;
    const taken = step(context, before, event);
    const { state: after, effects } = taken;
    state = after;
    for (const effect of effects) parts.act(effect);
    if (after === before && effects.length === 0 && event.type === "tick") return;
    report(env, whatChanged(before, event, taken));
    countStep(env.metrics, event, effects);
    if (after === before) return;
    showState(env.metrics, after);
    parts.changed(after);
  };
  const queue = eventQueue<Happening>(queueSize, take);
  const tell = (happening: Happening | null): void => {
    isReady ||= happening?.type === "started";
    if (!isReady || isClosed) return;
    try {
      const gapMs = gapNow();
      if (gapMs !== 0) queue.put({ type: "clockGap", gapMs }, true);
      if (happening === null || queue.put(happening, happening.type === "peerSaid")) return;
      env.log.warn("a message of the peer was dropped: the queue is full");
    } catch (thrown) {
      isClosed = true;
      parts.failed(thrown);
    }
  };
  return {
    state: () => state,
    tell,
    look: () => tell(null),
    close() {
      isClosed = true;
    },
  };
}

function report({ journal, log }: Env, events: ReturnType<typeof whatChanged>): void {
  for (const event of events) {
    // Not awaited: a journal that is slow or full never stands between a decision and what it asks for.
    void journal.append(event).catch((thrown: unknown) => {
      const failure = Failure.from(thrown, "journal").toJson();
      log.error("an event could not be journalled", { type: event.type, failure });
    });
  }
}
