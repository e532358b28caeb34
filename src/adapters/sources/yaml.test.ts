import fc from "fast-check";
import { expect, test } from "vitest";
import { fileBytesMax, parseYaml, parseYamlBytes } from "./yaml.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each([
  ["a bracket that is not closed", "a: [1, 2\nb: 3\n", 2],
  ["a field that stands twice", "kind: A\nspec:\n  x: 1\n  x: 2\n", 4],
  ["a tab as indentation", "a:\n\tb: 1\n", 2],
  ["a tag that nobody knows", "a: 1\nb: !secret x\n", 2],
  ["a field whose name is a mapping", "? {a: 1}\n: 2\n", 1],
  ["an alias without an anchor", "a: 1\nb: *gone\n", 2],
  ["an alias of another document", "---\na: &x 1\nb: *y\n", 3],
])("%s is a problem with its line", (_name, text, line) => {
  const { documents, problems } = parseYaml("x.yaml", text);
  expect(documents).toEqual([]);
  expect(problems).toMatchObject([{ reason: "YamlSyntax", file: "x.yaml", line }]);
});

test("a merge conflict is called so, at the line where Git left it", () => {
  const text = "ok: 1\n---\na: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n---\nc: 1\n";
  const { documents, problems } = parseYaml("x.yaml", text);
  expect(documents.map(({ value }) => value)).toEqual([{ ok: 1 }, { c: 1 }]);
  expect(problems).toMatchObject([
    { reason: "YamlSyntax", line: 4, found: expect.stringContaining("merge conflict") },
  ]);
});

test("a broken document of a file does not stop the good ones before and after it", () => {
  const { documents, problems } = parseYaml("x.yaml", "a: 1\n---\nb: [\n---\nc: 3\n");
  expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { c: 3 }]);
  expect(documents.map(({ lineOf }) => lineOf([]))).toEqual([1, 5]);
  expect(problems).toMatchObject([{ reason: "YamlSyntax" }]);
});

test("aliases can not be used to blow a small file up", () => {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `l${level}: &l${level} [${level === 0 ? "x" : Array(9).fill(`*l${level - 1}`)}]`,
  );
  const { documents, problems } = parseYaml("bomb.yaml", levels.join("\n"));
  expect(documents).toEqual([]);
  expect(problems).toMatchObject([
    { reason: "YamlSyntax", found: expect.stringContaining("alias") },
  ]);
});

test("a file that is too large, too deep, not text or of too many documents is one problem", () => {
  const reason = (input: Uint8Array): string | undefined =>
    parseYamlBytes("x.yaml", input).problems[0]?.reason;
  expect(reason(bytes(`a: ${"x".repeat(fileBytesMax)}`))).toBe("FileTooLarge");
  expect(reason(bytes("[".repeat(40) + "]".repeat(40)))).toBe("DocumentTooComplex");
  expect(reason(bytes("[".repeat(200_000)))).toBe("DocumentTooComplex");
  expect(reason(bytes("- ".repeat(20_000)))).toBe("DocumentTooComplex");
  const wide = Array.from({ length: 2_001 }, (_, field) => `k${field}: 1`);
  expect(reason(bytes(wide.join("\n")))).toBe("DocumentTooComplex");
  expect(reason(bytes(`{${wide.join(", ")}}`))).toBe("DocumentTooComplex");
  expect(reason(new Uint8Array([0xff, 0xfe, 0x00]))).toBe("NotText");
  expect(reason(bytes("a: 1\n---\n".repeat(1_001)))).toBe("TooManyDocuments");
});

test("empty files, comments and empty documents hold nothing", () => {
  for (const text of ["", "# nothing\n", "---\n---\n", "~\n"]) {
    expect(parseYaml("x.yaml", text)).toEqual({ documents: [], problems: [] });
  }
});

test("merge keys are ordinary fields, and what looks like a date stays text", () => {
  const { documents } = parseYaml("x.yaml", "base: &b {x: 1}\nall: {<<: *b}\nday: 2026-11-21\n");
  expect(documents[0]?.value).toEqual({
    base: { x: 1 },
    all: { "<<": { x: 1 } },
    day: "2026-11-21",
  });
});

test("a line is that of the field's name, of a list's entry, or of the nearest that exists", () => {
  const text =
    "# comment\nkind: Application\nspec:\n  regions:\n    - one\n    - two\n  deep:\n    a.b: x\n";
  const lineOf = parseYaml("x.yaml", text).documents[0]?.lineOf ?? (() => 0);
  expect(lineOf([])).toBe(2);
  expect(lineOf(["spec"])).toBe(3);
  expect(lineOf(["spec", "regions"])).toBe(4);
  expect(lineOf(["spec", "regions", 1])).toBe(6);
  expect(lineOf(["spec", "deep", "a.b"])).toBe(8);
  expect(lineOf(["spec", "regions", 7, "x"])).toBe(4);
  expect(lineOf(["metadata", "name"])).toBe(2);
});

test("whatever stands in a file, the parser answers documents and problems with lines inside the file", () => {
  const line = fc.stringMatching(/^ {0,4}[-?&*!|>{}[\]:,#"'a-c0-2 ~<]{0,12}$/);
  const lines = fc.array(line, { maxLength: 12 }).map((all) => all.join("\n"));
  fc.assert(
    fc.property(fc.oneof(fc.string(), lines), (written) => {
      const { documents, problems } = parseYaml("x.yaml", written);
      const linesMax = written.split("\n").length + 1;
      for (const document of documents) {
        expect(document.lineOf(["a", 0, "b"])).toBeLessThanOrEqual(linesMax);
      }
      for (const problem of problems) {
        expect(problem.line).toBeGreaterThanOrEqual(1);
        expect(problem.line).toBeLessThanOrEqual(linesMax);
      }
    }),
    { numRuns: 500 },
  );
});
