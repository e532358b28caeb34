/** A swarm's outcome as text: the rate, how rough the worlds were, and a failing schedule as a timeline. */
import type { Failing, SwarmCounts } from "../../sim/failover-swarm.ts";
import type { TimelineEntry } from "../../sim/failover-world.ts";

const lines: readonly (readonly [label: string, name: string])[] = [
  ["faults and people's acts", "faults"],
  ["rights to write gained", "rightsGained"],
  ["  by a lease", "authority:lease"],
  ["  on the peer's promise", "authority:sticky"],
  ["  on the peer's grant", "authority:granted"],
  ["  of its own", "authority:own"],
  ["regions that began to serve", "servings"],
  ["  another one than before", "takeOvers"],
  ["fencings", "fences"],
  ["rounds opened", "rounds"],
  ["promises given", "promises"],
  ["degraded", "degraded"],
  ["take-overs judged and refused", "refusals"],
  ["silences of the witness", "witnessSilences"],
  ["clock gaps", "clockGaps"],
  ["watchdogs lost", "watchdogsLost"],
  ["agent starts", "agentStarts"],
  ["switchovers asked for", "person:switchover"],
  ["take-overs asked for", "person:takeOver"],
  ["calls for a person", "pages"],
  ["schedules that needed a person in the end", "neededPeople"],
  ["  for want of memory", "needed:NoRecord"],
  ["  because a round binds", "needed:OpenRoundBinds"],
  ["  because a promise binds", "needed:PromiseBinds"],
  ["  because data would be lost", "needed:DataIsSafe"],
  ["writes sent", "writes"],
  ["writes acknowledged", "acknowledged"],
];

/** What happened in all schedules together. */
export function countsText(counts: SwarmCounts): string {
  const width = Math.max(...lines.map(([label]) => label.length));
  return lines
    .map(([label, name]) => `  ${label.padEnd(width)}  ${(counts[name] ?? 0).toLocaleString("en")}`)
    .join("\n");
}

/** A failing schedule: what broke, the timeline up to it, and the command that shows it again. */
export function failingText({ seed, violation, kinds, timeline, command }: Failing): string {
  return [
    `Seed ${seed} breaks ${violation.checker} at ${seconds(violation.atMs)}: ${violation.what}`,
    `Faults that are enough: ${kinds.join(", ") || "none"}`,
    timelineText(timeline),
    `Again: ${command}`,
  ].join("\n");
}

/** One line an entry, in seconds of the world. */
export function timelineText(timeline: readonly TimelineEntry[]): string {
  return timeline
    .map(({ atMs, who, what }) => `  ${seconds(atMs).padStart(10)}  ${who.padEnd(16)}  ${what}`)
    .join("\n");
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}
