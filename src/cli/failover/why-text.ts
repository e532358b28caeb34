/** `sovereign failover why`: the last judgement of each region, rule by rule, what failed first, and what would change it. */
import { lossyServices } from "../../core/failover/lossy-services.ts";
import type { PeopleReport } from "../../core/failover/people-report.ts";
import { changeOf } from "../../core/failover/rule-words.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { alignedLines } from "../dns/table.ts";
import { type Io, paint } from "../io.ts";
import { lossyLines } from "./lossy-text.ts";
import { failedFirst, instantWords, outcomeMark, plainly, title } from "./marks.ts";
import type { AskedRegion } from "./two-regions.ts";

type Colour = Pick<Io, "colour">;

/** One region's reasons. */
export function whyText({ region, report, failure }: AskedRegion, io: Colour): string {
  if (report === null) {
    const words = failure?.message ?? "it was not asked";
    return [
      title(io, "attention", `${region}: not known, ${words}.`),
      `  ${failure?.remedy ?? ""}`,
    ].join("\n");
  }
  const { judgement } = report.people;
  const rules = judgement === null ? [] : ruleLines(region, report, io);
  const mayLose =
    report.status.authority.kind === "none" ? lossyLines(lossyServices(report), "  ") : [];
  return [opening(report, io), ...rules, ...mayLose, ...decided(report)].join("\n");
}

function opening({ cluster, status, health, people }: PeopleReport, io: Colour): string {
  if (status.authority.kind !== "none") {
    const text = `${cluster} ${status.isServing ? "serves" : "does not serve"}: ${health.because}.`;
    return title(io, status.isServing ? "good" : "attention", text);
  }
  const failed = (people.judgement ?? []).filter(({ outcome }) => outcome === "failed");
  const [first] = failed;
  if (first === undefined) {
    return title(
      io,
      "attention",
      `${cluster} may take over: every rule passes, and it asks the witness next.`,
    );
  }
  const more = failed.length === 1 ? "" : ` And ${failed.length - 1} more.`;
  return title(io, "good", `${cluster} does not take over: ${plainly(first.because)}.${more}`);
}

function ruleLines(region: string, { people }: PeopleReport, io: Colour): readonly string[] {
  const shown = failedFirst(people.judgement ?? []);
  const widest = Math.max(0, ...shown.map(({ rule }) => rule.length));
  return shown.flatMap(({ rule, outcome, because }) => {
    const style = { failed: "red", passed: "green", notApplicable: "dim" } as const;
    const line = `  ${paint(io, style[outcome], outcomeMark[outcome])} ${rule.padEnd(widest)}  ${plainly(because)}`;
    const change = outcome === "failed" ? changeOf(rule, region) : undefined;
    return change === undefined
      ? [line]
      : [line, paint(io, "dim", `    ${" ".repeat(widest)}  → ${change}`)];
  });
}

/** What it decided last, as its journal tells. */
function decided({ journalTail }: PeopleReport): readonly string[] {
  const last = journalTail.filter(({ type }) => deciding.has(type)).slice(-5);
  if (last.length === 0) return [];
  const lines = last.map(({ atMs, type, text }) => [instantWords(atMs), type, text]);
  return ["  last decided:", ...alignedLines(lines, "    ")];
}

const deciding: ReadonlySet<string> = new Set([
  "failover.allowed",
  "failover.applicationFailed",
  "failover.refused",
  "failover.authorityGained",
  "failover.authorityLost",
  "failover.armed",
  "failover.disarmed",
  "failover.fencing",
  "failover.paged",
]);

/** The same for machines. */
export function whyData({ region, report, failure }: AskedRegion): JsonObject {
  if (report === null) {
    return { region, known: false, failure: failure === null ? null : { ...failure.toJson() } };
  }
  const { status, people } = report;
  const rules = failedFirst(people.judgement ?? []).map((result) => ({
    ...result,
    change: result.outcome === "failed" ? (changeOf(result.rule, region) ?? null) : null,
  }));
  return {
    region,
    known: true,
    authority: { ...status.authority },
    health: { ...report.health },
    lastVerdict: people.lastVerdict === null ? null : { ...people.lastVerdict },
    rules,
  };
}
