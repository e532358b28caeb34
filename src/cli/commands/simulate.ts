/** `sovereign simulate`: the agents that ship, in seeded worlds where everything fails; looks for a schedule that breaks a property. */
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type FailoverMode,
  failoverModes,
  type WitnessLossPolicy,
  witnessLossPolicies,
} from "../../core/failover/group.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { failoverPlan } from "../../sim/failover-plan.ts";
import { explain, type Failing, type Scope, timelineOf } from "../../sim/failover-swarm.ts";
import { runFailover } from "../../sim/failover-world.ts";
import { type Context, group, type Run } from "../command.ts";
import { runSwarm, type SwarmOutcome } from "../simulate/run-swarm.ts";
import { countsText, failingText, timelineText } from "../simulate/swarm-text.ts";
import { type ModelOptions, simulateModel, withModelOptions } from "./simulate-model.ts";

type SimulateOptions = ModelOptions & {
  readonly schedules: number;
  readonly seed: number;
  readonly jobs: number;
  readonly policy?: WitnessLossPolicy;
  readonly mode?: FailoverMode;
  readonly onlyFaults?: readonly number[];
  readonly timeline: boolean;
};

const help = `
A schedule is a few simulated minutes of two regions with their real agents, a witness, databases, watchdogs, people and
a client. Its seed draws the policy, the mode, the times, the clocks, and everything that fails. Checkers look on: never
two writers, no acknowledged write lost, no false failover, and a region that serves again once faults stop.
Ends with 30 (PropertyViolated) when a schedule breaks one, after making it small and showing it as a timeline.

Examples:
  $ npx sovereign simulate
  $ npx sovereign simulate --schedules 1000000 --seed 1
  $ npx sovereign simulate --schedules 1 --seed 4711 --timeline
  $ npx sovereign simulate --policy peerArbiter --output json
  $ npx sovereign simulate --model --config sticky-crash`;

/** The command. */
export function simulateCommand(run: Run): Command {
  const description = "Run seeded schedules of faults against the failover code that ships.";
  return withModelOptions(group("simulate", description))
    .option("-n, --schedules <count>", "how many schedules", wholeNumber, 2_000)
    .option(
      "-s, --seed <number>",
      "seed of the first; the next has the next number",
      wholeNumber,
      1,
    )
    .option("-j, --jobs <count>", "how many threads", wholeNumber, availableParallelism())
    .addOption(new Option("--policy <name>", "one policy for all").choices(witnessLossPolicies))
    .addOption(new Option("--mode <name>", "one mode for all").choices(failoverModes))
    .option("--only-faults <numbers>", "only these faults of a schedule, or `none`", faultNumbers)
    .option("--timeline", "show a single schedule as a timeline, whatever comes of it", false)
    .addHelpText("after", help)
    .action((options: SimulateOptions, command: Command) =>
      run(command, (context) => simulate(context, options)),
    );
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^[0-9]{1,10}$/.test(text) && number > 0) return number;
  throw new InvalidArgumentError("It is a whole number above 0.");
}

function faultNumbers(text: string): readonly number[] {
  if (text === "none") return [];
  if (/^\d{1,3}(,\d{1,3})*$/.test(text)) return text.split(",").map(Number);
  throw new InvalidArgumentError("They are numbers with commas between them, such as 0,3,7.");
}

async function simulate(context: Context, options: SimulateOptions): Promise<void> {
  if (options.model === true) {
    await simulateModel(context, options);
    return;
  }
  const { policy, mode } = options;
  const scope: Scope = {
    ...(policy === undefined ? {} : { policy }),
    ...(mode === undefined ? {} : { mode }),
  };
  if (options.timeline || options.onlyFaults !== undefined) {
    await showOne(context, options, scope);
    return;
  }
  await showSwarm(context, options, scope);
}

async function showOne({ io }: Context, options: SimulateOptions, scope: Scope): Promise<void> {
  const { seed, onlyFaults } = options;
  const plan = failoverPlan(seed, {
    ...scope,
    ...(onlyFaults === undefined ? {} : { onlyFaults }),
  });
  const history = await runFailover(plan, { keepsNotes: true });
  const timeline = timelineOf(history);
  const { mode, onWitnessLoss, timing } = plan.group;
  const first = `Seed ${seed}: ${onWitnessLoss}, ${mode}, ${plan.stores} store(s), lease ${timing.ttlMs} ms, calm from ${plan.calmAtMs} ms`;
  const violations = history.violations.map((violation) => ({ ...violation }));
  io.result(
    {
      seed,
      policy: onWitnessLoss,
      mode,
      violations,
      timeline: timeline.map((entry) => ({ ...entry })),
    },
    `${first}\n${timelineText(timeline)}`,
  );
  const violation = history.violations[0];
  if (violation === undefined) return;
  throw new Failure("PropertyViolated", `${violation.checker}: ${violation.what}`, {
    where: `seed ${seed}`,
  });
}

async function showSwarm(
  { io, signal }: Context,
  options: SimulateOptions,
  scope: Scope,
): Promise<void> {
  const { seed, schedules, jobs } = options;
  const startedMs = performance.now();
  let saidMs = startedMs;
  const rateOf = (done: number): number => (1_000 * done) / (performance.now() - startedMs);
  const outcome = await runSwarm({
    seed,
    schedules,
    scope,
    jobs,
    signal,
    progress(done, failing) {
      if (performance.now() - saidMs < 2_000) return;
      saidMs = performance.now();
      io.progress(
        `${done} of ${schedules} schedules, ${Math.round(rateOf(done))} a second, ${failing} failing`,
      );
    },
  });
  const perSecond = rateOf(outcome.schedules);
  const first = outcome.failing[0];
  const failing = first === undefined ? undefined : await explain(first.seed, scope);
  io.result(
    swarmData(outcome, { seed, perSecond, failing }),
    swarmText(outcome, perSecond, failing),
  );
  if (first === undefined) return;
  const message = `${outcome.failing.length} of ${outcome.schedules} schedules break a property; the first is seed ${first.seed}: ${first.what}`;
  const remedy = failing === undefined ? {} : { remedy: failing.command };
  throw new Failure("PropertyViolated", message, { where: first.checker, ...remedy });
}

function swarmText(
  { counts, schedules, failing: all, jobs }: SwarmOutcome,
  perSecond: number,
  failing: Failing | undefined,
): string {
  const { simulatedMinutes = 0 } = counts;
  const minutes = Math.round(simulatedMinutes).toLocaleString("en");
  const rate = `${Math.round(perSecond)} schedules/s, ${Math.round(perSecond / jobs)} per core`;
  const list = all.map(({ seed, checker, what }) => `  seed ${seed}: ${checker}: ${what}`);
  return [
    `${schedules} schedules, ${minutes} simulated minutes, ${rate}, ${all.length} failing`,
    countsText(counts),
    ...list,
    ...(failing === undefined ? [] : [failingText(failing)]),
  ].join("\n");
}

function swarmData(
  { counts, schedules, failing: all, jobs }: SwarmOutcome,
  more: {
    readonly seed: number;
    readonly perSecond: number;
    readonly failing: Failing | undefined;
  },
): JsonObject {
  const { seed, perSecond, failing } = more;
  return {
    seed,
    schedules,
    jobs,
    schedulesPerSecond: Math.round(perSecond),
    counts,
    failing: all.map((one) => ({ ...one })),
    first:
      failing === undefined
        ? null
        : {
            seed: failing.seed,
            violation: { ...failing.violation },
            faults: failing.faults,
            kinds: failing.kinds,
            command: failing.command,
            timeline: failing.timeline.map((entry) => ({ ...entry })),
          },
  };
}
