/**
 * Whether automation would work now (facts of failover §4 row 13): every reason against it, as a sentence. One reason disarms automatic
 * failover until it is gone; nothing else is stopped by it, and what a person asks for is not either.
 */
import type { ServiceFacts } from "../../core/failover/facts.ts";
import type { FailoverGroup } from "../../core/failover/group.ts";
import type { Failure } from "../../core/kernel/failure.ts";
import { isSameJson, type JsonObject } from "../../core/kernel/json.ts";
import type { FenceConfig } from "../watchdog/fence-action.ts";
import { sharedFields } from "./group-change.ts";

export type ReadinessFacts = {
  readonly self: string;
  readonly group: FailoverGroup;
  readonly fence: FenceConfig;
  /** Programs of the fence that can not be run. */
  readonly missingPrograms: readonly string[];
  /** What the watchdog answered last; null when it did not. `unconfirmed`: why its last fence began, while that is not confirmed. */
  readonly watchdog: { readonly older: string | null; readonly unconfirmed: string | null } | null;
  /** Why the fence is not one of these data, as far as that was tried or can be read; null when nothing says so. */
  readonly fenceDoubt: string | null;
  readonly witness: {
    readonly failure: Failure | null;
    /** Cluster that its credential belongs to; null when that is not said. */
    readonly holder: string | null;
    readonly isSilent: boolean;
  };
  readonly journal: Failure | null;
  /** Why a place of the record can not be used, one sentence each: nothing that has to be remembered is done then. */
  readonly records: readonly string[];
  /** Why the mesh and the health path would not follow authority. */
  readonly traffic?: readonly string[];
  /** `change`: what both regions have to agree on and waits. That the source is away is no reason: it may be in the region that is lost. */
  readonly documents: { readonly change: string | null; readonly problem: string | null };
  /** The peer's last report; null before there was one. It being silent now is no reason: then it may be lost. */
  readonly peer: {
    readonly revision: string;
    /** The group as it works by it. */
    readonly group: JsonObject;
    /** By how much its wall clock was ahead of ours. */
    readonly clockAheadMs: number;
  } | null;
  readonly revision: string;
  readonly services: readonly ServiceFacts[];
  /** What public resolvers show of this region's own heartbeat; null when there is none, or it was not measured. */
  readonly selfVisible: boolean | null;
};

/** Approvals and freezes are judged by wall clocks. */
const clockDifferenceMaxMs = 60_000;

/** The reasons, in the order in which a person would mend them; empty when automation works. */
export function reasonsNotReady(facts: ReadinessFacts): readonly string[] {
  return [
    ...ofMachine(facts),
    ...ofWitness(facts),
    ...ofDocuments(facts),
    ...ofServices(facts),
    ...(facts.traffic ?? []),
    ...(facts.selfVisible === false
      ? ["public resolvers do not show this region's own heartbeat"]
      : []),
  ];
}

/** How long one round of the fence may take, in milliseconds: each step, and the confirmation before and after it. */
export function fenceRoundMs({ steps, confirm }: FenceConfig): number {
  const ofSteps = steps.reduce((sum, { limitMs }) => sum + limitMs, 0);
  return ofSteps + confirm.limitMs * (steps.length + 1);
}

function ofMachine(facts: ReadinessFacts) {
  const { journal, watchdog, missingPrograms, fence, fenceDoubt, group } = facts;
  const reasons: string[] = [];
  if (journal !== null) reasons.push(`the journal can not be written: ${journal.message}`);
  reasons.push(...facts.records);
  if (watchdog === null) reasons.push("the watchdog does not answer");
  else if (watchdog.older !== null) reasons.push(watchdog.older);
  if (watchdog !== null && watchdog.unconfirmed !== null) {
    reasons.push(`the watchdog's last fence is not confirmed (${watchdog.unconfirmed})`);
  }
  if (fenceDoubt !== null) reasons.push(fenceDoubt);
  for (const program of missingPrograms) {
    reasons.push(`the fence's program ${program} can not be run`);
  }
  const roundMs = fenceRoundMs(fence);
  const { fenceBudgetMs } = group.timing;
  if (roundMs > fenceBudgetMs) {
    reasons.push(
      `one round of the watchdog's fence may take ${roundMs} ms, and the group's fence budget is ${fenceBudgetMs} ms`,
    );
  }
  return reasons;
}

function ofWitness({ witness, self, group }: ReadinessFacts) {
  const reasons: string[] = [];
  if (witness.holder !== null && witness.holder !== self) {
    reasons.push(
      `the credential for the witness is that of ${witness.holder}, and this is ${self}`,
    );
  } else if (witness.failure !== null) {
    reasons.push(`the witness does not grant: ${witness.failure.message}`);
  } else if (witness.isSilent) reasons.push("the witness does not answer");
  if (group.mode === "automatic" && !group.safety.witnessIsOutside) {
    reasons.push("the witness is inside one of the two regions, and can be lost with it");
  }
  return reasons;
}

function ofDocuments({ documents, peer, group, revision }: ReadinessFacts) {
  const reasons: string[] = [];
  if (documents.problem !== null) reasons.push(documents.problem);
  if (documents.change !== null) reasons.push(documents.change);
  if (peer === null) return reasons;
  const fields = differingFields(group, peer.group);
  if (fields.length > 0) {
    reasons.push(
      `the peer works by another group (${fields.join(", ")}): by revision ${short(peer.revision)}, and this region by ${short(revision)}`,
    );
  }
  const aheadMs = Math.abs(peer.clockAheadMs);
  if (aheadMs > clockDifferenceMaxMs) {
    reasons.push(`the wall clocks of the two regions differ by ${Math.round(aheadMs / 1_000)} s`);
  }
  return reasons;
}

function ofServices({ group, services }: ReadinessFacts) {
  const precious = group.services.filter(({ mayLose }) => mayLose === "nothing");
  return precious.flatMap(({ name }) => {
    const here = services.find((service) => service.name === name);
    const isAlone = here?.sync === "alone" || here?.sync === "stalled";
    return isAlone ? [`the peer's standby of ${name} does not confirm commits`] : [];
  });
}

/** Fields in which the two groups differ and both regions have to agree. */
function differingFields(ours: FailoverGroup, theirs: JsonObject): readonly string[] {
  const own = JSON.parse(JSON.stringify(ours)) as JsonObject; // A group is plain data; this is what the peer is told of it.
  const names = new Set([...Object.keys(own), ...Object.keys(theirs)]);
  // What each region acts by alone differs for as long as one of them has not read the newest revision.
  const shared = [...names].filter((name) => sharedFields.has(name));
  return shared.filter((name) => !isSameJson(own[name] ?? null, theirs[name] ?? null)).sort();
}

function short(revision: string): string {
  return revision.slice(0, 12);
}
