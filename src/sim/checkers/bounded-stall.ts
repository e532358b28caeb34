/** When the standby is lost, writes stall no longer than until the witness can have confirmed `degraded` (DESIGN §7.5). */
import type { Checker, RegionIndex } from "../failover-observation.ts";
import { isServing } from "../failover-region.ts";

export const boundedStall: Checker = {
  name: "bounded-stall",
  make: ({ regions, plan, nowMs, later }, report) => {
    const { timing } = plan.group;
    const { measureEveryMs, tickMs } = regions[0].options;
    // Seen by two readings, said by the next renewal, which may have one try before it in flight, and carried out.
    const boundMs = 2 * measureEveryMs + timing.renewEveryMs + 2 * timing.rpcTimeoutMs + 4 * tickMs;
    const sinceMs: [number | null, number | null] = [null, null];
    const mayJudge = (region: RegionIndex): boolean => {
      const { agent, way, watchdog, database } = regions[region];
      return (
        agent?.agent.current().authority.kind === "lease" &&
        isServing(regions[region]) &&
        agent.process.state() === "running" &&
        !way.isCut &&
        way.lostPerMille === 0 &&
        watchdog.isUp() &&
        database.isStalled()
      );
    };
    const look = (): void => {
      for (const region of [0, 1] as const) {
        const from = mayJudge(region) ? (sinceMs[region] ?? nowMs()) : null;
        sinceMs[region] = from;
        if (from !== null && nowMs() - from > boundMs) {
          report(`writes in ${regions[region].name} stall for more than ${boundMs} ms`);
          sinceMs[region] = nowMs() + plan.endAtMs;
        }
      }
      later(measureEveryMs, look);
    };
    later(measureEveryMs, look);
    return {
      observe(observation) {
        if (observation.kind === "disturbed") sinceMs[observation.region] = null;
      },
    };
  },
};
