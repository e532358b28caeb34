/** One configuration, checked: what the CLI shows and the tests assert. */
import type { WitnessLossPolicy } from "../../core/failover/group.ts";
import { begin, rulesOf } from "./begin.ts";
import type { Configuration } from "./configuration.ts";
import { configurations } from "./configurations.ts";
import type { Protocol } from "./protocol.ts";
import { quietVisit } from "./quiet.ts";
import { type Limits, type Search, search } from "./search.ts";
import { traceOf } from "./trace.ts";

export type Checked = Omit<Search, "violation"> & {
  readonly configuration: Configuration;
  /** Milestones of the configuration that no state reached. */
  readonly missed: readonly string[];
  /** The broken property, and the way to it; null when nothing is broken. */
  readonly violation: { readonly what: string; readonly trace: readonly string[] } | null;
};

/** How many ticks without a fault it may take until somebody serves again. */
const quietTicks = 40;

/** Visits what the limits allow of one configuration, with the protocol that is given. */
export function check(protocol: Protocol, configuration: Configuration, limits: Limits): Checked {
  const rules = rulesOf(protocol, configuration);
  const first = begin(rules);
  const quiet = { powerReturns: true, witnessAnswers: true };
  const found = search(first, rules, limits, quietVisit(configuration, quiet, quietTicks));
  const { violation, ...rest } = found;
  return {
    ...rest,
    configuration,
    missed: configuration.mustReach.filter((milestone) => found.reached[milestone] === undefined),
    violation:
      violation === null ? null : { what: violation.what, trace: traceOf(first, rules, violation) },
  };
}

/** The configurations of that name or of that policy; all without either. */
export function selected(choice: {
  readonly names?: readonly string[];
  readonly policy?: WitnessLossPolicy;
}): readonly Configuration[] {
  return configurations.filter(
    ({ name, group }) =>
      (choice.names === undefined || choice.names.includes(name)) &&
      (choice.policy === undefined || group.onWitnessLoss === choice.policy),
  );
}

/** One line of what was visited. */
export function summaryOf({ configuration, ...found }: Checked): string {
  const { states, transitions, depth, isExhausted, violation } = found;
  const end =
    violation !== null
      ? `BROKEN: ${violation.what}`
      : isExhausted
        ? "exhausted"
        : `bounded at ${states} states`;
  return `${configuration.name}: ${states} states, ${transitions} transitions, depth ${depth}, ${end}`;
}
