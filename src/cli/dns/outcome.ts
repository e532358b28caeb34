/** Which failure a `dns` command ends with, after everything has been printed; the gravest first. */
import { Failure } from "../../core/kernel/failure.ts";
import { failureOfProblem, failureOfRefusal } from "../../daemon/dns/problem-failure.ts";
import type { DnsWorld } from "../../daemon/dns/world.ts";
import { counted, type ServerPlan } from "./plan-text.ts";

/** The failure that the plans and the source ask for, or undefined when all is well. */
export function failureOfPlans(
  { intent }: DnsWorld,
  plans: readonly ServerPlan[],
): Failure | undefined {
  const failed = plans.find(({ failure }) => failure !== undefined)?.failure;
  if (failed !== undefined) return failed;
  const conflicts = plans.flatMap(({ server, plan }) =>
    (plan?.conflicts ?? []).map((conflict) => ({ server, conflict })),
  );
  const [first] = conflicts;
  if (first !== undefined) {
    const more = conflicts.length > 1 ? ` (and ${counted(conflicts.length - 1, "more")})` : "";
    return new Failure("RecordConflict", `${first.conflict.because}${more}`, {
      where: first.server,
    });
  }
  return failureOfSource(intent);
}

function failureOfSource({ catalogue, desired }: DnsWorld["intent"]): Failure | undefined {
  const [problem] = catalogue.problems;
  if (problem !== undefined) return failureOfProblem(problem);
  const [refusal] = desired.refusals;
  return refusal === undefined ? undefined : failureOfRefusal(refusal);
}
