/** The title of the Drills page: what somebody who looks at it wants to know first. */
import type { DrillView } from "./drills-view.ts";

/** One sentence; what nobody may believe comes first, then the newest drill. */
export function drillsHeadline(configured: boolean, drills: readonly DrillView[]): string {
  if (!configured) return "This control process is not told where drill reports are";
  if (drills.length === 0) return "No drill has been run yet";
  const changed = drills.filter(({ evidence }) => evidence.kind === "changed").length;
  if (changed > 0)
    return changed === 1
      ? "One report is not what its drill wrote"
      : `${changed} reports are not what their drills wrote`;
  const newest = drills[0]?.summary ?? null;
  if (newest === null) return "The newest report can not be shown";
  const { kind, region, verdict, losses } = newest;
  const of = region === null ? `The newest ${kind}` : `The newest drill, ${kind} of ${region},`;
  const words = {
    passed: "passed",
    missed: "missed what it expected",
    unsafe: "was unsafe",
    incomplete: "is not complete",
  }[verdict];
  if (losses === null || losses.of !== "writes") return `${of} ${words}`;
  return `${of} ${words}; ${keptWords(losses.lost, losses.all)}`;
}

function keptWords(lost: number | null, all: number): string {
  if (lost === null) return `whether all ${all} acknowledged writes are kept is not known`;
  if (lost === 0) return `all ${all} acknowledged writes are kept`;
  return `${lost} of ${all} acknowledged writes ${lost === 1 ? "is" : "are"} lost`;
}
