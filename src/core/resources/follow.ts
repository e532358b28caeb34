/** From shaped documents to those that are taken: rules followed, names unique, in an order that no machine changes. */
import type { DocumentProblem, ParsedDocument } from "./document.ts";
import { groups, repeated } from "./duplicates.ts";
import { valueAt } from "./problem.ts";
import { applyRules, type DocumentRule } from "./rules/rule.ts";
import type { Shaped } from "./shape.ts";

export type Report = (problems: readonly DocumentProblem[]) => void;

/** Names of all documents of a kind, right or wrong, as far as they can be read. */
export function namesOf(documents: readonly ParsedDocument[]): ReadonlySet<string> {
  const names = documents.map(({ value }) => valueAt(value, ["metadata", "name"]));
  return new Set(names.filter((name) => typeof name === "string"));
}

/** The documents that follow all rules; the problems of the others are reported. */
export function follow<T, Facts>(
  shaped: readonly Shaped<T>[],
  rules: readonly DocumentRule<Facts>[],
  factsOf: (value: T) => Facts,
  report: Report,
): readonly Shaped<T>[] {
  return shaped.filter(({ value, document }) => {
    const problems = applyRules(rules, document, factsOf(value));
    report(problems);
    return problems.length === 0;
  });
}

/** The documents whose name no other of their kind has; of those that share one, none is taken. */
export function unique<T>(shaped: readonly Shaped<T>[], report: Report): readonly Shaped<T>[] {
  const twins = groups(shaped, ({ name }) => name);
  for (const group of twins.values()) {
    const all = group.map(({ document }) => document);
    report(all.map((document) => repeated("DuplicateName", document, all)));
  }
  const doubled = new Set([...twins.values()].flat());
  return shaped.filter((one) => !doubled.has(one));
}

export function inOrder<T extends { readonly metadata: { readonly name: string } }>(
  shaped: readonly Shaped<T>[],
): readonly T[] {
  return shaped.map(({ value }) => value).sort((a, b) => order(a.metadata.name, b.metadata.name));
}

/** By code units, so that the order is the same on every machine. */
export function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
