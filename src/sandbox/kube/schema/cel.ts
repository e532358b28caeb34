/**
 * CEL, by the library that facts of remediation §4 measured, with the functions that Kubernetes adds and our rules use. Expressions come
 * from who may install CRDs and policies; `matches` runs on the machine's own patterns, so they are to be trusted, as in this sandbox.
 */
import { Environment } from "@marcbachmann/cel-js";
import type { CelValue } from "./cel-values.ts";

export type CelResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string };

type Number_ = bigint | number;

/** The library's own dialect of adding: both of one type, or the expression is wrong. */
function sumOf(values: readonly unknown[]): Number_ {
  return values.reduce<Number_>((sum, value) => {
    if (typeof value === "bigint") return (typeof sum === "bigint" ? sum : BigInt(sum)) + value;
    return Number(sum) + Number(value);
  }, 0n);
}

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
}).registerFunction("list.sum(): dyn", (list: readonly unknown[]) => sumOf([...list]));

type Evaluate = (variables: Readonly<Record<string, unknown>>) => unknown;
const parsed = new Map<string, Evaluate | Error>();

/** `has(list[0].field)`, which Gateway API's rules have: the library's `has` takes no index, and asks the same of an optional field. */
const hasBehindIndex = /\bhas\(([\w.]+\[\d+\](?:\.\w+)*)\.(\w+)\)/g;

function parse(expression: string): Evaluate | Error {
  const known = parsed.get(expression);
  if (known !== undefined) return known;
  let result: Evaluate | Error;
  try {
    const text = expression.replace(hasBehindIndex, "$1.?$2.hasValue()");
    // The types of the library allow promises; none of our functions gives one.
    result = environment.parse(text) as Evaluate;
  } catch (thrown) {
    result = thrown instanceof Error ? thrown : new Error(String(thrown));
  }
  if (parsed.size > 5_000) parsed.clear();
  parsed.set(expression, result);
  return result;
}

/** Why the expression can not be used at all; undefined when it can. */
export function celProblem(expression: string): string | undefined {
  const result = parse(expression);
  return result instanceof Error ? result.message : undefined;
}

/** What the expression gives, or why it gives nothing. */
export function evaluateCel(
  expression: string,
  variables: Readonly<Record<string, CelValue | undefined>>,
): CelResult {
  const evaluate = parse(expression);
  if (evaluate instanceof Error) return { ok: false, error: evaluate.message };
  try {
    return { ok: true, value: evaluate(variables) };
  } catch (thrown) {
    return {
      ok: false,
      error: thrown instanceof Error ? firstLine(thrown.message) : String(thrown),
    };
  }
}

const firstLine = (text: string): string => text.split("\n")[0] ?? "";
