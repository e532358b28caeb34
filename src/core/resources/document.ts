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
  /** For a document that was put into our form: how it was written, and where in that stands what `value` has at a path. */
  readonly written?: { readonly value: Json; readonly pathOf: (path: JsonPath) => JsonPath };
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
  const { file, line, document, path, found, expected } = problem;
  return printable(`${file}:${line} ${document} ${path}: found ${found}, expected ${expected}`);
}

/** Text of a user with its control and direction characters written out, so that it can not command a terminal. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}
