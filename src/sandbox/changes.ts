/** What changed between two looks at the sandbox, as sentences for people; pure. */
import { type ClusterName, parseClusterName } from "../core/names/names.ts";
import { activeRegion, type LedgerRegion } from "./ledger-sight.ts";
import type { Observation, ObservedAnswer } from "./observe.ts";

/** `fsn` of `hz-fsn-rtz-prod`. */
export function shortRegion(cluster: string): string {
  const parsed = parseClusterName(cluster);
  const name: ClusterName | undefined = parsed.ok ? parsed.value : undefined;
  return name?.region ?? cluster;
}

/** `fsn`, `fsn and hel`, `nothing (NXDOMAIN)`. */
export function whoAnswers(answer: ObservedAnswer): string {
  if (answer.clusters.length > 0) return answer.clusters.map(shortRegion).join(" and ");
  if (answer.addresses.length > 0) return answer.addresses.join(", ");
  return answer.rcode === "no answer" ? "nothing" : `nothing (${answer.rcode})`;
}

/** `fsn, epoch 3`, `nobody`. */
export function whoWrites(regions: readonly LedgerRegion[]): string {
  const active = activeRegion(regions);
  if (active === undefined) return "nobody";
  return `${shortRegion(active.cluster)}, epoch ${active.epoch ?? "unknown"}`;
}

function syncOf(regions: readonly LedgerRegion[]): string {
  const recorded = activeRegion(regions)?.recorded ?? null;
  if (recorded === null || recorded === "none") return "";
  return recorded === "in_sync" ? "commits wait for both regions" : "commits wait for one region";
}

/** One sentence for who writes the ledger, for how safe a commit is, per Application whose answer changed, and per document that became wrong or right. */
export function changesBetween(
  before: Observation | undefined,
  after: Observation,
): readonly string[] {
  if (before === undefined) return [];
  const old = new Map(before.applications.map((application) => [application.fqdn, application]));
  const changed = after.applications.flatMap(({ fqdn, name, answer }) => {
    const was = old.get(fqdn);
    if (was === undefined) return [`${name} is new: ${fqdn}`];
    const [then, now] = [whoAnswers(was.answer), whoAnswers(answer)];
    return then === now ? [] : [`${name} answers ${now} (was ${then})`];
  });
  const names = new Set(after.applications.map((application) => application.fqdn));
  const removed = before.applications
    .filter((application) => !names.has(application.fqdn))
    .map((application) => `${application.name} is no longer declared`);
  const wrong = after.problems.filter((line) => !before.problems.includes(line));
  const mended = before.problems.length > 0 && after.problems.length === 0;
  const [wrote, writes] = [whoWrites(before.ledger), whoWrites(after.ledger)];
  const [syncBefore, syncNow] = [syncOf(before.ledger), syncOf(after.ledger)];
  return [
    ...(wrote === writes ? [] : [`the ledger is written by ${writes} (was ${wrote})`]),
    ...(syncNow === "" || syncNow === syncBefore ? [] : [`of the ledger, ${syncNow}`]),
    ...changed,
    ...removed,
    ...wrong.map((line) => `wrong document: ${line}`),
    ...(mended ? ["all documents are right again"] : []),
  ];
}
