/**
 * What a region's Services have to say to the mesh, and in which order it is said (facts of failover §2.2, ADR 45). The region that serves keeps its
 * own clients and takes those of the other; a region that does not takes nobody's and sends its own away. Both stay global.
 */
import type { AgentState } from "../failover/state.ts";
import type { MeshValues } from "./mesh-annotations.ts";

/** Where this region stands for the group that the Services belong to. */
export type MeshStanding =
  | { readonly kind: "serving"; readonly epoch: number }
  /** It may not write, or not yet; `epoch` is the latest that it knows of. */
  | { readonly kind: "away"; readonly epoch: number }
  /** In between, or not known yet: nothing is changed. */
  | { readonly kind: "between" };

/** A Service of this region as it was seen. */
export type MeshFacts = MeshValues & {
  /** By which it was written last; null when it carries none. */
  readonly epoch: number | null;
};

/** One write. Between any two the Service is in a state that may last. */
export type MeshStep = {
  readonly reason:
    | "KeepOwnClients"
    | "TakeOtherClients"
    | "LeaveOtherClients"
    | "SendOwnClients"
    | "CarryEpoch";
  readonly because: string;
  readonly values: MeshValues;
  readonly epoch: number;
};

export type MeshPlan =
  | { readonly kind: "settled" }
  | { readonly kind: "steps"; readonly steps: readonly MeshStep[] }
  /** Somebody acted by a later epoch than ours: this region is not the one that serves, whatever it believes. */
  | { readonly kind: "outlived"; readonly because: string };

/** The standing of a region by what its agent knows at a moment of its monotonic clock. */
export function meshStanding(
  { authority, data, record }: Pick<AgentState, "authority" | "data" | "record">,
  nowMs: number,
): MeshStanding {
  // Before its first event an agent knows nothing, and its tenure may be alive with the watchdog.
  if (record === null) return { kind: "between" };
  const live = authority.kind !== "none" && nowMs < authority.untilAtMs ? authority : null;
  if (live !== null && data.kind === "serving") return { kind: "serving", epoch: live.epoch };
  // A promotion, or a process that goes on with a tenure: what it was stays until the data say what it is.
  if (live !== null && data.kind === "promoting") return { kind: "between" };
  const lost = authority.kind === "none" ? 0 : authority.epoch;
  return { kind: "away", epoch: Math.max(record.epochSeen, lost) };
}

/** The writes that bring a Service to where it has to be; none when it is there. */
export function meshPlan(standing: MeshStanding, facts: MeshFacts): MeshPlan {
  switch (standing.kind) {
    case "between":
      return { kind: "settled" };
    case "serving":
      if (facts.epoch !== null && facts.epoch > standing.epoch) {
        const because = `it was written by epoch ${facts.epoch}, and this region serves by epoch ${standing.epoch}`;
        return { kind: "outlived", because };
      }
      return planned(facts, standing.epoch, takeOver(facts, standing.epoch));
    case "away": {
      // To withdraw is right by any epoch, and the object takes none that is older than its own.
      const epoch = Math.max(standing.epoch, facts.epoch ?? 0);
      return planned(facts, epoch, withdraw(facts, epoch));
    }
  }
}

function planned(facts: MeshFacts, epoch: number, steps: readonly MeshStep[]): MeshPlan {
  if (steps.length > 0) return { kind: "steps", steps };
  if ((facts.epoch ?? -1) >= epoch) return { kind: "settled" };
  const { global, shared, affinity } = facts;
  const because = `a write by an epoch before ${epoch} may still be on its way, and is refused from now on`;
  const values = { global, shared, affinity };
  return { kind: "steps", steps: [{ reason: "CarryEpoch", because, values, epoch }] };
}

/** First away from the other region's backends, which stay in the mesh for ever when that region is lost; only then is anybody asked to come. */
function takeOver({ global, shared, affinity }: MeshFacts, epoch: number): readonly MeshStep[] {
  const steps: MeshStep[] = [];
  if (affinity !== "local") {
    const because =
      "this region serves: its clients stay with its own backends, and need nobody to say that the others are gone";
    const values = { global, shared: global && shared, affinity: "local" } as const;
    steps.push({ reason: "KeepOwnClients", because, values, epoch });
  }
  if (!global || !shared) {
    const because = "this region serves: clients of other clusters may come";
    const values = { global: true, shared: true, affinity: "local" } as const;
    steps.push({ reason: "TakeOtherClients", because, values, epoch });
  }
  return steps;
}

/** First nobody else is led here, then the own clients go elsewhere, as long as there is anywhere: else they stay. */
function withdraw({ global, shared, affinity }: MeshFacts, epoch: number): readonly MeshStep[] {
  const steps: MeshStep[] = [];
  if (shared) {
    const because = "this region does not serve: its backends are not given to other clusters";
    const values = { global, shared: false, affinity };
    steps.push({ reason: "LeaveOtherClients", because, values, epoch });
  }
  if (!global || affinity !== "remote") {
    const because =
      "this region does not serve: its clients go to where the Service is shared, and to its own backends while that is nowhere";
    const values = { global: true, shared: false, affinity: "remote" } as const;
    steps.push({ reason: "SendOwnClients", because, values, epoch });
  }
  return steps;
}
