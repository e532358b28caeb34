/** Rules on what code may not contain (STYLE §4, §5, §6, §9), and on what no file of the repository may. */
import { type Finding, lineAt, lineRule, type Rule, type TextFile } from "./finding.ts";
import { lex } from "./lexer.ts";

/** The rules' own samples are bad on purpose, and stand in this folder only. */
const isSample = (path: string): boolean => path.startsWith("test/house/");
const isCode = (path: string): boolean =>
  /^(?:src|test|scripts|bin)\//.test(path) && /\.(?:ts|tsx|mjs|js)$/.test(path) && !isSample(path);
const isTest = (path: string): boolean => path.startsWith("test/") || /\.test\.ts$/.test(path);
const sample = (text: string, path = "src/core/x.ts"): TextFile => ({ path, text });

const castRule: Rule = {
  name: "a cast says why it holds, in a comment on its line or the line above; widening needs none",
  applies: (path) => path.startsWith("src/") && isCode(path) && !isTest(path),
  check: (file) => {
    const lines = file.text.split("\n");
    return lex(file.text)
      .filter((piece) => piece.kind === "code")
      .flatMap((piece): readonly Finding[] =>
        [
          ...piece.text.matchAll(/[\w)\]}"'`]?\s+as\s+(?!const\b|unknown\b(?! as ))[\w{(["'`]/g),
        ].flatMap((match) => {
          const offset = piece.offset + match.index + match[0].indexOf("as");
          const line = lineAt(file.text, offset);
          const near = `${lines[line - 2] ?? ""}\n${lines[line - 1] ?? ""}`;
          const renames = /^\s*(?:import\b|export\s*(?:type\s*)?[{*])|\bimport\(/.test(
            lines[line - 1] ?? "",
          );
          const listed = /^\s*(?:type )?\w+ as \w+,?$/.test(lines[line - 1] ?? "");
          const empty = /\[\] as readonly /.test(lines[line - 1] ?? "");
          if (renames || listed || empty || /\/\/|\*\//.test(near)) return [];
          const remedy = "Say why it must hold, or parse instead of casting.";
          return [{ file: file.path, line, found: "a cast without a reason", remedy }];
        }),
      );
  },
  bad: [
    sample("const x = 1;\nconst a = b as Thing;\n"),
    sample("const x = 1;\nexport const a = b as unknown as Thing;\n"),
  ],
  good: [
    sample("const a = b as Thing; // It was parsed above.\n"),
    sample("const a = [1] as const;\n"),
    sample("const a = parse(b) as unknown;\n"),
    sample('import { a as b } from "./c.ts";\n'),
    sample('const a = "as good as new";\n'),
  ],
};

export const contentRules: readonly Rule[] = [
  lineRule({
    name: "there are no default exports outside configuration files and the reporter that Vitest loads",
    applies: (path) =>
      isCode(path) && !/\.config\.ts$/.test(path) && path !== "scripts/closing-line.mjs",
    pattern: /^\s*export\s+default\b|^\s*export\s*\{[^}]*\bas\s+default\b/,
    remedy: "Export it by its name.",
    bad: [sample("export default 1;"), sample("export { x as default };")],
    good: [sample("export const x = 1;")],
  }),
  lineRule({
    name: "no work is left behind as a mark in the code",
    applies: isCode,
    pattern: /\b(?:TODO|FIXME|XXX)\b/,
    remedy: "Do it now, or open an issue and delete the mark.",
    bad: [sample("// TODO later"), sample("// FIXME"), sample("/* XXX */")],
    good: [sample("// Everything is done.")],
  }),
  lineRule({
    name: "no test is focused, skipped or put off",
    applies: (path) => isCode(path) && isTest(path),
    pattern: /\.(?:only|skip|todo|skipIf|runIf)\s*\(|\.(?:only|skip)\.|\{\s*(?:skip|only|todo):/,
    remedy: "Every test runs everywhere; what it needs and is missing is a failure.",
    bad: [
      sample("test.only('x', f);", "test/x.test.ts"),
      sample("describe.skip('x', f);", "src/core/x.test.ts"),
      sample("test.skipIf(noServer)('x', f);", "test/integration/x.test.ts"),
      sample("test('x', { skip: true }, f);", "test/x.test.ts"),
    ],
    good: [sample("test('x', f);", "test/x.test.ts")],
  }),
  lineRule({
    name: "there are no enums",
    applies: isCode,
    pattern: /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w+/,
    remedy: "Use a closed union of strings.",
    bad: [sample("export enum A { B }"), sample("const enum A { B }")],
    good: [sample('type A = "b" | "c"; // no enum here')],
  }),
  lineRule({
    name: "the limit on a function's length is switched off nowhere",
    applies: isCode,
    pattern: /biome-ignore(?:-all)?\s+lint(?:\/complexity)?(?:\/noExcessiveLinesPerFunction)?:/,
    remedy: "Cut the function: parents branch, leaves compute.",
    bad: [
      sample("// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it is long"),
      sample("// biome-ignore-all lint: no time"),
    ],
    good: [sample("// biome-ignore lint/suspicious/noControlCharactersInRegex: they are refused")],
  }),
  castRule,
];

const isAnyText = (path: string): boolean => !isSample(path);

export const repositoryRules: readonly Rule[] = [
  lineRule({
    name: "no file names a place on somebody's machine",
    applies: isAnyText,
    pattern: /(?<![\w.@:*-])\/(?:work|root|home|Users)\/[\w.-]*/,
    remedy: "Use a path relative to the checkout, or a folder that the system gives.",
    bad: [sample('read("/home/ann/x")', "scripts/x.mjs"), sample("see /work/main", "docs/x.md")],
    good: [sample("see docs/work/plan.md"), sample("https://example.org/home/x")],
  }),
  lineRule({
    name: "no file holds a key or a token",
    applies: (path) => isAnyText(path) && path !== "package-lock.json",
    pattern:
      /-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{30,}|github_pat_\w{30,}|npm_\w{30,}|xox[abprs]-[\w-]{10,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,})|(?<![\w/.+-])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=(?:[\w+/-]*\d){6})[A-Za-z0-9+/_-]{40,}={0,2}/,
    remedy: "Take it out, replace it everywhere, and read it from a file or a variable.",
    bad: [
      sample("-----BEGIN OPENSSH PRIVATE KEY-----"),
      sample(`const t = "ghp_${"a1".repeat(18)}";`),
      sample('const t = "zX81kQm20aPq93LlMv47RtYw65NbHc12JdSe09Ug";'),
    ],
    good: [
      sample(`const noHash = "${"0".repeat(64)}";`),
      sample(`const hash = "${"3fa9c1".repeat(10)}";`),
      sample("aVeryLongNameOfAFunctionThatSaysWhatItDoesAndWhy()"),
    ],
  }),
];
