/** What the checkers of a failover world are told, each thing at the moment at which it is true. */
import type { Tenure } from "../core/failover/watchdog.ts";
import type { LeaseRecord } from "../core/lease/record.ts";
import type { LeaseRequest } from "../core/lease/request.ts";
import type { FailoverPlan } from "./failover-plan.ts";
import type { SimRegion } from "./failover-region.ts";
import type { SwarmWitness } from "./failover-witness.ts";

export type RegionIndex = 0 | 1;

export type Observation =
  /** A database takes writes, or no longer does. */
  | { readonly kind: "writability" }
  /** The agent left a tenure with its watchdog. */
  | { readonly kind: "tenure"; readonly region: RegionIndex; readonly tenure: Tenure | null }
  | {
      readonly kind: "witnessWrote";
      readonly before: LeaseRecord;
      readonly after: LeaseRecord;
      readonly request: LeaseRequest;
    }
  | { readonly kind: "promoted"; readonly region: RegionIndex; readonly epoch: number }
  | { readonly kind: "relaxed"; readonly region: RegionIndex }
  | {
      readonly kind: "acknowledged";
      readonly region: RegionIndex;
      readonly id: number;
      /** Whether the commit waited for the standby. */
      readonly waited: boolean;
    }
  | { readonly kind: "probed"; readonly region: RegionIndex; readonly isUp: boolean }
  /** Something begins or ends that touches the region's agent, its machine or its way to the witness. */
  | { readonly kind: "disturbed"; readonly region: RegionIndex }
  /** The time is over in which automation should have got there by itself. */
  | { readonly kind: "calmIsOver" }
  | { readonly kind: "machineResumed"; readonly region: RegionIndex }
  | { readonly kind: "approvedLoss"; readonly region: RegionIndex; readonly bytes: number };

export type Violation = {
  readonly checker: string;
  readonly atMs: number;
  readonly what: string;
};

/** What a checker may look at. */
export type Seen = {
  readonly plan: FailoverPlan;
  readonly nowMs: () => number;
  readonly regions: readonly [SimRegion, SimRegion];
  readonly witness: SwarmWitness;
  /** Looks again after `delayMs`. */
  readonly later: (delayMs: number, look: () => void) => void;
};

/** One property: it is told what happens, and reports when the property does not hold. */
export type Checker = {
  readonly name: string;
  readonly make: (
    seen: Seen,
    report: (what: string) => void,
  ) => {
    readonly observe?: (observation: Observation) => void;
    /** After the calm. */
    readonly end?: () => void;
  };
};

/** The other of two. */
export function otherOf(region: RegionIndex): RegionIndex {
  return region === 0 ? 1 : 0;
}
