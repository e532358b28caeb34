/** How long a take-over takes, part by part, from the times of the lease (facts of failover §3.4). Pure arithmetic, shown as it is done. */
import { outwaitMs } from "../lease/timing.ts";
import type { FailoverGroup, GroupService } from "./group.ts";

/** What the documents of a group do not say. */
export type RtoWorld = {
  /** How often name servers probe, and how long one probe may take. */
  readonly probeEveryMs: number;
  readonly probeTimeoutMs: number;
  /** TTL of the records that clients cache. */
  readonly recordTtlMs: number;
  /** From asking the witness to its answer. */
  readonly witnessMs: number;
  /** To promote one service and see it take a write. */
  readonly promoteMs: number;
};

/** As the sandbox and the defaults of documents have it; promotion and witness as measured on real servers. */
export const defaultRtoWorld: RtoWorld = {
  probeEveryMs: 5_000,
  probeTimeoutMs: 2_000,
  recordTtlMs: 5_000,
  witnessMs: 200,
  promoteMs: 2_000,
};

export type RtoLine = {
  readonly what: string;
  readonly leastMs: number;
  readonly expectedMs: number;
  readonly mostMs: number;
  /** The arithmetic, in words. */
  readonly because: string;
};

const seconds = (ms: number): string => `${Number((ms / 1_000).toFixed(1))} s`;

/** The parts in their order. */
export function rtoLines(
  { timing, services }: Pick<FailoverGroup, "timing" | "services">,
  world: RtoWorld,
): readonly RtoLine[] {
  const waitMs = outwaitMs(timing);
  const { renewEveryMs, rpcTimeoutMs, ttlMs, marginMs } = timing;
  // Near a renewal a standby looks this often (`standbyPollMs`).
  const pollMs = Math.ceil(renewEveryMs / 10);
  const steps = stepsOf(services);
  const { probeEveryMs, probeTimeoutMs, recordTtlMs, witnessMs, promoteMs } = world;
  return [
    {
      what: "outwait the lease",
      leastMs: Math.max(0, waitMs - renewEveryMs),
      expectedMs: Math.max(0, waitMs + pollMs / 2 - renewEveryMs / 2),
      mostMs: waitMs + pollMs,
      because: `TTL ${seconds(ttlMs)} and margin ${seconds(marginMs)} from when its last renewal was seen; that was up to ${seconds(renewEveryMs)} before the end, and is seen within ${seconds(pollMs)}`,
    },
    {
      what: "take it at the witness",
      leastMs: 0,
      expectedMs: witnessMs,
      mostMs: rpcTimeoutMs,
      because: `one answer, at most ${seconds(rpcTimeoutMs)}`,
    },
    {
      what: "promote and verify",
      leastMs: (steps * promoteMs) / 4,
      expectedMs: steps * promoteMs,
      mostMs: steps * promoteMs * 3,
      because: `${steps} ${steps === 1 ? "step" : "steps"} for ${services.length} ${services.length === 1 ? "service" : "services"}, each some ${seconds(promoteMs)}`,
    },
    {
      what: "name servers see 200",
      leastMs: 0,
      expectedMs: probeEveryMs / 2,
      mostMs: probeEveryMs + probeTimeoutMs,
      because: `a probe every ${seconds(probeEveryMs)}, each at most ${seconds(probeTimeoutMs)}`,
    },
    {
      what: "cached answers run out",
      leastMs: 0,
      expectedMs: recordTtlMs / 2,
      mostMs: recordTtlMs,
      because: `records hold for ${seconds(recordTtlMs)}`,
    },
  ];
}

/** All parts after one another. */
export function sumOf(lines: readonly RtoLine[]): {
  readonly leastMs: number;
  readonly expectedMs: number;
  readonly mostMs: number;
} {
  const sum = (of: (line: RtoLine) => number): number =>
    Math.round(lines.reduce((total, line) => total + of(line), 0));
  return {
    leastMs: sum(({ leastMs }) => leastMs),
    expectedMs: sum(({ expectedMs }) => expectedMs),
    mostMs: sum(({ mostMs }) => mostMs),
  };
}

/** The longest chain of services that wait for each other; those beside it are promoted at the same time. */
export function stepsOf(services: readonly Pick<GroupService, "name" | "after">[]): number {
  const depths = new Map<string, number>();
  // Documents are refused where services wait in a circle; a circle would only end the counting here.
  for (let round = 0; round < services.length; round += 1) {
    for (const { name, after } of services) {
      depths.set(name, 1 + Math.max(0, ...after.map((one) => depths.get(one) ?? 0)));
    }
  }
  return Math.min(services.length, Math.max(0, ...depths.values()));
}
