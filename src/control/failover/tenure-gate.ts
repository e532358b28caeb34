/** What data services ask before anything may begin to take writes: whether the watchdog holds a live tenure (ADR 25, ADR 27). */
import type { Clock } from "../env.ts";
import type { WatchdogLink } from "./ports.ts";

export type TenureGate = {
  readonly holdsTenure: (epoch: number) => Promise<boolean>;
  readonly hasTenure: () => Promise<boolean>;
};

/** The clock has to be the machine's, whose instants the watchdog has; fails as the link does when the watchdog does not answer. */
export function tenureGate(watchdog: Pick<WatchdogLink, "read">, clock: Clock): TenureGate {
  const liveEpoch = async (): Promise<number | null> => {
    const tenure = await watchdog.read();
    return tenure !== null && clock.monotonicMs() < tenure.untilAtMs ? tenure.epoch : null;
  };
  return {
    holdsTenure: async (epoch) => (await liveEpoch()) === epoch,
    hasTenure: async () => (await liveEpoch()) !== null,
  };
}
