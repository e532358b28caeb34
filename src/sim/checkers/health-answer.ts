/** The health path answers 200 only where the right to write is live, and never in both regions (DESIGN §3). */
import type { Checker, RegionIndex } from "../failover-observation.ts";
import { otherOf } from "../failover-observation.ts";

export const healthAnswer: Checker = {
  name: "health-answer",
  make: ({ regions, nowMs }, report) => {
    // Both are asked at one moment. What nobody asked for is no answer: who was suspended looks at the clocks before it answers.
    const upAtMs = new Map<RegionIndex, number>();
    return {
      observe(observation) {
        if (observation.kind !== "probed" || !observation.isUp) return;
        const { name, watchdog } = regions[observation.region];
        if (watchdog.isUp() && watchdog.live() === null) {
          report(`${name} answers 200 and its watchdog guards no right`);
        }
        upAtMs.set(observation.region, nowMs());
        if (upAtMs.get(otherOf(observation.region)) === nowMs()) report("both regions answer 200");
      },
    };
  },
};
