/** Documents parsed by their schema; what zod finds wrong is said in words, with the place and the nearest name. */
import type { z } from "zod";
import type { Json } from "../kernel/json.ts";
import { didYouMean } from "../names/nearest.ts";
import type { DocumentProblem, JsonPath, ParsedDocument } from "./document.ts";
import { fieldsAt, schemaAt } from "./json-schema.ts";
import type { Kind } from "./normalise.ts";
import { patternWords } from "./patterns.ts";
import { problemOf, shortText, valueAt } from "./problem.ts";

/** A document whose fields all have the right shape; its references are not checked yet. */
export type Shaped<T> = {
  readonly value: T;
  readonly name: string;
  readonly document: ParsedDocument;
};

export type ShapedKind<T> = {
  readonly good: readonly Shaped<T>[];
  readonly problems: readonly DocumentProblem[];
};

/** Problems of one document that are listed; beyond them there is one that counts the rest. */
const problemsMax = 20;

/** Parses all documents of one kind. */
export function shapeAll<T extends { readonly metadata: { readonly name: string } }>(
  kind: Kind,
  schema: z.ZodType<T>,
  documents: readonly ParsedDocument[],
): ShapedKind<T> {
  const good: Shaped<T>[] = [];
  const problems: DocumentProblem[] = [];
  for (const document of documents) {
    const parsed = schema.safeParse(withoutStatus(document.value));
    if (parsed.success) {
      good.push({ value: parsed.data, name: parsed.data.metadata.name, document });
    } else problems.push(...explain(kind, document, parsed.error.issues));
  }
  return { good, problems };
}

/** `status` is what a controller says of a document that came from Kubernetes; nobody declares it. */
function withoutStatus(value: Json): Json {
  if (value === null || typeof value !== "object" || !Object.hasOwn(value, "status")) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== "status"));
}

function explain(
  kind: Kind,
  document: ParsedDocument,
  issues: readonly z.core.$ZodIssue[],
): readonly DocumentProblem[] {
  const byPath = new Map<string, DocumentProblem>();
  let left = 0;
  for (const problem of issues.flatMap((issue) => problemsOf(kind, document, issue))) {
    // A text may be too long and of the wrong letters at once: one problem a place is enough.
    if (byPath.has(problem.path)) continue;
    if (byPath.size < problemsMax) byPath.set(problem.path, problem);
    else left += 1;
  }
  if (left === 0) return [...byPath.values()];
  const found = `${left} more problems`;
  const rest = problemOf(
    document,
    { reason: "MoreProblems" },
    { path: [], found, expected: "none" },
  );
  return [...byPath.values(), rest];
}

function problemsOf(
  kind: Kind,
  document: ParsedDocument,
  issue: z.core.$ZodIssue,
): readonly DocumentProblem[] {
  const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
  if (issue.code === "unrecognized_keys") {
    const fields = fieldsAt(kind, path);
    return issue.keys.map((key) =>
      problemOf(
        document,
        { reason: "FieldUnknown" },
        {
          path: [...path, key],
          found: `the field ${JSON.stringify(shortText(key))}`,
          expected:
            fields.length === 0
              ? "no field"
              : `one of ${fields.join(", ")}${didYouMean(key, fields)}`,
        },
      ),
    );
  }
  const found = valueAt(document.value, path);
  const missing = found === undefined;
  const reason = missing ? "FieldMissing" : reasonOf(issue, path);
  const isName = reason === "NameInvalid";
  return [
    problemOf(document, isName ? { reason, code: "NameInvalid" } : { reason }, {
      path,
      expected: expectedOf(issue, found) + (missing ? descriptionOf(kind, path) : ""),
    }),
  ];
}

/** Fields whose text is a name of the naming convention or of DNS. */
const nameFields: ReadonlySet<string | number | undefined> = new Set([
  "name",
  "environmentRef",
  "organizationRef",
  "cluster",
  "domain",
  "host",
]);

function reasonOf(issue: z.core.$ZodIssue, path: JsonPath): string {
  const last = path.at(-1);
  const isName = nameFields.has(last) || path.at(-2) === "regions";
  switch (issue.code) {
    case "invalid_type":
      return "TypeWrong";
    case "invalid_value":
      return last === "placement" ? "UnknownPlacement" : "ValueNotAllowed";
    case "too_small":
    case "too_big":
      if (issue.origin === "string") return isName ? "NameInvalid" : "LengthOutOfRange";
      return issue.origin === "array" ? "LengthOutOfRange" : "ValueOutOfRange";
    case "invalid_format":
      return isName ? "NameInvalid" : "PatternMismatch";
    default:
      return "ValueNotAllowed";
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a mapping",
  record: "a mapping",
  array: "a list",
};

function expectedOf(issue: z.core.$ZodIssue, found: Json | undefined): string {
  switch (issue.code) {
    case "invalid_type":
      return typeWords[issue.expected] ?? issue.expected;
    case "invalid_value": {
      const values = issue.values.map(String);
      const list = values.length === 1 ? (values[0] ?? "") : `one of ${values.join(", ")}`;
      return list + didYouMean(found, values);
    }
    case "too_small":
      return `at least ${countOf(issue.origin, Number(issue.minimum))}`;
    case "too_big":
      return `at most ${countOf(issue.origin, Number(issue.maximum))}`;
    case "invalid_format":
      return patternWords(issue.pattern?.slice(1, -1) ?? "") ?? issue.message;
    default:
      return issue.message;
  }
}

function countOf(origin: string, count: number): string {
  if (origin === "string") return `${count} ${count === 1 ? "character" : "characters"}`;
  if (origin === "array") return `${count} ${count === 1 ? "entry" : "entries"}`;
  return String(count);
}

/** What a missing field is for, so that it can be written without looking it up. */
function descriptionOf(kind: Kind, path: JsonPath): string {
  const description = schemaAt(kind, path)?.["description"];
  return typeof description === "string" ? ` (${description.replace(/\.$/, "")})` : "";
}
