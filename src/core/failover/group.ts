/** A failover group as the agents use it: what its document says, with every default filled in (DESIGN §2). */
import type { LeaseTiming } from "../lease/timing.ts";
import type { FailoverMode, WitnessLossPolicy } from "../resources/failover-words.ts";

export {
  type FailoverMode,
  failoverModes,
  type WitnessLossPolicy,
  witnessLossPolicies,
} from "../resources/failover-words.ts";

export type GroupService = {
  readonly name: string;
  /** Which adapter promotes it: `postgresql`, `cloudnativepg`, `valkey`, … */
  readonly kind: string;
  /** `automatic` looks only at services that may lose nothing. */
  readonly mayLose: "nothing" | "everything";
  /** Services that are promoted before it. */
  readonly after: readonly string[];
  /** How long it takes at most from being told to stop until its last write is refused; absent when nobody stated it. */
  readonly stopWithinMs?: number;
  /** The most that may be written of its log beyond what was published, while commits do not wait; absent is the adapter's default. */
  readonly unpublishedBytes?: number;
};

export type FreezeWindow = {
  readonly fromAtMs: number;
  readonly untilAtMs: number;
  readonly because: string;
};

/** A moment of every week, as the clocks of a zone show it; weekday 0 is Monday. */
export type WeekTime = { readonly weekday: number; readonly minuteOfDay: number };

/** A window of every week, less than a week long. */
export type WeeklyFreeze = {
  readonly from: WeekTime;
  readonly until: WeekTime;
  /** IANA time zone. */
  readonly zone: string;
  readonly because: string;
};

/** `never`: it stays until somebody switches over. `approved`: offered when the region has been in step for that long. */
export type Failback =
  | { readonly policy: "never" }
  | { readonly policy: "approved"; readonly to: string; readonly inStepForMs: number };

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
  readonly objectives: {
    readonly rtoMs: number;
    readonly rpoBytes: number;
    /** How old the newest lost write may be. */
    readonly rpoMs?: number;
  };
  /** Windows in which nothing is switched over; a lost region is still failed over unless `mode` forbids it. */
  readonly freezes: readonly FreezeWindow[];
  /** The same, every week; ask `isFrozen` of `freeze.ts`, which looks at both. */
  readonly weeklyFreezes?: readonly WeeklyFreeze[];
  /** Whether one Application's failure gives the whole group away; absent is `keep`. */
  readonly onApplicationFailure?: "keep" | "release";
  /** Where authority belongs in quiet times, if anywhere; absent is `never`. */
  readonly failback?: Failback;
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
