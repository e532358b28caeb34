/** How a problem of a document is built: from what was found at a path and what was expected there. */
import type { Json, JsonObject } from "../kernel/json.ts";
import { redacted } from "../kernel/redact.ts";
import {
  type DocumentProblem,
  type JsonPath,
  type ParsedDocument,
  writeJsonPath,
} from "./document.ts";

/** What a rule has to say about one place of a document. */
export type Finding = {
  readonly path: JsonPath;
  /** What stands there; the value at `path`, shortened, unless said otherwise. */
  readonly found?: string;
  readonly expected: string;
};

export type ProblemKind = Pick<DocumentProblem, "reason"> & Partial<Pick<DocumentProblem, "code">>;

/** The problem of `document` that `finding` describes. */
export function problemOf(
  document: ParsedDocument,
  kind: ProblemKind,
  finding: Finding,
): DocumentProblem {
  const { value, pathOf } = document.written ?? { value: document.value, pathOf: unchanged };
  const path = pathOf(finding.path);
  return {
    code: kind.code ?? "DocumentInvalid",
    reason: kind.reason,
    file: document.file,
    line: document.lineOf(finding.path),
    document: labelOf(value),
    path: writeJsonPath(path),
    found: finding.found ?? shortJson(valueAt(value, path)),
    expected: finding.expected,
  };
}

const unchanged = (path: JsonPath): JsonPath => path;

/** `Kind/name` as far as it can be read, `document` when nothing of it can. */
export function labelOf(value: Json): string {
  const kind = valueAt(value, ["kind"]);
  const name = valueAt(value, ["metadata", "name"]);
  const kindText = typeof kind === "string" && kind !== "" ? shortText(kind) : "document";
  return typeof name === "string" && name !== "" ? `${kindText}/${shortText(name)}` : kindText;
}

/** The value at `path`, undefined when there is none; own keys only, because paths come from users. */
export function valueAt(value: Json, path: JsonPath): Json | undefined {
  let here: Json | undefined = value;
  for (const step of path) {
    if (here === undefined || here === null || typeof here !== "object") return undefined;
    if (!Object.hasOwn(here, step)) return undefined;
    here = Array.isArray(here) ? here[Number(step)] : (here as JsonObject)[step]; // Arrays are excluded; TypeScript does not narrow readonly ones.
  }
  return here;
}

/** A value as one short line: `nothing` when it is absent, long texts with their length. */
export function shortJson(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") {
    const text = JSON.stringify(shortText(value));
    return value.length > textLengthMax ? `${text} (${value.length} characters)` : text;
  }
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) {
    const inside = value.slice(0, 3).map(glance).join(", ");
    return value.length > 3 ? `[${inside}, …] (${value.length} entries)` : `[${inside}]`;
  }
  const keys = Object.keys(value);
  const inside = keys.slice(0, 4).map(shortText).join(", ");
  return keys.length > 4 ? `{${inside}, …} (${keys.length} fields)` : `{${inside}}`;
}

/** An entry of a list, without going deeper: a document may be nested to any depth. */
function glance(value: Json): string {
  if (value === null || typeof value !== "object") return shortJson(value);
  return Array.isArray(value) ? "[…]" : "{…}";
}

const textLengthMax = 60;

/** Text cut to what fits into a line, without credentials. */
export function shortText(text: string): string {
  const clean = withoutCredentials(text);
  return clean.length > textLengthMax ? `${clean.slice(0, 40)}…` : clean;
}

/** Text with what stands before the `@` of a URL taken out, up to the last one: a password may hold any character. */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/\S*@/g, `//${redacted}@`);
}

/** Problems in the order of files, lines and paths, each once; the order of documents does not matter. */
export function sortProblems(problems: readonly DocumentProblem[]): readonly DocumentProblem[] {
  const keyOf = (problem: DocumentProblem): string =>
    [
      problem.file,
      String(problem.line).padStart(9, "0"),
      problem.path,
      problem.reason,
      problem.found,
      problem.expected,
    ].join("\u0000");
  const byKey = new Map(problems.map((problem) => [keyOf(problem), problem]));
  return [...byKey.keys()].sort().flatMap((key) => byKey.get(key) ?? []);
}
