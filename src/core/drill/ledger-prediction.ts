/**
 * How long a failover takes by the times of the group and of DNS, before anything is broken: what stands beside the measured
 * value. A region breaks just after a renewal at worst, half a period after one on the average; so it is with probes and TTLs.
 */
import { z } from "zod";
import { humanDurationMs } from "../kernel/duration.ts";
import { standbyPollMs } from "../lease/poll.ts";
import { type LeaseTiming, outwaitMs } from "../lease/timing.ts";
import { type LedgerKind, ledgerKindFacts } from "./ledger-kinds.ts";

export const ledgerProfileSchema = z
  .object({
    lease: z.object({
      ttlMs: z.int(),
      renewEveryMs: z.int(),
      rpcTimeoutMs: z.int(),
      fenceBudgetMs: z.int(),
      clockRateErrorRatio: z.number(),
      marginMs: z.int(),
    }),
    probeIntervalMs: z.int(),
    probeTimeoutMs: z.int(),
    recordTtlMs: z.int(),
    recursorPatienceMs: z.int(),
    promoteMs: z.int().describe("Allowance for promotion until the first write is taken."),
    measureEveryMs: z.int().describe("How often an agent looks at its data."),
    startUpMs: z.int().describe("Allowance for a killed region's processes to be ready again."),
    writesPerSecond: z.int(),
    writers: z.int(),
    writeLimitMs: z.int().describe("Time after which the client gives a write up."),
    grainMs: z.int(),
  })
  .readonly();
/** The times by which a drill of data is predicted and judged; stated in its report. */
export type LedgerProfile = z.infer<typeof ledgerProfileSchema>;

export type Duration = { readonly ms: number; readonly arithmetic: string };

export type Prediction = {
  /** On the average, and at most. */
  readonly likely: Duration;
  readonly most: Duration;
};

type Part = readonly [name: string, likelyMs: number, mostMs: number];

/** How long nobody acknowledges, for a kind that moves the writer or stalls it; undefined where nothing is stated. */
export function predictGap(kind: LedgerKind, profile: LedgerProfile): Prediction | undefined {
  const { how, writer, failures } = ledgerKindFacts[kind];
  // People decide when.
  if (how.by === "people") return undefined;
  if (how.by === "order") return summed([...handing(profile), ...answering(profile)]);
  if (writer === "moves") return summed([...outwaiting(profile.lease), ...taking(profile)]);
  if (writer === "stays" && failures === "stalls") return summed(stalling(profile));
  if (failures === "none") {
    const { writeLimitMs, grainMs } = profile;
    return summed([
      ["one write", 0, writeLimitMs],
      ["measuring grain", 0, grainMs],
    ]);
  }
  return undefined;
}

function outwaiting(lease: LeaseTiming): readonly Part[] {
  const outwait = outwaitMs(lease);
  const pollMs = standbyPollMs(lease, lease.renewEveryMs);
  return [
    // The record is watched from the renewal before the break.
    ["lease outwaited", outwait - lease.renewEveryMs / 2, outwait],
    ["standby's next look", pollMs / 2, pollMs],
    ["witness asked", lease.rpcTimeoutMs / 20, lease.rpcTimeoutMs],
  ];
}

const taking = (profile: LedgerProfile): readonly Part[] => [
  ["promotion", profile.promoteMs / 4, profile.promoteMs],
  ...answering(profile),
];

function answering(profile: LedgerProfile): readonly Part[] {
  return [
    ["probe interval", profile.probeIntervalMs / 2, profile.probeIntervalMs],
    ["record TTL", profile.recordTtlMs / 2, profile.recordTtlMs + profile.grainMs],
    ["dead name server", profile.recursorPatienceMs / 2, profile.recursorPatienceMs],
  ];
}

function handing({ lease, promoteMs, measureEveryMs }: LedgerProfile): readonly Part[] {
  const { rpcTimeoutMs, fenceBudgetMs, renewEveryMs } = lease;
  return [
    ["order taken", rpcTimeoutMs / 3, rpcTimeoutMs],
    ["old writer stops", fenceBudgetMs / 5, fenceBudgetMs],
    ["its final position measured", measureEveryMs, 2 * measureEveryMs],
    // It reads once in a renewal's period, and was not told that it is its turn.
    ["peer's next look", renewEveryMs / 2, renewEveryMs],
    ["witness asked", rpcTimeoutMs / 10, rpcTimeoutMs],
    ["promotion", promoteMs / 4, promoteMs],
  ];
}

/** From the standby's silence to commits without it: seen, recorded at the witness, told to the database. */
function stalling({ lease, measureEveryMs, grainMs }: LedgerProfile): readonly Part[] {
  return [
    ["connection to the standby found dead", lease.ttlMs / 4, lease.ttlMs],
    ["next look at the data", measureEveryMs / 2, measureEveryMs],
    ["witness asked", lease.rpcTimeoutMs / 10, lease.rpcTimeoutMs],
    ["database told", lease.rpcTimeoutMs / 10, lease.rpcTimeoutMs],
    ["measuring grain", 0, grainMs],
  ];
}

function summed(parts: readonly Part[]): Prediction {
  const sum = (at: 1 | 2): Duration => ({
    ms: Math.round(parts.reduce((total, part) => total + part[at], 0)),
    arithmetic: parts.map((part) => `${part[0]} ${humanDurationMs(part[at])}`).join(" + "),
  });
  return { likely: sum(1), most: sum(2) };
}

/**
 * What is answered for (DESIGN §8): 40 s with a lease of at most 15 s, 60 s with one of at most 30 s, 20 s for a planned
 * switchover. Undefined where no number was promised.
 */
export function targetMs(kind: LedgerKind, { lease }: LedgerProfile): number | undefined {
  const { how, writer } = ledgerKindFacts[kind];
  if (how.by === "order") return 20_000;
  if (how.by === "people") return undefined;
  if (writer !== "moves" || lease.ttlMs > 30_000) return undefined;
  return lease.ttlMs <= 15_000 ? 40_000 : 60_000;
}
