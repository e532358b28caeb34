/**
 * No two regions take writes at one moment, and no two watchdogs guard a live right at one moment: the real effect is looked at, fencing time
 * and all. A machine that stood still with its clocks is given one tick and the fence budget to notice; the data fence has to hold meanwhile.
 */
import type { Checker, RegionIndex } from "../failover-observation.ts";
import { otherOf } from "../failover-observation.ts";

export const oneWriter: Checker = {
  name: "one-writer",
  make: (seen, report) => {
    const { regions, plan, nowMs } = seen;
    const graceMs = plan.group.timing.fenceBudgetMs + 2 * regions[0].options.tickMs;
    const resumedAtMs: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const noticesUntilMs = (): number => Math.max(...resumedAtMs) + graceMs;
    let isLookingAgain = false;
    const look = (): void => {
      isLookingAgain = false;
      if (!regions.every(({ database }) => database.isWritable())) return;
      const waitMs = noticesUntilMs() - nowMs();
      if (waitMs <= 0) {
        report("the databases of both regions take writes");
      } else if (!isLookingAgain) {
        isLookingAgain = true;
        seen.later(waitMs + 1, look);
      }
    };
    const lookAtTenure = (region: RegionIndex): void => {
      const other = regions[otherOf(region)];
      if (other.machine.isPaused() || nowMs() <= noticesUntilMs()) return;
      const [own, theirs] = [regions[region].watchdog.live(), other.watchdog.live()];
      if (own === null || theirs === null) return;
      report(
        `both regions have a right to write: ${own.kind} of epoch ${own.epoch} and ${theirs.kind} of epoch ${theirs.epoch}`,
      );
    };
    return {
      observe(observation) {
        if (observation.kind === "machineResumed") resumedAtMs[observation.region] = nowMs();
        if (observation.kind === "writability" || observation.kind === "machineResumed") look();
        if (observation.kind === "tenure" && observation.tenure !== null) {
          lookAtTenure(observation.region);
        }
      },
    };
  },
};
