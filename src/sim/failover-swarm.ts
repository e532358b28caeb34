/**
 * Runs one seeded schedule after the other and adds up what happened; a failing one is made small and told as a timeline with the command
 * that replays it (DESIGN §8).
 */
import type { FailoverMode, WitnessLossPolicy } from "../core/failover/group.ts";
import type { JsonObject } from "../core/kernel/json.ts";
import type { FaultKind } from "./failover-faults.ts";
import type { Violation } from "./failover-observation.ts";
import { failoverPlan, type PlanOptions } from "./failover-plan.ts";
import { type FailoverHistory, runFailover, type TimelineEntry } from "./failover-world.ts";

export type Scope = { readonly policy?: WitnessLossPolicy; readonly mode?: FailoverMode };

/** How rough the worlds were: each number a count over all schedules. */
export type SwarmCounts = Readonly<Record<string, number>>;

export type Failing = {
  readonly seed: number;
  readonly violation: Violation;
  /** Faults that are enough for a violation of the same checker. */
  readonly faults: readonly number[];
  readonly kinds: readonly FaultKind[];
  readonly command: string;
  readonly timeline: readonly TimelineEntry[];
};

/** A range of seeds, and whether each is of one policy or mode. */
export type Chunk = { readonly first: number; readonly count: number; readonly scope: Scope };

export type ChunkResult = {
  readonly counts: SwarmCounts;
  readonly failing: readonly {
    readonly seed: number;
    readonly checker: string;
    readonly what: string;
  }[];
};

/** Runs a range of seeds to its end, whatever fails. */
export async function runChunk({ first, count, scope }: Chunk): Promise<ChunkResult> {
  let counts: SwarmCounts = {};
  const failing: ChunkResult["failing"][number][] = [];
  for (let seed = first; seed < first + count; seed++) {
    const history = await runSeed(seed, scope);
    counts = sumOf(counts, countsOf(history));
    const violation = history.violations[0];
    if (violation === undefined) continue;
    failing.push({ seed, checker: violation.checker, what: violation.what });
  }
  return { counts, failing };
}

/** The schedule of one seed. */
export function runSeed(seed: number, options: PlanOptions = {}): Promise<FailoverHistory> {
  return runFailover(failoverPlan(seed, options));
}

const counted: Readonly<Record<string, string>> = {
  "failover.authorityGained": "rightsGained",
  "failover.fencing": "fences",
  "failover.serving": "servings",
  "failover.promiseGiven": "promises",
  "failover.roundOpened": "rounds",
  "failover.paged": "pages",
  "failover.refused": "refusals",
  "failover.witnessSilent": "witnessSilences",
  "failover.clockGap": "clockGaps",
  "failover.watchdogLost": "watchdogsLost",
  "failover.started": "agentStarts",
  "failover.disarmed": "disarms",
};

/** What one schedule adds to the counts. */
export function countsOf(history: FailoverHistory): SwarmCounts {
  const counts: Record<string, number> = {};
  const add = (name: string, by = 1): void => {
    counts[name] = (counts[name] ?? 0) + by;
  };
  const { plan, client } = history;
  add("schedules");
  add("simulatedMinutes", plan.endAtMs / 60_000);
  add("moments", history.moments);
  add("faults", plan.faults.length);
  add("writes", client.writes());
  add("acknowledged", client.acknowledged());
  add("takeOvers", takeOversOf(history));
  if (history.asked !== null) add("neededPeople");
  for (const reason of new Set(history.asked)) add(`needed:${reason}`);
  for (const { journal } of history.regions) {
    for (const { type, data } of journal.taken) {
      add("events");
      const name = counted[type];
      if (name !== undefined) add(name);
      if (type === "failover.authorityGained" || type === "failover.authorityChanged") {
        add(`authority:${String(data["kind"])}`);
      }
      if (type === "failover.syncRecorded" && data["to"] === "degraded") add("degraded");
      if (type === "failover.personSaid") add(`person:${String(data["kind"])}`);
    }
  }
  return counts;
}

/** How often another region began to serve than before. */
function takeOversOf({ regions }: FailoverHistory): number {
  const servings = regions.flatMap(({ journal, index }) =>
    journal.taken
      .filter(({ type }) => type === "failover.serving")
      .map(({ data }) => ({ index, epoch: Number(data["epoch"]) })),
  );
  servings.sort((one, other) => one.epoch - other.epoch);
  return servings.filter((serving, at) => at > 0 && servings[at - 1]?.index !== serving.index)
    .length;
}

/** The sum of two counts. */
export function sumOf(one: SwarmCounts, other: SwarmCounts): SwarmCounts {
  const sum: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** Runs a failing seed again with ever fewer faults, as long as the same checker objects. */
export async function explain(seed: number, scope: Scope): Promise<Failing | undefined> {
  const all = failoverPlan(seed, scope).faults.map(({ number }) => number);
  const first = (await runSeed(seed, scope)).violations[0];
  if (first === undefined) return undefined;
  let kept = all;
  for (const candidate of [...all].reverse()) {
    const fewer = kept.filter((number) => number !== candidate);
    const { violations } = await runSeed(seed, { ...scope, onlyFaults: fewer });
    if (violations[0]?.checker === first.checker) kept = fewer;
  }
  const plan = failoverPlan(seed, { ...scope, onlyFaults: kept });
  const history = await runFailover(plan, { keepsNotes: true });
  return {
    seed,
    violation: history.violations[0] ?? first,
    faults: kept,
    kinds: plan.faults.map(({ kind }) => kind),
    command: replayCommand(seed, scope, kept.length < all.length ? kept : undefined),
    timeline: timelineOf(history),
  };
}

/** The one command that shows the schedule again. */
export function replayCommand(seed: number, scope: Scope, onlyFaults?: readonly number[]): string {
  const parts = [`npx sovereign simulate --seed ${seed} --schedules 1`];
  if (scope.policy !== undefined) parts.push(`--policy ${scope.policy}`);
  if (scope.mode !== undefined) parts.push(`--mode ${scope.mode}`);
  if (onlyFaults !== undefined) parts.push(`--only-faults ${onlyFaults.join(",") || "none"}`);
  return parts.join(" ");
}

/** Everything that happened up to the first violation, in the order of time. */
export function timelineOf({
  notes,
  regions,
  plan,
  violations,
}: FailoverHistory): readonly TimelineEntry[] {
  const entries: TimelineEntry[] = [...notes];
  for (const { journal, name } of regions) {
    for (const { worldAtMs, type, data } of journal.taken) {
      entries.push({ atMs: worldAtMs, who: name, what: `${type} ${shown(data)}` });
    }
  }
  const untilMs = violations[0]?.atMs ?? plan.endAtMs;
  return entries.filter(({ atMs }) => atMs <= untilMs).sort((one, other) => one.atMs - other.atMs);
}

/** Without the traces of judgements, which are longer than the rest together. */
function shown(data: JsonObject): string {
  const { trace: _, ...rest } = data;
  return JSON.stringify(rest);
}
