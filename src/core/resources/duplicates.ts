/** Documents that claim the same thing: each is told of the others, and none of them is taken. */
import type { DocumentProblem, ParsedDocument } from "./document.ts";
import { problemOf, shortText } from "./problem.ts";

/** Groups of two and more that share a key. */
export function groups<T>(
  all: readonly T[],
  keyOf: (one: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const byKey = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = byKey.get(key);
    if (group === undefined) byKey.set(key, [one]);
    else group.push(one);
  }
  return new Map([...byKey].filter(([, group]) => group.length > 1));
}

const namePath = ["metadata", "name"] as const;

/** Others that a message names; there may be thousands. */
const namedMax = 3;

/** The problem of `document`, which claims what every one of `all` claims. */
export function repeated(
  reason: string,
  document: ParsedDocument,
  all: readonly ParsedDocument[],
  words: { readonly found?: string; readonly expected?: string } = {},
): DocumentProblem {
  const { found, expected = "a name of its own" } = words;
  const named: string[] = [];
  for (const other of all) {
    if (named.length === namedMax) break;
    if (other !== document) named.push(`${other.file}:${other.lineOf(namePath)}`);
  }
  const more = all.length - 1 > named.length ? ", …" : "";
  return problemOf(
    document,
    { reason },
    {
      path: namePath,
      ...(found === undefined ? {} : { found: shortText(found) }),
      expected: `${expected}; also declared at ${named.join(", ")}${more}`,
    },
  );
}
