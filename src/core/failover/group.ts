/** A failover group as the agents use it: what its document says, with every default filled in (DESIGN §2). */
import type { LeaseTiming } from "../lease/timing.ts";

export const failoverModes = ["automatic", "semiAutomatic", "manual"] as const;
export type FailoverMode = (typeof failoverModes)[number];

/** What a holder does while the witness is silent; losing it never extends anybody's authority by itself (DESIGN §7.3). */
export const witnessLossPolicies = ["sticky", "peerArbiter", "fence"] as const;
export type WitnessLossPolicy = (typeof witnessLossPolicies)[number];

export type GroupService = {
  readonly name: string;
  /** Which adapter promotes it: `postgresql`, `cloudnativepg`, `valkey`, … */
  readonly kind: string;
  /** `automatic` looks only at services that may lose nothing. */
  readonly mayLose: "nothing" | "everything";
  /** Services that are promoted before it. */
  readonly after: readonly string[];
};

export type FreezeWindow = {
  readonly fromAtMs: number;
  readonly untilAtMs: number;
  readonly because: string;
};

export type FailoverGroup = {
  readonly name: string;
  /** Its name at the witness. */
  readonly slot: string;
  /** Two clusters, peers; their order means nothing. */
  readonly regions: readonly [string, string];
  readonly mode: FailoverMode;
  readonly onWitnessLoss: WitnessLossPolicy;
  readonly timing: LeaseTiming;
  readonly services: readonly GroupService[];
  /** How many different people have to approve. */
  readonly approvals: { readonly semiAutomatic: number; readonly lossy: number };
  readonly objectives: { readonly rtoMs: number; readonly rpoBytes: number };
  /** Windows in which nothing is switched over; a lost region is still failed over unless `mode` forbids it. */
  readonly freezes: readonly FreezeWindow[];
  readonly safety: {
    /** Failovers that lost something, in any 24 hours. */
    readonly maxLossyPerDay: number;
    /** Rest between two automatic failovers. */
    readonly restMs: number;
    /** `veto`: a candidate waits while two of three resolvers still show the holder, signed and fresh. */
    readonly dnsEvidence: "veto" | "observe";
    /** Whether the witness is in neither of the two regions; a witness inside one does not arm `automatic`. */
    readonly witnessIsOutside: boolean;
  };
};
