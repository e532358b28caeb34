/** The FailoverGroups of a source: shape, rules, warnings. Called once everything they refer to has been read. */

import type { Application } from "./application.ts";
import type { DeclaredGroup } from "./catalogue.ts";
import type { DocumentProblem, ParsedDocument } from "./document.ts";
import type { FailoverGroupDocument } from "./failover-group.ts";
import { failoverGroupSchema } from "./failover-group.ts";
import { follow, order, type Report, unique } from "./follow.ts";
import { valueAt } from "./problem.ts";
import { failoverGroupRules } from "./rules/failover-group.ts";
import { applicationKey, claimsOf, type GroupWorld } from "./rules/failover-group-facts.ts";
import { failoverGroupWarnings } from "./rules/failover-group-warnings.ts";
import { applyRules } from "./rules/rule.ts";
import { type Shaped, shapeAll } from "./shape.ts";

export type ReadGroups = {
  /** Sorted by name. */
  readonly groups: readonly DeclaredGroup[];
  /** Whether every group that was declared is among them. */
  readonly complete: boolean;
  readonly warnings: readonly DocumentProblem[];
};

export type GroupSurroundings = Omit<GroupWorld, "claims" | "applications" | "applicationKeys"> & {
  /** Right ones. */
  readonly applications: readonly Application[];
  /** All documents of the kind. */
  readonly applicationDocuments: readonly ParsedDocument[];
};

/** Reads them; what is wrong is reported, what is unwise comes back as warnings of groups that are right. */
export function readFailoverGroups(
  documents: readonly ParsedDocument[],
  surroundings: GroupSurroundings,
  report: Report,
): ReadGroups {
  if (documents.length === 0) {
    return { groups: [], complete: surroundings.complete, warnings: [] };
  }
  const shaped = shapeAll("FailoverGroup", failoverGroupSchema, documents);
  report(shaped.problems);
  const world = worldOf(surroundings, shaped.good);
  const facts = (group: FailoverGroupDocument) => ({ ...world, group });
  const right = unique(follow(shaped.good, failoverGroupRules, facts, report), report);
  return {
    groups: right
      .map(({ value, document }): DeclaredGroup => {
        const origin = { file: document.file, line: document.lineOf([]) };
        return { group: value, origin };
      })
      .sort((a, b) => order(a.group.metadata.name, b.group.metadata.name)),
    complete: surroundings.complete && right.length === documents.length,
    warnings: right.flatMap(({ value, document }) =>
      applyRules(failoverGroupWarnings, document, facts(value)),
    ),
  };
}

function worldOf(
  { applications, applicationDocuments, ...rest }: GroupSurroundings,
  groups: readonly Shaped<FailoverGroupDocument>[],
): GroupWorld {
  const byEnvironment = new Map<string, Application[]>();
  for (const application of applications) {
    const { environmentRef } = application.spec;
    const all = byEnvironment.get(environmentRef);
    if (all === undefined) byEnvironment.set(environmentRef, [application]);
    else all.push(application);
  }
  const keys = applicationDocuments.map(({ value }) =>
    applicationKey(
      String(valueAt(value, ["spec", "environmentRef"])),
      String(valueAt(value, ["metadata", "name"])),
    ),
  );
  return {
    ...rest,
    applicationKeys: new Set(keys),
    applications: byEnvironment,
    claims: claimsOf(
      groups.map(({ value }) => value),
      rest.sovereign,
    ),
  };
}
