/**
 * From the documents of a source to the catalogue: recognise → shape → rules → resolve. What is right comes out
 * whatever stands beside it; what hangs on something wrong is left out silently, because that problem is reported already.
 */
import { applicationFqdn } from "../names/names.ts";
import type { Application } from "./application.ts";
import type { Catalogue, PlacedApplication } from "./catalogue.ts";
import type { DocumentProblem, ParsedDocument } from "./document.ts";
import { groups, repeated } from "./duplicates.ts";
import type { Environment } from "./environment.ts";
import { readFailoverGroups } from "./failover-group-read.ts";
import { apiVersion } from "./fields.ts";
import { follow, inOrder, namesOf, order, type Report, unique } from "./follow.ts";
import { kindSchemas } from "./json-schema.ts";
import { type Kind, recognise } from "./normalise.ts";
import type { Organization } from "./organization.ts";
import { problemOf, shortText, sortProblems, valueAt } from "./problem.ts";
import { type ApplicationFacts, applicationRules } from "./rules/application.ts";
import {
  type EnvironmentFacts,
  environmentRules,
  organizationRules,
} from "./rules/organization.ts";
import { ownServerRules } from "./rules/own-server.ts";
import { sovereignRules, withCanonicalAddresses } from "./rules/sovereign.ts";
import { sovereignDnsRules } from "./rules/sovereign-dns.ts";
import { sovereignPeopleRules } from "./rules/sovereign-people.ts";
import { type Shaped, shapeAll } from "./shape.ts";
import type { Sovereign } from "./sovereign.ts";

/** Everything that `documents` declare; `syntaxProblems` are those of files that are not YAML. Never throws. */
export function readCatalogue(
  documents: readonly ParsedDocument[],
  syntaxProblems: readonly DocumentProblem[],
): Catalogue {
  const problems: DocumentProblem[] = [...syntaxProblems];
  const report = (more: readonly DocumentProblem[]): void => void problems.push(...more);
  const ofKind = sortByKind(documents, report);
  const complete = syntaxProblems.length === 0;
  // What could not be recognised may have been meant as one.
  const mayHideGroup = problems.length > 0;

  // A Sovereign that is not found may stand in the file that could not be read.
  const isIncomplete = problems.some(({ reason }) => reason === sovereignIncomplete);
  if (ofKind.Sovereign.length === 0 && complete && !isIncomplete) report([sovereignMissing]);
  const sovereign = readSovereign(ofKind.Sovereign, report);
  const organizations = readOrganizations(ofKind.Organization, report);
  const environments = readEnvironments(
    ofKind.Environment,
    { organizations: namesOf(ofKind.Organization), complete },
    report,
  );
  const applications = readApplications(
    ofKind.Application,
    { sovereign, environments: namesOf(ofKind.Environment), complete },
    report,
  );
  const failover = readFailoverGroups(
    ofKind.FailoverGroup,
    {
      sovereign,
      environments: namesOf(ofKind.Environment),
      applications: applications.map(({ value }) => value),
      applicationDocuments: ofKind.Application,
      complete,
    },
    report,
  );
  const placeable = new Set(environments.map(({ metadata }) => metadata.name));
  return {
    sovereign,
    organizations,
    environments,
    applications: place(applications, sovereign, placeable),
    failoverGroups: failover.groups,
    failoverGroupsComplete: failover.complete && !mayHideGroup,
    problems: sortProblems(problems),
    warnings: sortProblems(failover.warnings),
  };
}

const allApplicationRules = [...applicationRules, ...ownServerRules];
const allSovereignRules = [...sovereignRules, ...sovereignDnsRules, ...sovereignPeopleRules];

type ByKind = Readonly<Record<Kind, readonly ParsedDocument[]>>;

function sortByKind(documents: readonly ParsedDocument[], report: Report): ByKind {
  const ofKind: Record<Kind, ParsedDocument[]> = {
    Sovereign: [],
    Organization: [],
    Environment: [],
    Application: [],
    FailoverGroup: [],
  };
  const bare: Bare[] = [];
  for (const document of [...documents].sort(byPlace)) {
    const recognised = recognise(document);
    if (recognised.kind === "wrong") report(recognised.problems);
    else if (recognised.kind === "bareSovereign") bare.push(recognised);
    else if (recognised.kind !== "foreign") ofKind[recognised.kind].push(recognised.document);
  }
  report(bareSovereigns(bare, ofKind.Sovereign));
  return ofKind;
}

const sovereignIncomplete = "SovereignIncomplete";

type Bare = { readonly document: ParsedDocument; readonly domain: string };

/** A Sovereign of the platform says nothing that we need when one of ours has its domain, and not enough otherwise. */
function bareSovereigns(
  bare: readonly Bare[],
  ours: readonly ParsedDocument[],
): readonly DocumentProblem[] {
  const domains = new Set(ours.map(({ value }) => valueAt(value, ["spec", "domain"])));
  return bare
    .filter(({ domain }) => !domains.has(domain))
    .map(({ document, domain }) =>
      problemOf(
        document,
        { reason: sovereignIncomplete },
        {
          path: ["spec", "fqdn"],
          expected: `a Sovereign of ${apiVersion} beside it with the domain ${shortText(domain)}, which names load balancers and name servers`,
        },
      ),
    );
}

function readSovereign(
  documents: readonly ParsedDocument[],
  report: Report,
): Sovereign | undefined {
  const shaped = shapeAll("Sovereign", kindSchemas.Sovereign, documents);
  report(shaped.problems);
  if (documents.length > 1) {
    report(
      documents.map((document) =>
        repeated("DuplicateSovereign", document, documents, { expected: "exactly one Sovereign" }),
      ),
    );
    return undefined;
  }
  const followed = follow(shaped.good, allSovereignRules, (sovereign) => sovereign, report);
  return followed.map(({ value }) => withCanonicalAddresses(value))[0];
}

/** There is no document to point at, so the problem points at the source as a whole. */
const sovereignMissing: DocumentProblem = {
  code: "DocumentInvalid",
  reason: "SovereignMissing",
  file: ".",
  line: 1,
  document: "Sovereign",
  path: "$",
  found: "no document of kind Sovereign",
  expected: "exactly one",
};

function readOrganizations(
  documents: readonly ParsedDocument[],
  report: Report,
): readonly Organization[] {
  const shaped = shapeAll("Organization", kindSchemas.Organization, documents);
  report(shaped.problems);
  const followed = follow(shaped.good, organizationRules, (organization) => organization, report);
  return inOrder(unique(followed, report));
}

function readEnvironments(
  documents: readonly ParsedDocument[],
  world: Omit<EnvironmentFacts, "environment">,
  report: Report,
): readonly Environment[] {
  const shaped = shapeAll("Environment", kindSchemas.Environment, documents);
  report(shaped.problems);
  const facts = (environment: Environment) => ({ ...world, environment });
  const followed = follow(shaped.good, environmentRules, facts, report);
  return inOrder(unique(followed, report));
}

function readApplications(
  documents: readonly ParsedDocument[],
  world: Omit<ApplicationFacts, "application">,
  report: Report,
): readonly Shaped<Application>[] {
  const shaped = shapeAll("Application", kindSchemas.Application, documents);
  report(shaped.problems);
  const domain = world.sovereign?.spec.domain;
  const twins = groups(shaped.good, ({ name, value }) => `${name}.${value.spec.environmentRef}`);
  for (const [key, group] of twins) {
    const fqdn = domain === undefined ? key : `${key}.${domain}`;
    const all = group.map(({ document }) => document);
    report(all.map((document) => repeated("DuplicateFqdn", document, all, { found: fqdn })));
  }
  const doubled = new Set([...twins.values()].flat());
  const followed = follow(
    shaped.good,
    allApplicationRules,
    (application) => ({ ...world, application }),
    report,
  );
  return followed.filter((application) => !doubled.has(application));
}

function place(
  applications: readonly Shaped<Application>[],
  sovereign: Sovereign | undefined,
  environments: ReadonlySet<string>,
): readonly PlacedApplication[] {
  if (sovereign === undefined) return [];
  const placed = applications.flatMap(({ value, name, document }): PlacedApplication[] => {
    const { environmentRef } = value.spec;
    const fqdn = applicationFqdn(name, environmentRef, sovereign.spec.domain);
    if (!fqdn.ok || !environments.has(environmentRef)) return [];
    const origin = { file: document.file, line: document.lineOf([]) };
    return [{ application: value, fqdn: fqdn.value, origin }];
  });
  return placed.sort((a, b) => order(a.fqdn, b.fqdn));
}

function byPlace(a: ParsedDocument, b: ParsedDocument): number {
  return order(a.file, b.file) || a.lineOf([]) - b.lineOf([]);
}
