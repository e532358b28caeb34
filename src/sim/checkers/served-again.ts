/** Once faults stop, a region serves and takes writes within a bound, or an agent says what a person has to do, and doing it helps. */
import type { Checker } from "../failover-observation.ts";
import { isServing, needsOf } from "../failover-region.ts";

export const servedAgain: Checker = {
  name: "served-again",
  make: ({ regions, plan, nowMs }, report) => {
    let upSinceMs: number | null = null;
    let acknowledgedAtMs = 0;
    let wasUp = false;
    let asked = false;
    const isServed = (): boolean =>
      regions.some((region) => isServing(region) && region.database.isWritable());
    const needs = (): readonly string[] => regions.flatMap(needsOf);
    return {
      observe(observation) {
        if (observation.kind === "acknowledged") acknowledgedAtMs = nowMs();
        if (observation.kind === "probed") {
          if (observation.region === 0) wasUp = false;
          wasUp ||= observation.isUp;
          if (observation.region === 1) upSinceMs = wasUp ? (upSinceMs ?? nowMs()) : null;
        }
        if (observation.kind !== "calmIsOver") return;
        if (!isServed()) {
          asked = true;
          if (needs().length === 0)
            report("nobody serves, and no agent says what a person has to do");
          return;
        }
        const { ttlMs } = plan.group.timing;
        const silentMs = nowMs() - Math.max(acknowledgedAtMs, upSinceMs ?? nowMs());
        if (silentMs > 2 * ttlMs)
          report(`a region serves and no write was acknowledged for ${silentMs} ms`);
      },
      end() {
        if (asked && !isServed()) {
          report(`people did what they were asked for and nobody serves: ${needs().join(", ")}`);
        }
      },
    };
  },
};
