/** The health path answers 200 only where the right to write is live, and never in both regions (DESIGN §3). */
import type { Checker } from "../failover-observation.ts";
import { otherOf } from "../failover-observation.ts";
import { isServing } from "../failover-region.ts";

export const healthAnswer: Checker = {
  name: "health-answer",
  make: ({ regions }, report) => ({
    observe(observation) {
      if (observation.kind !== "probed" || !observation.isUp) return;
      const { name, watchdog } = regions[observation.region];
      const other = regions[otherOf(observation.region)];
      if (watchdog.isUp() && watchdog.live() === null) {
        report(`${name} answers 200 and its watchdog guards no right`);
      }
      const otherAnswers = other.agent?.process.state() === "running" && isServing(other);
      if (otherAnswers) report("both regions answer 200");
    },
  }),
};
