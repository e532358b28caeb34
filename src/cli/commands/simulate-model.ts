/** `sovereign simulate --model`: visits every state of the bounded two-region model, with the reducer that ships (ADR 26). */
import { performance } from "node:perf_hooks";
import { type Command, InvalidArgumentError } from "commander";
import type { WitnessLossPolicy } from "../../core/failover/group.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Checked, check, selected, summaryOf } from "../../sim/model/check.ts";
import type { Configuration } from "../../sim/model/configuration.ts";
import { configurations } from "../../sim/model/configurations.ts";
import { shippedProtocol } from "../../sim/model/protocol.ts";
import type { Context } from "../command.ts";
import type { Io } from "../io.ts";

export type ModelOptions = {
  readonly model?: boolean;
  readonly config?: readonly string[];
  readonly states?: number;
  readonly policy?: WitnessLossPolicy;
};

/** Adds the options of the model check to `sovereign simulate`. */
export function withModelOptions(command: Command): Command {
  return command
    .option("--model", "visit every state of the bounded model instead of seeded schedules", false)
    .option(
      "--config <names...>",
      "with --model: only these configurations (see docs/guides/model-check.md)",
    )
    .option(
      "--states <count>",
      "with --model: stop a configuration after so many states",
      stateCount,
    );
}

function stateCount(text: string): number {
  const count = Number(text);
  if (/^[0-9]{1,9}$/.test(text) && count > 0) return count;
  throw new InvalidArgumentError("It is a whole number above 0.");
}

/** Checks the chosen configurations one after another; ends with PropertyViolated when one is broken. */
export async function simulateModel({ io, signal }: Context, options: ModelOptions): Promise<void> {
  const chosen = chosenBy(options);
  const results: Ran[] = [];
  for (const configuration of chosen) {
    if (signal.aborted) break;
    // One turn of the event loop, so that Ctrl-C is heard between two configurations.
    await new Promise<void>((resolve) => setImmediate(resolve));
    io.progress(`${configuration.name}: ${configuration.shows}`);
    const ran = runOne(io, configuration, options.states ?? Number.POSITIVE_INFINITY);
    io.progress(`  ${summaryOf(ran.found)} · ${rateOf(ran)}`);
    results.push(ran);
  }
  io.result({ configurations: results.map(dataOf) }, results.map(textOf).join("\n"));
  const broken = results.filter(({ found }) => found.violation !== null || found.missed.length > 0);
  if (broken.length > 0) {
    throw new Failure(
      "PropertyViolated",
      `${broken.map(({ found }) => found.configuration.name).join(", ")}: a property is broken, or a milestone was not reached`,
      { where: "simulate --model" },
    );
  }
}

function chosenBy({ config, policy }: ModelOptions): readonly Configuration[] {
  const unknown = (config ?? []).filter((name) => !configurations.some((one) => one.name === name));
  if (unknown.length > 0) {
    const names = configurations.map(({ name }) => name).join(", ");
    throw new Failure("UsageInvalid", `no configuration ${unknown.join(", ")}; there are ${names}`);
  }
  return selected({
    ...(config === undefined ? {} : { names: config }),
    ...(policy === undefined ? {} : { policy }),
  });
}

type Ran = { readonly found: Checked; readonly seconds: number };

function runOne(io: Io, configuration: Configuration, states: number): Ran {
  const startedAtMs = performance.now();
  let saidAtMs = startedAtMs;
  const found = check(shippedProtocol, configuration, {
    states,
    progress(soFar) {
      if (performance.now() - saidAtMs < 5_000) return false;
      saidAtMs = performance.now();
      io.progress(`  ${soFar.states} states, depth ${soFar.depth}`);
      return false;
    },
  });
  return { found, seconds: (performance.now() - startedAtMs) / 1000 };
}

function rateOf({ found, seconds }: Ran): string {
  return `${seconds.toFixed(1)} s, ${Math.round(found.states / seconds)} states/s`;
}

function dataOf({ found, seconds }: Ran): JsonObject {
  const { configuration, states, transitions, depth, isExhausted, violation, reached, missed } =
    found;
  return {
    name: configuration.name,
    shows: configuration.shows,
    states,
    transitions,
    depth,
    isExhausted,
    seconds,
    statesPerSecond: states / seconds,
    reached,
    missed: [...missed],
    violation: violation === null ? null : { what: violation.what, trace: [...violation.trace] },
  };
}

function textOf(ran: Ran): string {
  const { found } = ran;
  const lines = [`${summaryOf(found)} · ${rateOf(ran)}`];
  if (found.missed.length > 0) lines.push(`  never reached: ${found.missed.join(", ")}`);
  if (found.violation !== null) lines.push(...found.violation.trace.map((line) => `  ${line}`));
  return lines.join("\n");
}
