/** The sentence at the head of a report: what an SRE wants to know, before any number. */
import { humanDurationMs } from "../kernel/duration.ts";
import type { DrillReport, ReportRegion } from "./report.ts";

/** One or two sentences for people: was it served, from where, after how long, at what cost. */
export function answerOf(report: DrillReport): string {
  const sentences = [served(report), requests(report), returned(report)];
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

/** The broken region of the report, with its short name and addresses. */
export function brokenRegion(report: DrillReport): ReportRegion {
  return (
    report.application.regions.find(({ cluster }) => cluster === report.region) ?? {
      cluster: report.region,
      short: report.region,
      addresses: [],
    }
  );
}

/** Short names of the regions that answered between the change of the answer and the restore. */
export function takenOverBy(report: DrillReport): readonly string[] {
  const { answerChangedMs } = report.measured;
  if (answerChangedMs === null) return [];
  const asked = new Set(
    report.samples.requests
      .filter(({ atMs }) => atMs >= answerChangedMs && atMs < report.times.restoreMs)
      .filter(({ outcome }) => outcome === "ok")
      .map(({ address }) => address ?? ""),
  );
  return report.application.regions
    .filter(({ addresses }) => addresses.some((address) => asked.has(address)))
    .map(({ short }) => short);
}

function served(report: DrillReport): string {
  const { name } = report.application;
  const { servedAgainMs, answerChangedMs } = report.measured;
  const broken = brokenRegion(report).short;
  if (servedAgainMs === null) return `${name} was not served again while ${broken} was broken.`;
  const others = takenOverBy(report).join(" and ");
  if (servedAgainMs > 0) {
    const from = others === "" ? "" : `, from ${others},`;
    return `${name} was ${servedInPart(report) ? "fully " : ""}served again${from} after ${humanDurationMs(servedAgainMs)}.`;
  }
  if (answerChangedMs === null)
    return `${name} was served all the time, but its answer never left ${broken}.`;
  const to = others === "" ? "" : `, to ${others},`;
  return `${name} was served all the time; its answer left ${broken}${to} after ${humanDurationMs(answerChangedMs)}.`;
}

function requests(report: DrillReport): string {
  const { failedWhileBroken, failedWhileReturning, requests: all } = report.measured;
  if (all === 0) return "No request was made.";
  const failed = failedWhileBroken + failedWhileReturning;
  return `${failed === 0 ? "None" : failed} of ${all} requests failed.`;
}

function returned(report: DrillReport): string {
  return report.measured.returnMs === null
    ? `${brokenRegion(report).short} did not come back into the answer.`
    : "";
}

/** Whether some requests succeeded between the first and the last that failed, as with `active-active`. */
function servedInPart(report: DrillReport): boolean {
  const broken = report.samples.requests.filter(
    ({ atMs }) => atMs >= 0 && atMs < report.times.restoreMs,
  );
  const first = broken.findIndex(({ outcome }) => outcome !== "ok");
  const last = broken.findLastIndex(({ outcome }) => outcome !== "ok");
  return broken.slice(first, last).some(({ outcome }) => outcome === "ok");
}
