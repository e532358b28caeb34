/** Rules about what a document means, beyond the shape of its fields. Each is small, named, and evaluated always. */

import { didYouMean } from "../../names/nearest.ts";
import type { DocumentProblem, ParsedDocument } from "../document.ts";
import { type Finding, type ProblemKind, problemOf, shortText } from "../problem.ts";

/** One rule over the facts of one document; no finding means that the document follows it. */
export type DocumentRule<Facts> = ProblemKind & {
  readonly check: (facts: Facts) => readonly Finding[];
};

/** Every problem that the rules find, in the order of the table. */
export function applyRules<Facts>(
  rules: readonly DocumentRule<Facts>[],
  document: ParsedDocument,
  facts: Facts,
): readonly DocumentProblem[] {
  return rules.flatMap((rule) =>
    rule.check(facts).map((finding) => problemOf(document, rule, finding)),
  );
}

/** Names that a message lists; there may be thousands. */
const namedMax = 5;

/** What a reference should have named: `an Environment that is declared (a-dev, a-prod); did you mean "a-prod"?`. */
export function declared(kind: string, reference: string, names: ReadonlySet<string>): string {
  if (names.size === 0) return `${kind} that is declared; there is none`;
  const first: string[] = [];
  for (const name of names) {
    if (first.length === namedMax) break;
    first.push(shortText(name));
  }
  const more = names.size > namedMax ? ", …" : "";
  return `${kind} that is declared (${first.join(", ")}${more})${didYouMean(reference, names)}`;
}

/** Indices of the entries whose key an earlier entry has, with the index of the first that has it. */
export function repeats(keys: readonly string[]): readonly { index: number; first: number }[] {
  const firsts = new Map<string, number>();
  return keys.flatMap((key, index) => {
    const first = firsts.get(key);
    if (first === undefined) {
      firsts.set(key, index);
      return [];
    }
    return [{ index, first }];
  });
}
