/**
 * A decision as a value with its whole trace. Every rule is evaluated, also after the first refusal,
 * so that *why* and *what would change it* come for free (DESIGN §4).
 */

export type RuleOutcome = "passed" | "failed" | "notApplicable";

export type RuleResult = {
  /** Stable CamelCase name of the rule; lands in conditions, metrics and docs. */
  readonly rule: string;
  readonly outcome: RuleOutcome;
  /** One sentence for people, with the evidence in it. */
  readonly because: string;
};

export type Verdict = {
  readonly kind: "allowed" | "refused";
  /** `Allowed`, or the name of the first rule that failed. */
  readonly reason: string;
  readonly because: string;
  readonly trace: readonly RuleResult[];
};

export type Rule<Facts> = {
  readonly rule: string;
  readonly evaluate: (facts: Facts) => { readonly outcome: RuleOutcome; readonly because: string };
};

/** Evaluates every rule over the same facts; refused when any failed. */
export function decide<Facts>(rules: readonly Rule<Facts>[], facts: Facts): Verdict {
  const trace = rules.map(({ rule, evaluate }): RuleResult => ({ rule, ...evaluate(facts) }));
  const failed = trace.filter((result) => result.outcome === "failed");
  const first = failed[0];
  if (first === undefined) {
    return { kind: "allowed", reason: "Allowed", because: "every rule passed", trace };
  }
  const others = failed.length > 1 ? ` (and ${failed.length - 1} more)` : "";
  return { kind: "refused", reason: first.rule, because: first.because + others, trace };
}
