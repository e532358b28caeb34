/**
 * From the catalogue to the groups that agents work by: every default filled in, every reference followed, and a default group for
 * an Environment whose Applications stand by for each other in two regions (DESIGN §2, ADR 28). Every agent computes the same.
 */
import { required } from "../kernel/assert.ts";
import type { Catalogue, PlacedApplication } from "../resources/catalogue.ts";
import { coverageOf } from "../resources/coverage.ts";
import { type FailoverGroupDocument, failoverGroupSchema } from "../resources/failover-group.ts";
import {
  type FreezeSpec,
  parseInstantMs,
  parseWeekTime,
} from "../resources/failover-group-freezes.ts";
import { durationMs, timingOf } from "../resources/failover-group-lease.ts";
import { apiVersion } from "../resources/fields.ts";
import { leasedPlacements } from "../resources/placements.ts";
import { approversOf } from "../resources/rules/failover-group-approvals.ts";
import { sameRegions } from "../resources/rules/failover-group-covers.ts";
import { slotOf, witnessOf } from "../resources/rules/failover-group-facts.ts";
import { defaultRpoMs } from "../resources/service-kinds.ts";
import type { Sovereign } from "../resources/sovereign.ts";
import { bareKey } from "../resources/sovereign-people.ts";
import type { WitnessSpec } from "../resources/sovereign-witnesses.ts";
import type { Approver } from "./approvals.ts";
import type { Failback, FailoverGroup, FreezeWindow, WeeklyFreeze } from "./group.ts";

/** A group with what stands around it. */
export type ResolvedGroup = FailoverGroup & {
  /** False for the default group of an Environment, which nothing but a person moves. */
  readonly declared: boolean;
  /** FQDNs of the Applications whose health path its agents answer, sorted. */
  readonly applications: readonly string[];
  /** null when the Sovereign has none, or several for a default group to choose from: then nobody can hold the lease. */
  readonly witness: WitnessSpec | null;
  readonly approvers: readonly Approver[];
};

/** An Environment that stands by in other regions and gets no default group, and why. */
export type WithoutGroup = { readonly environment: string; readonly because: string };

export type GroupsOfCatalogue = {
  /** Sorted by name. */
  readonly groups: readonly ResolvedGroup[];
  readonly without: readonly WithoutGroup[];
};

/** The groups of a catalogue, declared and default, sorted by name. */
export function resolveGroups(catalogue: Catalogue): readonly ResolvedGroup[] {
  return groupsOf(catalogue).groups;
}

/** The groups of a catalogue, and the Environments that would need one and can not have it. */
export function groupsOf(catalogue: Catalogue): GroupsOfCatalogue {
  const { sovereign, failoverGroups, failoverGroupsComplete } = catalogue;
  if (sovereign === undefined) return { groups: [], without: [] };
  const documents = failoverGroups.map(({ group }) => group);
  const covered = coveredBy(documents, catalogue.applications);
  const declared = documents.map((group) =>
    resolve(group, { sovereign, declared: true, applications: covered.of(group) }),
  );
  const uncovered = [...covered.uncovered].map(([environment, applications]) =>
    failoverGroupsComplete
      ? defaultFor(environment, applications, sovereign)
      : { environment, because: "a FailoverGroup is wrong or could not be read, and may be its" },
  );
  const defaults = uncovered.flatMap((one) => ("because" in one ? [] : [one]));
  return {
    groups: [...declared, ...defaults].sort((a, b) => (a.name < b.name ? -1 : 1)),
    without: uncovered.flatMap((one) => ("because" in one ? [one] : [])),
  };
}

type Covered = {
  readonly of: (group: FailoverGroupDocument) => readonly PlacedApplication[];
  /** Applications that need a lease and that no group covers, by Environment. */
  readonly uncovered: ReadonlyMap<string, readonly PlacedApplication[]>;
};

/** Who covers which Application. */
function coveredBy(
  groups: readonly FailoverGroupDocument[],
  applications: readonly PlacedApplication[],
): Covered {
  const groupOf = coverageOf(groups);
  const covered = new Map<string, PlacedApplication[]>();
  const uncovered = new Map<string, PlacedApplication[]>();
  for (const placed of applications) {
    const { spec } = placed.application;
    if (!leasedPlacements.has(spec.placement)) continue;
    const group = groupOf(placed.application);
    const [map, key] = group === undefined ? [uncovered, spec.environmentRef] : [covered, group];
    const all = map.get(key);
    if (all === undefined) map.set(key, [placed]);
    else all.push(placed);
  }
  return { of: ({ metadata }) => covered.get(metadata.name) ?? [], uncovered };
}

/** The default group of an Environment, when all that stands by in it does so between the same two regions. */
function defaultFor(
  environment: string,
  applications: readonly PlacedApplication[],
  sovereign: Sovereign,
): ResolvedGroup | WithoutGroup {
  const [first] = applications;
  const regions = first?.application.spec.regions ?? [];
  const other = applications.find(
    ({ application }) => !sameRegions(application.spec.regions, regions),
  );
  if (first === undefined || regions.length !== 2) {
    const because = `${first?.fqdn ?? "it"} has ${regions.length} regions and a lease takes two; declare a FailoverGroup, or another placement`;
    return { environment, because };
  }
  if (other !== undefined) {
    const because = `${first.fqdn} and ${other.fqdn} are in different regions; declare a FailoverGroup for each pair`;
    return { environment, because };
  }
  const document = failoverGroupSchema.parse({
    apiVersion,
    kind: "FailoverGroup",
    metadata: { name: environment },
    spec: { regions: [...regions].sort(), mode: "manual" },
  });
  return resolve(document, { sovereign, declared: false, applications });
}

type Surroundings = {
  readonly sovereign: Sovereign;
  readonly declared: boolean;
  readonly applications: readonly PlacedApplication[];
};

function resolve(group: FailoverGroupDocument, around: Surroundings): ResolvedGroup {
  const { metadata, spec } = group;
  const { sovereign, declared, applications } = around;
  const [a, b] = spec.regions;
  const witness = witnessOf(group, sovereign) ?? null;
  const services = spec.services ?? [];
  const freezes = spec.freezes ?? [];
  return {
    name: metadata.name,
    slot: slotOf(group, sovereign.spec.domain),
    regions: [required(a, "a right group has two regions"), required(b, "a right group has two")],
    mode: spec.mode,
    onWitnessLoss: spec.onWitnessLoss,
    timing: timingOf(spec.lease),
    services: services.map(({ name, kind, mayLose, after = [], stopWithin, unpublishedBytes }) => ({
      name,
      kind,
      mayLose,
      after,
      ...(stopWithin === undefined ? {} : { stopWithinMs: durationMs(stopWithin) }),
      ...(unpublishedBytes === undefined ? {} : { unpublishedBytes }),
    })),
    approvals: { semiAutomatic: spec.approvals.semiAutomatic, lossy: spec.approvals.lossy },
    objectives: {
      rtoMs: durationMs(spec.objectives.rto),
      rpoBytes: spec.objectives.rpoBytes,
      rpoMs:
        spec.objectives.rpo === undefined
          ? defaultRpoMs(services.map(({ kind }) => kind))
          : durationMs(spec.objectives.rpo),
    },
    freezes: freezes.flatMap(onceOf),
    weeklyFreezes: freezes.flatMap(weeklyOf),
    onApplicationFailure: spec.failover.onApplicationFailure,
    failback: failbackOf(spec.failback),
    safety: {
      maxLossyPerDay: spec.safety.maxLossyPerDay,
      restMs: durationMs(spec.safety.rest),
      dnsEvidence: spec.safety.dnsEvidence,
      witnessIsOutside:
        witness !== null && !spec.regions.some((region) => region === witness.region),
    },
    declared,
    applications: applications.map(({ fqdn }) => fqdn).sort(),
    witness,
    approvers: approversOf(group, sovereign).map(({ name, roles, sshKeys = [] }) => ({
      person: name,
      roles,
      keys: sshKeys.map(bareKey),
    })),
  };
}

function onceOf({ once, because }: FreezeSpec): readonly FreezeWindow[] {
  if (once === undefined) return [];
  const atMs = (text: string): number => required(parseInstantMs(text), "the rules checked it");
  return [{ fromAtMs: atMs(once.from), untilAtMs: atMs(once.until), because }];
}

function weeklyOf({ weekly, because }: FreezeSpec): readonly WeeklyFreeze[] {
  if (weekly === undefined) return [];
  const { from, until, zone } = weekly;
  return [{ from: parseWeekTime(from), until: parseWeekTime(until), zone, because }];
}

function failbackOf({
  policy,
  to,
  inStepFor,
}: FailoverGroupDocument["spec"]["failback"]): Failback {
  if (policy === "never") return { policy };
  const region = required(to, "the rules ask for `to` beside approved");
  return { policy, to: region, inStepForMs: durationMs(inStepFor) };
}
