/** Which failure a `dns` command ends with, after everything has been printed; the gravest first. */
import { codes } from "../../core/kernel/codes.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { describeProblem } from "../../core/resources/document.ts";
import { counted, type ServerPlan } from "./plan-text.ts";
import type { DnsWorld } from "./world.ts";

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
  if (problem !== undefined) {
    return new Failure(problem.code, describeProblem(problem), {
      where: `${problem.file}:${problem.line}`,
      field: problem.path,
      remedy: codes[problem.code].remedy,
    });
  }
  const [refusal] = desired.refusals;
  if (refusal === undefined) return undefined;
  return new Failure("DocumentInvalid", `Application ${refusal.application}: ${refusal.because}`, {
    where: `${refusal.origin.file}:${refusal.origin.line}`,
    field: refusal.field,
  });
}
