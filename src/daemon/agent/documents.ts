/** What the documents of a revision say to the agent of one group in one region, or why it can not work by them. */
import type { SourceSnapshot } from "../../control/env.ts";
import { type ResolvedGroup, resolveGroups } from "../../core/failover/resolve-group.ts";
import type { AgentContext } from "../../core/failover/step.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { didYouMean } from "../../core/names/nearest.ts";
import type { Catalogue } from "../../core/resources/catalogue.ts";
import { describeProblem } from "../../core/resources/document.ts";
import { readCatalogue } from "../../core/resources/read.ts";
import type { WitnessSpec } from "../../core/resources/sovereign-witnesses.ts";

/** Whose documents they are. */
export type AgentName = { readonly cluster: string; readonly group: string };

export type GroupDocuments = {
  /** Commit, or digest of a folder. */
  readonly revision: string;
  /** The Sovereign's domain. */
  readonly sovereign: string;
  readonly group: ResolvedGroup;
  readonly witness: WitnessSpec;
  readonly context: AgentContext;
  readonly snapshot: SourceSnapshot;
};

/** The agent's part of a revision. Fails with ConfigInvalid, which says what is missing and where. */
export function groupDocuments(snapshot: SourceSnapshot, self: AgentName): GroupDocuments {
  const catalogue = readCatalogue(snapshot.documents, snapshot.problems);
  const { sovereign } = catalogue;
  if (sovereign === undefined)
    throw wrong(snapshot, "no Sovereign that is right is declared", catalogue);
  const groups = resolveGroups(catalogue);
  const group = groups.find(({ name }) => name === self.group);
  if (group === undefined) {
    const names = groups.map(({ name }) => name);
    throw wrong(
      snapshot,
      `there is no failover group ${self.group}${hint(self.group, names)}`,
      catalogue,
    );
  }
  const peer = group.regions.find((region) => region !== self.cluster);
  if (peer === undefined || !group.regions.includes(self.cluster)) {
    const because = `the failover group ${group.name} is of ${group.regions.join(" and ")}, and this is ${self.cluster}`;
    throw new Failure("ConfigInvalid", because, { where: snapshot.revision, field: "cluster" });
  }
  const { witness } = group;
  if (witness === null) {
    const because = `the failover group ${group.name} has no witness, so nobody can hold its lease`;
    throw new Failure("ConfigInvalid", because, {
      where: snapshot.revision,
      field: "group",
      remedy:
        "Declare one under `spec.witnesses` of the Sovereign, or name one of several in the group.",
    });
  }
  return {
    revision: snapshot.revision,
    sovereign: sovereign.spec.domain,
    group,
    witness,
    context: { self: self.cluster, peer, group },
    snapshot,
  };
}

/** The Applications of a group that a name on the health path means: an FQDN, or its first labels. */
export function applicationsNamed(
  { applications }: Pick<ResolvedGroup, "applications">,
  name: string,
): readonly string[] {
  return applications.filter((fqdn) => fqdn === name || fqdn.startsWith(`${name}.`));
}

function hint(name: string, names: readonly string[]): string {
  const meant = didYouMean(name, names);
  if (meant !== "" || names.length === 0) return meant;
  return `; there are ${names.slice(0, 10).join(", ")}`;
}

/** What is wrong in the documents may be the reason, and is said with it. */
function wrong(snapshot: SourceSnapshot, because: string, catalogue: Catalogue): Failure {
  const [first] = catalogue.problems;
  const more = first === undefined ? "" : `; ${describeProblem(first)}`;
  return new Failure("ConfigInvalid", `${because}${more}`, {
    where: snapshot.revision,
    field: "group",
    remedy:
      "Check the documents with `npx sovereign validate <folder>`, and `group` in agent.yaml.",
  });
}
