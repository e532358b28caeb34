/**
 * The region agent: gathers what happens, hands one event at a time to `step`, and carries out what it decided (DESIGN §2, §4, ADR 25,
 * ADR 27). It decides nothing itself. All that waits is an effect or a reading, each with a limit.
 */
import type { Approval } from "../../core/failover/approval.ts";
import { type HealthAnswer, healthAnswer } from "../../core/failover/authority.ts";
import type { PersonWish } from "../../core/failover/event.ts";
import type { AgentState } from "../../core/failover/state.ts";
import { type FailoverStatus, statusOf } from "../../core/failover/status.ts";
import type { AgentContext } from "../../core/failover/step.ts";
import { makeAbort } from "../abort.ts";
import type { Env, Signal } from "../env.ts";
import { agentTicker, runReadings } from "./agent-loops.ts";
import { agentMind } from "./agent-mind.ts";
import { carryOut, type Hands } from "./carry-out.ts";
import {
  type FailoverMemory,
  nothingPast,
  onMonotonicClock,
  onWallClock,
} from "./failover-memory.ts";
import { observed } from "./observe.ts";
import type { AgentOptions } from "./options.ts";
import type { AgentPorts } from "./ports.ts";
import { readCopies } from "./read-copies.ts";

export type RegionAgent = {
  /**
   * Works until `signal` aborts, and changes nothing on its way out: the tenure stays with the watchdog for the next agent. Rejects only
   * by a bug of ours, and the watchdog fences then. Run once.
   */
  run(signal: Signal): Promise<void>;
  /** What it knows now. */
  current(): AgentState;
  /** What it shows of that to people. */
  status(): FailoverStatus;
  /** What the health path answers at this moment. */
  health(): HealthAnswer;
  /** A person's approval whose signature was checked. */
  approve(approval: Approval): void;
  /** What a person asks for, who was authenticated. */
  say(wish: PersonWish): void;
};

/** The agent of one group in one region; nothing happens before `run`. */
export function makeRegionAgent(
  env: Env,
  ports: AgentPorts,
  context: AgentContext,
  options: AgentOptions,
  past: FailoverMemory = nothingPast,
): RegionAgent {
  const { clock } = env;
  const { slot, timing } = context.group;
  const bug = makeAbort();
  let failovers = onMonotonicClock(past.failovers, clock);
  let thrownBug: unknown;
  const hands: Hands = {
    env,
    ports,
    options,
    slot,
    rpcTimeoutMs: timing.rpcTimeoutMs,
    fenceBudgetMs: timing.fenceBudgetMs,
    tell: (happening) => mind.tell(happening),
  };
  const mind = agentMind({
    env,
    context,
    gapNoticeMs: options.gapNoticeMs,
    act: options.observeOnly ? observed(hands) : (effect) => carryOut(hands, effect),
    failovers,
    changed(state) {
      ticker.look(state);
      if (state.failovers === failovers) return;
      failovers = state.failovers;
      past.keep(onWallClock(failovers, clock));
    },
    failed(thrown) {
      thrownBug = thrown;
      bug.abort();
    },
  });
  const ticker = agentTicker(clock, options.tickMs, mind.state, () => mind.tell({ type: "tick" }));
  return {
    async run(signal) {
      const stop = makeAbort();
      signal.addEventListener("abort", stop.abort, { once: true });
      bug.signal.addEventListener("abort", stop.abort, { once: true });
      mind.tell({ type: "started", ...(await readCopies(env, ports, options)) });
      const unlisten = ports.peer.listen((message) => mind.tell({ type: "peerSaid", message }));
      const forget = ports.watchdog.onLost(() => mind.tell({ type: "watchdogLost" }));
      await Promise.all([
        ticker.run(stop.signal),
        runReadings(env, ports, options, { tell: mind.tell, signal: stop.signal }),
      ]);
      mind.close();
      unlisten();
      forget();
      if (bug.signal.aborted) throw thrownBug;
    },
    current: mind.state,
    status: () => statusOf(context, mind.state(), clock.monotonicMs()),
    health() {
      mind.look();
      return healthAnswer(mind.state(), clock.monotonicMs());
    },
    approve: (approval) => mind.tell({ type: "approved", approval }),
    say: (wish) => mind.tell({ type: "personSaid", wish }),
  };
}
