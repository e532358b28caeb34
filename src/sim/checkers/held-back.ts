/**
 * What holds automation and plans back does hold them back: a region whose readiness has been red for a while takes the lease over from
 * nobody, and no switchover begins in a freeze window (DESIGN §2, §7).
 */
import { sideOf } from "../failover-note.ts";
import type { Checker, RegionIndex } from "../failover-observation.ts";

export const heldBack: Checker = {
  name: "held-back",
  make: ({ regions, plan, nowMs }, report) => {
    const { ttlMs } = plan.group.timing;
    const redSinceMs: (number | null)[] = [null, null];
    const offsetMs: number[] = [Number.NaN, Number.NaN];
    const steppedAtMs: number[] = [0, 0];
    const look = (): void => {
      for (const { index, data, machine } of regions) {
        redSinceMs[index] = data.red.faults > 0 ? (redSinceMs[index] ?? nowMs()) : null;
        const offset = machine.wallMs() - nowMs();
        if (Math.abs(offset - (offsetMs[index] ?? 0)) > 1) steppedAtMs[index] = nowMs();
        offsetMs[index] = offset;
      }
    };
    /** By its own clock, for longer than a switchover that began before it may take. */
    const isDeepInFreeze = (index: RegionIndex): boolean => {
      const agoMs = 3 * ttlMs;
      if (nowMs() - (steppedAtMs[index] ?? 0) < agoMs) return false;
      const wallMs = regions[index].machine.wallMs();
      return plan.group.freezes.some(
        ({ fromAtMs, untilAtMs }) => fromAtMs <= wallMs - agoMs && wallMs < untilAtMs,
      );
    };
    return {
      observe(observation) {
        look();
        if (observation.kind !== "witnessWrote") return;
        const { before, after, request } = observation;
        const actor = regions.find(({ name }) => name === request.holder);
        if (actor === undefined) return;
        const { index, name } = actor;
        if (request.op === "release" && sideOf(after).handTo !== null && isDeepInFreeze(index))
          report(`${name} handed over in a freeze window`);
        if (request.op !== "acquire" || before.epoch === 0) return;
        // It acts at a higher epoch already, which people gave it without the witness, and only tells.
        if (request.epochFloor > before.epoch) return;
        const { region, handTo } = sideOf(before);
        // Its own, or handed to it on purpose: nobody is taken over from.
        if (region === null || region === name || handTo === name) return;
        const redForMs = nowMs() - (redSinceMs[index] ?? nowMs());
        if (redForMs > 2 * ttlMs)
          report(`${name} took over although its readiness has been red for ${redForMs} ms`);
      },
    };
  },
};
