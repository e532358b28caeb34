/** What `sovereign check` found, for people and as data. */
import { type Finding, findingAreas } from "../../control/check/finding.ts";
import type { GroupMatch } from "../../control/check/group-findings.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { printable } from "../../core/resources/document.ts";
import { type Io, paint } from "../io.ts";

export type CheckReport = {
  /** Who we are where, without credentials. */
  readonly server: string;
  readonly version: string;
  /** Cluster name of this region; null when nobody said. */
  readonly cluster: string | null;
  /** Of the documents; null when none were given. */
  readonly revision: string | null;
  readonly groups: readonly GroupMatch[];
  readonly findings: readonly Finding[];
};

/** How many findings stop, and how many want to be looked at. */
export function countsOf({ findings }: Pick<CheckReport, "findings">) {
  const count = (level: Finding["level"]): number =>
    findings.filter((one) => one.level === level).length;
  return { stop: count("stop"), look: count("look"), fine: count("fine") };
}

/** The report as data. */
export function checkData(report: CheckReport): JsonObject {
  const { server, version, cluster, revision, groups, findings } = report;
  return {
    server,
    version,
    cluster,
    revision,
    counts: countsOf(report),
    groups: groups.map(({ group, regions, mode, managed }) => ({
      group,
      mode,
      regions: [...regions],
      managed: [...managed],
    })),
    findings: findings.map((finding) => ({ ...finding })),
  };
}

const headings: Readonly<Record<Finding["area"], string>> = {
  reading: "What could not be read",
  kinds: "Kinds",
  groups: "Failover groups",
  owners: "Who owns what a failover moves",
  rights: "Rights",
  nameServers: "Name servers",
  stretched: "Stretched clusters",
};

/** The report for people; what is fine in one line each, the rest with its remedy. */
export function checkText(report: CheckReport, io: Io): string {
  const { server, version, cluster, groups, findings } = report;
  const counts = countsOf(report);
  const head = [
    `API server   ${printable(server)}, ${printable(version)}`,
    `Region       ${cluster ?? "not said (--cluster)"}`,
    ...(report.revision === null ? [] : [`Documents    ${printable(report.revision)}`]),
    `Found        ${counts.stop} in the way, ${counts.look} to be looked at, ${counts.fine} fine; nothing was changed`,
  ];
  const areas = findingAreas.flatMap((area) => {
    const own = findings.filter((finding) => finding.area === area);
    if (own.length === 0) return [];
    return ["", paint(io, "bold", headings[area]), ...own.flatMap((one) => findingText(one, io))];
  });
  const managed = groups.flatMap(({ group, mode, managed: documents }) => [
    `  ${group}  ${mode}`,
    ...(documents.length === 0 ? ["    nothing on this cluster"] : []),
    ...documents.map((document) => `    ${printable(document)}`),
  ]);
  const would = managed.length === 0 ? [] : ["", paint(io, "bold", "Would be managed"), ...managed];
  return [...head, ...would, ...areas].join("\n");
}

const marks = {
  stop: ["red", "stop"],
  look: ["yellow", "look"],
  fine: ["green", "fine"],
} as const;

function findingText(finding: Finding, io: Io): readonly string[] {
  const [style, word] = marks[finding.level];
  const { document, field, because, remedy, reason } = finding;
  const mark = paint(io, style, word);
  if (finding.level === "fine") return [`  ${mark}  ${printable(document)}: ${printable(because)}`];
  return [
    `  ${mark}  ${printable(document)}${field === "" ? "" : `  ${printable(field)}`}  ${paint(io, "dim", reason)}`,
    `        ${printable(because)}`,
    `        ${printable(remedy)}`,
  ];
}
