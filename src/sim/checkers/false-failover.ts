/** No region takes the lease over from one that was healthy and could reach the witness for longer than its lease (DESIGN §8). */
import type { Checker } from "../failover-observation.ts";

export const falseFailover: Checker = {
  name: "false-failover",
  make: ({ regions, plan, nowMs }, report) => {
    const disturbedAtMs: [number, number] = [0, 0];
    const guardedAtMs: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    return {
      observe(observation) {
        if (observation.kind === "disturbed" || observation.kind === "machineResumed") {
          disturbedAtMs[observation.region] = nowMs();
        }
        if (observation.kind === "tenure" && regions[observation.region].watchdog.live() !== null) {
          guardedAtMs[observation.region] = nowMs();
        }
        if (observation.kind !== "witnessWrote" || observation.request.op !== "acquire") return;
        const { before, after } = observation;
        const former = regions.find(({ name }) => name === before.holder);
        if (former === undefined || before.holder === after.holder) return;
        const { way, isOn, machine, agent, watchdog } = former;
        const isUndisturbed =
          isOn &&
          !way.isCut &&
          !machine.isPaused() &&
          watchdog.isUp() &&
          agent?.process.state() === "running";
        // One that let go of it by itself, as for want of memory, is not taken over from.
        const { ttlMs } = plan.group.timing;
        if (nowMs() - guardedAtMs[former.index] > 2 * ttlMs) return;
        const calmForMs = nowMs() - disturbedAtMs[former.index];
        if (isUndisturbed && calmForMs > 2 * ttlMs) {
          report(
            `${after.holder} took the lease from ${former.name}, which was undisturbed for ${calmForMs} ms`,
          );
        }
      },
    };
  },
};
