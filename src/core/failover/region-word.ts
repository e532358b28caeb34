/** What a region's agent says of itself for the order in which regions answer (DESIGN §3); silence says nothing. */
import type { RegionWord, RegionWords } from "../dns/fallback-order.ts";
import type { HeardReport } from "./agent-report-schema.ts";

/** A report with its age; null while nothing was heard. */
export type Heard = {
  readonly cluster: string;
  readonly report: HeardReport | null;
  readonly ageMs: number;
};

/** The longest time for which a report counts; after it the region is silent. */
export const wordLastsMs = 5_000;

/**
 * It holds when it serves, and as long as its authority lasted when it said so; it is fenced when it has no authority. On the
 * way from one to the other, and when it only observes, it says nothing.
 */
export function wordOf({ cluster, report, ageMs }: Heard): RegionWord | undefined {
  if (report === null || report.observeOnly || report.cluster !== cluster || ageMs > wordLastsMs) {
    return undefined;
  }
  const { authority, isServing } = report.status;
  if (authority.kind === "none") return { kind: "fenced" };
  if (!isServing || authority.epoch === null || ageMs >= authority.leftMs) return undefined;
  return { kind: "holds", epoch: authority.epoch };
}

/** The words of all regions, by group. */
export function wordsOf(heard: readonly Heard[]): RegionWords {
  const words = new Map<string, Map<string, RegionWord>>();
  for (const one of heard) {
    const said = wordOf(one);
    if (said === undefined || one.report === null) continue;
    const { group } = one.report.status;
    words.set(group, new Map([...(words.get(group) ?? []), [one.cluster, said]]));
  }
  return words;
}
