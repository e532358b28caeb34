/** A mistake in a document as the failure that a command ends with. */
import type { Refusal } from "../../core/dns/zone.ts";
import { codes } from "../../core/kernel/codes.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type DocumentProblem, describeProblem, printable } from "../../core/resources/document.ts";

/** The failure, with file and line, the field, and what was found and expected there. */
export function failureOfProblem(
  problem: DocumentProblem,
  remedy: string = codes[problem.code].remedy,
): Failure {
  return new Failure(problem.code, describeProblem(problem), {
    where: printable(`${problem.file}:${problem.line}`),
    field: printable(problem.path),
    remedy,
  });
}

/** The same for an Application that can not be turned into records. */
export function failureOfRefusal({ application, origin, field, because }: Refusal): Failure {
  return new Failure("DocumentInvalid", `Application ${application}: ${because}`, {
    where: printable(`${origin.file}:${origin.line}`),
    field,
  });
}
