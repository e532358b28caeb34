/** Documents as they come from a source, and what can be wrong with one. */
import type { Code } from "../kernel/codes.ts";
import type { Json } from "../kernel/json.ts";

export type JsonPath = readonly (string | number)[];

/** One YAML document of a file, already turned into plain data. */
export type ParsedDocument = {
  /** Path below the source's root, with forward slashes. */
  readonly file: string;
  readonly value: Json;
  /** 1-based line of the node at `path`, or of its nearest ancestor that exists. */
  readonly lineOf: (path: JsonPath) => number;
};

/** What is wrong with one document, precise enough to be mended without looking elsewhere. */
export type DocumentProblem = {
  readonly code: Extract<Code, "DocumentInvalid" | "NameInvalid">;
  /** Stable CamelCase word for the kind of mistake, such as `UnknownRegion`. */
  readonly reason: string;
  readonly file: string;
  readonly line: number;
  /** `Kind/name` as far as it could be read, such as `Application/shop`. */
  readonly document: string;
  /** JSON path, such as `$.spec.regions[1]`. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
};

/** `$.spec.regions[1]` of `["spec", "regions", 1]`; keys that are not words are quoted. */
export function writeJsonPath(path: JsonPath): string {
  let text = "$";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += /^[A-Za-z_][A-Za-z0-9_]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** One line for people: `apps/shop.yaml:9 Application/shop $.spec.regions[1]: found …, expected …`. */
export function describeProblem(problem: DocumentProblem): string {
  return `${problem.file}:${problem.line} ${problem.document} ${problem.path}: found ${problem.found}, expected ${problem.expected}`;
}
