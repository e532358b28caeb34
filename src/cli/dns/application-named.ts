/** The Application that a person named, or the truest reason why there is none. */
import type { WholeIntent } from "../../control/dns/gather.ts";
import { findApplication, problemAbout } from "../../core/dns/find.ts";
import type { DesiredApplication } from "../../core/dns/zone.ts";
import { codes } from "../../core/kernel/codes.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { describeProblem, printable } from "../../core/resources/document.ts";
import { failureOfProblem, failureOfRefusal } from "../../daemon/dns/problem-failure.ts";
import { counted } from "./plan-text.ts";

type Declared = Pick<WholeIntent, "desired" | "catalogue">;

/** Fails with DocumentInvalid or NameInvalid when its document is wrong, with NotFound when nobody declares it. */
export function applicationNamed(
  { desired, catalogue: { problems } }: Declared,
  name: string,
): DesiredApplication {
  const found = findApplication(desired.applications, name);
  if (found.kind === "found") return found.application;
  const shown = printable(name);
  if (found.kind === "ambiguous") {
    throw new Failure("NotFound", `${shown} names ${found.candidates.length} Applications`, {
      remedy: `Write one of ${found.candidates.join(", ")}.`,
    });
  }
  const problem = problemAbout(problems, name);
  if (problem !== undefined) {
    const stays = "Until then its records stay as they are.";
    throw failureOfProblem(problem, `${codes[problem.code].remedy} ${stays}`);
  }
  const refused = desired.refusals.find(({ application }) => application.split("/").includes(name));
  if (refused !== undefined) throw failureOfRefusal(refused);
  const [nearest] = found.nearest;
  const meant = nearest === undefined ? "" : `Did you mean ${nearest}? `;
  const [hiding] = problems;
  if (hiding === undefined) {
    throw new Failure(
      "NotFound",
      `nobody declares ${shown}`,
      nearest === undefined ? {} : { remedy: meant.trimEnd() },
    );
  }
  throw new Failure("NotFound", `no document that can be read declares ${shown}`, {
    remedy: `${meant}${counted(problems.length, "mistake")} in the source may hide it: ${describeProblem(hiding)}`,
  });
}
