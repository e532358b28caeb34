/** `sovereign validate <folder>`: what a folder's documents declare, and everything that is wrong with them. */
import { resolve } from "node:path";
import { Command } from "commander";
import { folderSource } from "../../adapters/sources/folder.ts";
import { groupsOf, type ResolvedGroup } from "../../core/failover/resolve-group.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Catalogue } from "../../core/resources/catalogue.ts";
import { type DocumentProblem, printable } from "../../core/resources/document.ts";
import { readCatalogue } from "../../core/resources/read.ts";
import type { Run } from "../command.ts";
import { type Io, paint } from "../io.ts";

const examples = `
All *.yaml and *.yml files below the folder are read, without those whose name begins with a dot.
Documents of other API groups are left alone. A warning is about what is right and hardly meant. Nothing is changed and nobody is asked.
Exit code 0 when all is right, 3 when a document is wrong, 5 when the folder can not be read.

Examples:
  $ npx sovereign validate examples/two-regions
  $ npx sovereign validate . --output json
`;

export function validateCommand(run: Run): Command {
  return new Command("validate")
    .description("Check a folder of documents before they are committed.")
    .argument("<folder>", "folder with the Sovereign's documents")
    .addHelpText("after", examples)
    .action((folder: string, _options: unknown, command: Command) =>
      run(command, async ({ io, signal }) => {
        const snapshot = await folderSource({ path: resolve(folder) }).read(signal);
        const catalogue = readCatalogue(snapshot.documents, snapshot.problems);
        io.result(toData(catalogue), toText(io, catalogue));
        const count = catalogue.problems.length;
        if (count === 0) return;
        const found = count === 1 ? "There is 1 problem" : `There are ${count} problems`;
        throw new Failure("DocumentInvalid", `${found} in the documents.`, {
          where: folder,
          remedy: "Correct the fields named above, then validate again.",
        });
      }),
    );
}

function toData(catalogue: Catalogue): JsonObject {
  const { sovereign } = catalogue;
  return {
    valid: catalogue.problems.length === 0,
    sovereign:
      sovereign === undefined
        ? null
        : {
            name: sovereign.metadata.name,
            domain: sovereign.spec.domain,
            regions: sovereign.spec.regions.map(({ cluster }) => cluster),
          },
    organizations: catalogue.organizations.map(({ metadata }) => metadata.name),
    environments: catalogue.environments.map(({ metadata }) => metadata.name),
    applications: catalogue.applications.map(({ application, fqdn, origin }) => ({
      fqdn,
      placement: application.spec.placement,
      regions: application.spec.regions,
      file: origin.file,
      line: origin.line,
    })),
    failoverGroups: groupsOf(catalogue).groups.map((group) => ({
      name: group.name,
      declared: group.declared,
      mode: group.mode,
      regions: [...group.regions],
      witness: group.witness?.name ?? null,
      slot: group.slot,
      applications: group.applications,
    })),
    withoutFailoverGroup: groupsOf(catalogue).without.map((one) => ({ ...one })),
    problems: catalogue.problems.map((problem) => ({ ...problem })),
    warnings: catalogue.warnings.map((warning) => ({ ...warning })),
  };
}

/** Applications that are listed by name; beyond them only their number is of use on a screen. */
const listedMax = 40;

function toText(io: Io, catalogue: Catalogue): string {
  const { sovereign, organizations, environments, applications } = catalogue;
  const names = (all: readonly { readonly metadata: { readonly name: string } }[]): string =>
    shortList(all.map(({ metadata }) => metadata.name));
  const described =
    sovereign === undefined
      ? "none that is right"
      : `${sovereign.metadata.name}, ${sovereign.spec.domain}, ${shortList(sovereign.spec.regions.map(({ cluster }) => cluster))}`;
  const width = Math.max(0, ...applications.slice(0, listedMax).map(({ fqdn }) => fqdn.length));
  const listed = applications.slice(0, listedMax).map(({ application: { spec }, fqdn }) => {
    const placement = spec.placement.padEnd("active-hotstandby".length);
    return `  ${fqdn.padEnd(width)}  ${placement}  ${spec.regions.join(", ")}`;
  });
  const rest = applications.length - listed.length;
  return [
    `Sovereign      ${described}`,
    `Organizations  ${organizations.length}  ${names(organizations)}`,
    `Environments   ${environments.length}  ${names(environments)}`,
    `Applications   ${applications.length}`,
    ...listed,
    ...(rest > 0 ? [`  … and ${rest} more`] : []),
    ...groupsText(catalogue),
    ...catalogue.problems.map((problem) => problemText(io, problem, "problem")),
    ...catalogue.warnings.map((warning) => problemText(io, warning, "warning")),
  ]
    .map((line) => line.trimEnd())
    .join("\n");
}

function groupsText(catalogue: Catalogue): readonly string[] {
  const { groups, without } = groupsOf(catalogue);
  const described = (group: ResolvedGroup): string => {
    const count = group.applications.length;
    return [
      group.mode + (group.declared ? "" : " by default"),
      group.regions.join(", "),
      `${count} ${count === 1 ? "Application" : "Applications"}`,
      ...(group.witness === null ? ["no witness"] : []),
    ].join("  ");
  };
  const rows = [
    ...groups.map((group) => [group.name, described(group)] as const),
    ...without.map(({ environment, because }) => [environment, `none: ${because}`] as const),
  ];
  const width = Math.max(0, ...rows.slice(0, listedMax).map(([name]) => name.length));
  const listed = rows
    .slice(0, listedMax)
    .map(([name, words]) => `  ${name.padEnd(width)}  ${words}`);
  const rest = rows.length - listed.length;
  return [
    `Failover       ${groups.length}`,
    ...listed,
    ...(rest > 0 ? [`  … and ${rest} more`] : []),
  ];
}

function shortList(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")}, …` : names.join(", ");
}

function problemText(io: Io, problem: DocumentProblem, kind: "problem" | "warning"): string {
  const place = printable(`${problem.file}:${problem.line}`);
  return [
    "",
    `${paint(io, "bold", place)}  ${printable(problem.document)}  ${printable(problem.path)}  ${kind === "problem" ? paint(io, "red", problem.reason) : paint(io, "yellow", `warning: ${problem.reason}`)}`,
    `  found     ${printable(problem.found)}`,
    `  expected  ${printable(problem.expected)}`,
  ].join("\n");
}
