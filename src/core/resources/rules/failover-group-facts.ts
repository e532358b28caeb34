/** What the rules of a FailoverGroup look at: the group, and what of the documents beside it matters for it. */
import type { Application } from "../application.ts";
import { coversOf, type FailoverGroupDocument } from "../failover-group.ts";
import { leasedPlacements } from "../placements.ts";
import type { Sovereign } from "../sovereign.ts";
import type { WitnessSpec } from "../sovereign-witnesses.ts";

export { leasedPlacements };

/** Which groups claim the same thing, by its key. */
export type GroupClaims = {
  readonly environments: ReadonlyMap<string, readonly string[]>;
  readonly applications: ReadonlyMap<string, readonly string[]>;
  readonly slots: ReadonlyMap<string, readonly string[]>;
};

export type GroupWorld = {
  /** Undefined when the Sovereign is missing or wrong: then nothing about regions, witnesses and people can be said. */
  readonly sovereign: Sovereign | undefined;
  /** Names of all declared Environments, also of those that are wrong: theirs is the problem then. */
  readonly environments: ReadonlySet<string>;
  /** `environment/name` of all declared Applications, also of those that are wrong. */
  readonly applicationKeys: ReadonlySet<string>;
  /** Right Applications by Environment. */
  readonly applications: ReadonlyMap<string, readonly Application[]>;
  readonly claims: GroupClaims;
  /** False when a file could not be read: what is not found may be declared there. */
  readonly complete: boolean;
};

export type FailoverGroupFacts = GroupWorld & { readonly group: FailoverGroupDocument };

export function applicationKey(environmentRef: string, name: string): string {
  return `${environmentRef}/${name}`;
}

/** The Applications that the group covers and that need a lease. */
export function leasedOf(facts: FailoverGroupFacts): readonly Application[] {
  const { environments, applications } = coversOf(facts.group);
  const named = applications.flatMap(({ environmentRef, name }) =>
    applicationsIn(facts, environmentRef).filter(({ metadata }) => metadata.name === name),
  );
  const within = environments.flatMap((environment) => notSingledOut(facts, environment));
  return [...named, ...within].filter(({ spec }) => leasedPlacements.has(spec.placement));
}

/** The Applications of an Environment that no group names by itself. */
export function notSingledOut(
  facts: FailoverGroupFacts,
  environment: string,
): readonly Application[] {
  return applicationsIn(facts, environment).filter(
    ({ metadata }) => !facts.claims.applications.has(applicationKey(environment, metadata.name)),
  );
}

export function applicationsIn(
  { applications }: GroupWorld,
  environment: string,
): readonly Application[] {
  return applications.get(environment) ?? [];
}

/** The witness that a group means; undefined when it names none that is there, or does not say which of several. */
export function witnessOf(
  { spec }: FailoverGroupDocument,
  sovereign: Sovereign | undefined,
): WitnessSpec | undefined {
  const witnesses = sovereign?.spec.witnesses ?? [];
  const { name } = spec.witness;
  if (name === undefined) return witnesses.length === 1 ? witnesses[0] : undefined;
  return witnesses.find((witness) => witness.name === name);
}

/** The lease's name at the witness. */
export function slotOf({ metadata, spec }: FailoverGroupDocument, domain: string): string {
  return spec.witness.slot ?? `${metadata.name}.failover.${domain}`;
}

/** Every claim of every group, right or wrong. */
export function claimsOf(
  groups: readonly FailoverGroupDocument[],
  sovereign: Sovereign | undefined,
): GroupClaims {
  const [environments, applications, slots] = [0, 0, 0].map(() => new Map<string, string[]>());
  const claim = (map: Map<string, string[]> | undefined, key: string, name: string): void => {
    const names = map?.get(key);
    if (names === undefined) map?.set(key, [name]);
    else names.push(name);
  };
  for (const group of groups) {
    const covers = coversOf(group);
    const { name } = group.metadata;
    for (const environment of new Set(covers.environments)) claim(environments, environment, name);
    const keys = covers.applications.map((one) => applicationKey(one.environmentRef, one.name));
    for (const key of new Set(keys)) claim(applications, key, name);
    const witness = witnessOf(group, sovereign);
    if (sovereign === undefined || witness === undefined) continue;
    claim(slots, `${witness.name} ${slotOf(group, sovereign.spec.domain)}`, name);
  }
  const nothing: ReadonlyMap<string, readonly string[]> = new Map();
  return {
    environments: environments ?? nothing,
    applications: applications ?? nothing,
    slots: slots ?? nothing,
  };
}
