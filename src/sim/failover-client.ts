/**
 * FAKE: what users see: name servers that probe the health path of both regions, an answer with a TTL, and a client that writes to whatever
 * it was answered and remembers what was acknowledged (DESIGN §3, §8).
 */
import type { Observation, RegionIndex } from "./failover-observation.ts";
import type { FailoverPlan } from "./failover-plan.ts";
import type { SimRegion } from "./failover-region.ts";
import type { WorldTime } from "./failover-time.ts";

export type SimClient = {
  readonly writes: () => number;
  readonly acknowledged: () => number;
  readonly lastAcknowledgedAtMs: () => number;
  /** The longest time between two acknowledged writes. */
  readonly longestGapMs: () => number;
};

type Parts = {
  readonly plan: FailoverPlan;
  readonly time: WorldTime;
  readonly regions: readonly [SimRegion, SimRegion];
  readonly observe: (observation: Observation) => void;
};

/** Starts the probes and the writes; they end with the world. */
export function startClient({ plan, time, regions, observe }: Parts): SimClient {
  let answer: RegionIndex = 0;
  let cached: { readonly region: RegionIndex; readonly untilMs: number } = {
    region: 0,
    untilMs: 0,
  };
  let writes = 0;
  let acknowledged = 0;
  let lastAtMs = 0;
  let longestMs = 0;
  const probe = (): void => {
    const up = regions.filter((region) => {
      const isUp = isAnswering(region) && region.agent?.agent.health().status === 200;
      observe({ kind: "probed", region: region.index, isUp });
      return isUp && region.isOpen;
    });
    // When every probe is down the record still answers: with the last that was up.
    if (up[0] !== undefined) answer = up[0].index;
    time.after(plan.probeEveryMs, probe);
  };
  const write = (): void => {
    const nowMs = time.nowMs();
    if (nowMs >= cached.untilMs) cached = { region: answer, untilMs: nowMs + plan.recordTtlMs };
    const region = regions[cached.region];
    writes += 1;
    if (region.isOpen && region.isOn) send(region, writes);
    time.after(plan.writeEveryMs, write);
  };
  const send = (region: SimRegion, id: number): void => {
    const { database } = region;
    database.write(id, (commit) => {
      if (commit === "refused" || !region.isOpen) return;
      const waited = database.commits() === "required";
      acknowledged += 1;
      longestMs = Math.max(longestMs, time.nowMs() - lastAtMs);
      lastAtMs = time.nowMs();
      observe({ kind: "acknowledged", region: region.index, id, waited });
    });
  };
  time.after(1, probe);
  time.after(plan.writeEveryMs, write);
  return {
    writes: () => writes,
    acknowledged: () => acknowledged,
    lastAcknowledgedAtMs: () => lastAtMs,
    longestGapMs: () => longestMs,
  };
}

function isAnswering({ agent, isOn }: SimRegion): boolean {
  return isOn && agent?.process.state() === "running";
}
