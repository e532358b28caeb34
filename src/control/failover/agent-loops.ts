/** What a region agent does by the clock: ticks, which meet deadlines exactly, and readings of the data and of public resolvers. */
import type { AgentState } from "../../core/failover/state.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type Abort, makeAbort } from "../abort.ts";
import type { Clock, Env, Signal } from "../env.ts";
import type { Happening } from "./happening.ts";
import type { AgentOptions } from "./options.ts";
import type { AgentPorts } from "./ports.ts";
import { within } from "./within.ts";

export type Ticker = {
  /** Ticks until the signal is given. */
  run(signal: Signal): Promise<void>;
  /** The state changed: a deadline that is nearer than the next tick brings it forward. */
  look(state: AgentState): void;
};

/** Ticks every `tickMs`, and at the very end of the authority. */
export function agentTicker(
  clock: Clock,
  tickMs: number,
  state: () => AgentState,
  tick: () => void,
): Ticker {
  let nap: Abort | undefined;
  let napUntilMs = 0;
  return {
    async run(signal) {
      while (!signal.aborted) {
        const nowMs = clock.monotonicMs();
        const napMs = Math.max(1, Math.min(tickMs, endOf(state()) - nowMs));
        const here = makeAbort();
        nap = here;
        napUntilMs = nowMs + napMs;
        signal.addEventListener("abort", here.abort, { once: true });
        await clock.sleep(napMs, here.signal);
        signal.removeEventListener("abort", here.abort);
        if (!signal.aborted) tick();
      }
    },
    look(changed) {
      if (endOf(changed) < napUntilMs) nap?.abort();
    },
  };
}

function endOf({ authority }: AgentState): number {
  return authority.kind === "none" ? Number.POSITIVE_INFINITY : authority.untilAtMs;
}

/** Reads data and resolvers at their pace until the signal is given; each reading has a limit, and one that fails is only told. */
export async function runReadings(
  env: Env,
  ports: Pick<AgentPorts, "data" | "evidence">,
  options: AgentOptions,
  parts: { readonly tell: (happening: Happening) => void; readonly signal: Signal },
): Promise<void> {
  const { clock } = env;
  const { tell, signal } = parts;
  // A reading counts from the moment it was asked for, so that a late one is not taken for a fresh one.
  const every = async (
    periodMs: number,
    what: string,
    limitMs: number,
    read: (until: Signal, atMs: number) => Promise<Happening>,
  ): Promise<void> => {
    while (!signal.aborted) {
      const atMs = clock.monotonicMs();
      try {
        tell(await within(clock, limitMs, what, (until) => read(until, atMs)));
      } catch (thrown) {
        env.log.warn(`${what} failed`, { failure: Failure.from(thrown, what).toJson() });
      }
      await clock.sleep(periodMs, signal);
    }
  };
  await Promise.all([
    every(
      options.measureEveryMs,
      "measuring the data",
      options.measureLimitMs,
      async (until, atMs) => ({
        type: "measured",
        facts: { ...(await ports.data.measure(until)), atMs },
      }),
    ),
    every(
      options.lookEveryMs,
      "looking through resolvers",
      options.lookLimitMs,
      async (until, atMs) => ({
        type: "seen",
        evidence: { ...(await ports.evidence.look(until)), atMs },
      }),
    ),
  ]);
}
