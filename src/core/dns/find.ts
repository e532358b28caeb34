/** Finding the Application that a person means: by FQDN, by environment/application, or by a name that only one has. */
import { nearestName } from "../names/nearest.ts";
import type { DocumentProblem } from "../resources/document.ts";
import type { DesiredApplication } from "./zone.ts";

export type Found =
  | { readonly kind: "found"; readonly application: DesiredApplication }
  | { readonly kind: "ambiguous"; readonly candidates: readonly string[] }
  | { readonly kind: "unknown"; readonly nearest: readonly string[] };

/** The Application that `text` names; otherwise those that it could mean. */
export function findApplication(applications: readonly DesiredApplication[], text: string): Found {
  const wanted = plainName(text);
  const found = applications.filter((application) => namesOf(application).includes(wanted));
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return { kind: "found", application: only };
  if (only !== undefined) {
    return { kind: "ambiguous", candidates: found.map(({ application }) => application) };
  }
  const named = new Map(
    applications.flatMap((application) =>
      namesOf(application).map((name) => [name, application.fqdn] as const),
    ),
  );
  const nearest = nearestName(wanted, named.keys());
  const suggestion = nearest === undefined ? undefined : named.get(nearest);
  return { kind: "unknown", nearest: suggestion === undefined ? [] : [suggestion] };
}

/** The first mistake in a document of the Application that `text` names, or of its Environment. */
export function problemAbout(
  problems: readonly DocumentProblem[],
  text: string,
): DocumentProblem | undefined {
  const words = plainName(text).split(/[/.]/).slice(0, 2);
  const ofKind = (kind: string): DocumentProblem | undefined =>
    problems.find(({ document }) => words.some((word) => document === `${kind}/${word}`));
  return ofKind("Application") ?? ofKind("Environment");
}

function plainName(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/^_why\./, "");
}

/** How an Application may be called: FQDN, `{environment}/{application}`, `{application}/{environment}`, its name. */
function namesOf({ application, fqdn }: DesiredApplication): readonly string[] {
  const [environment = "", name = ""] = application.split("/");
  return [fqdn, application, `${name}/${environment}`, name];
}
