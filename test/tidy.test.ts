/** Style as a test (STYLE.md): every rule is held against the tree, and against samples that it must refuse. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  buildingBlocks,
  type Dimension,
  envTypes,
  providers,
  regions,
} from "../src/core/names/dimensions.ts";
import { contentRules, repositoryRules } from "./house/content-rules.ts";
import { applyRule, describeFinding, type Finding } from "./house/finding.ts";
import { layoutRules, medianLines } from "./house/layout-rules.ts";
import { lex } from "./house/lexer.ts";
import { deadPaths, filesAndFolders, namesFiles } from "./house/references.ts";
import {
  acceptsNode,
  driftedVersions,
  installScripts,
  knownInstallScripts,
  type Lockfile,
  lifecycleScripts,
  missingSettings,
  namedRegistries,
  type PackageJson,
  refusingEngines,
  unpinned,
} from "./house/supply-chain.ts";
import { readRootFile, readTree } from "./house/tree.ts";
import { allowedContexts, bannedWords, wordRule } from "./house/words.ts";

const tree = readTree();
const rules = [...layoutRules, ...contentRules, wordRule, ...repositoryRules];
const named = rules.map((rule) => [rule.name, rule] as const);

const report = (findings: readonly Finding[]): readonly string[] => findings.map(describeFinding);

describe("the tree keeps the rule", () => {
  test.each(named)("%s", (_, rule) => {
    expect(report(applyRule(rule, tree))).toEqual([]);
  });

  test("the tree that is looked at is the whole one", async ({ annotate }) => {
    const paths = tree.map((file) => file.path);
    expect(paths).toContain("src/core/kernel/assert.ts");
    expect(paths).toContain("test/tidy.test.ts");
    expect(paths.filter((path) => /^(?:node_modules|dist|\.sovereign)\//.test(path))).toEqual([]);
    await annotate(`median length of a source file: ${medianLines(tree)} lines`);
  });
});

describe("the rule refuses what it says", () => {
  test.each(named)("%s", (_, rule) => {
    for (const sample of rule.bad) {
      const findings = applyRule(rule, [sample]);
      expect(findings, `${sample.path}: ${sample.text.slice(0, 60)}`).not.toEqual([]);
      expect(findings[0]).toMatchObject({ file: sample.path });
    }
    for (const sample of rule.good) expect(report(applyRule(rule, [sample]))).toEqual([]);
  });

  test("a finding names file, line and remedy", () => {
    const enums = contentRules.find((rule) => rule.name === "there are no enums");
    const file = { path: "src/core/x.ts", text: "/** X. */\n\nenum A {}\n" };
    expect(enums === undefined ? [] : report(applyRule(enums, [file]))).toEqual([
      'src/core/x.ts:3 "enum A". Use a closed union of strings.',
    ]);
  });
});

describe("functions are short because Biome says so", () => {
  type Biome = {
    readonly linter: {
      readonly rules: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };
    readonly overrides: readonly {
      readonly includes: readonly string[];
      readonly linter?: unknown;
    }[];
  };
  const biome = JSON.parse(readRootFile("biome.json").text) as Biome;

  test("no function is longer than 70 lines, and that is an error", () => {
    expect(biome.linter.rules["complexity"]).toMatchObject({
      noExcessiveLinesPerFunction: { level: "error", options: { maxLines: 70 } },
    });
  });

  test("only the tables of tests are exempt", () => {
    const exempt = biome.overrides.filter((override) =>
      JSON.stringify(override).includes("noExcessiveLinesPerFunction"),
    );
    expect(exempt.map((override) => override.includes)).toEqual([["**/*.test.ts"]]);
  });

  test("rules that other rules of the house rely on are errors", () => {
    const { style, suspicious, nursery } = biome.linter.rules;
    expect(style).toMatchObject({ noDefaultExport: "error", noNonNullAssertion: "error" });
    expect(suspicious).toMatchObject({ noImportCycles: "error" });
    expect(nursery).toMatchObject({ noFloatingPromises: "error", noMisusedPromises: "error" });
  });
});

describe("what is installed is known", () => {
  const json = JSON.parse(readRootFile("package.json").text) as PackageJson;
  const lock = JSON.parse(readRootFile("package-lock.json").text) as Lockfile;
  const badLock: Lockfile = {
    packages: {
      "": { engines: { node: ">=99" } },
      "node_modules/a": {
        version: "2.0.0",
        resolved: "https://registry.example/a.tgz",
        hasInstallScript: true,
        engines: { node: ">=22.12" },
      },
      "node_modules/builds": { version: "1.0.0", dev: true, engines: { node: ">=22.12" } },
    },
  };
  const cases: readonly {
    readonly name: string;
    readonly now: readonly Finding[];
    readonly bad: readonly Finding[];
    readonly found: string;
  }[] = [
    {
      name: "every dependency is pinned to one version",
      now: unpinned(json),
      bad: unpinned({ dependencies: { a: "^1.0.0" } }),
      found: 'a "^1.0.0"',
    },
    {
      name: "the lock file holds the versions of package.json",
      now: driftedVersions(json, lock),
      bad: driftedVersions({ dependencies: { a: "1.0.0" } }, badLock),
      found: "a 2.0.0, not 1.0.0",
    },
    {
      name: "the lock file names no registry",
      now: namedRegistries(lock),
      bad: namedRegistries(badLock),
      found: "node_modules/a is resolved from https://registry.example/a.tgz",
    },
    {
      name: "no package runs a program while it is installed",
      now: installScripts(lock, knownInstallScripts),
      bad: installScripts(badLock, {}),
      found: "node_modules/a has an install script",
    },
    {
      name: "our own package runs nothing while it is installed",
      now: lifecycleScripts(json),
      bad: lifecycleScripts({ scripts: { postinstall: "x" } }),
      found: 'script "postinstall"',
    },
    {
      name: "what we run with accepts the oldest Node that we promise",
      now: refusingEngines(lock),
      bad: refusingEngines(badLock),
      found: "node_modules/a wants Node >=22.12",
    },
    {
      name: ".npmrc pins exactly, runs no scripts and fetches nothing from git",
      now: missingSettings(readRootFile(".npmrc").text),
      bad: missingSettings("save-exact=true\nallow-git=none\n#ignore-scripts=true\n"),
      found: "no ignore-scripts=true",
    },
  ];

  test.each(cases.map((each) => [each.name, each] as const))("%s", (_, { now, bad, found }) => {
    expect(report(now)).toEqual([]);
    expect(bad.map((finding) => finding.found)).toEqual([found]);
  });

  test("a listed install script is let through by its path only", () => {
    expect(installScripts(badLock, { "node_modules/a": "harmless" })).toEqual([]);
  });

  test.each([
    [">=20", true],
    [">= 10.x", true],
    ["^16 || ^18 || >=20", true],
    ["^20.0.0 || ^22.0.0 || >=24.0.0", true],
    [">=18 <20", false],
    [">=20.20.0", true],
    [">=20.20.1", false],
    ["^20.19.0 || >=22.12.0", true],
    ["20.x", true],
    ["20", true],
    ["22.x", false],
    ["~20.19.0", false],
    [">=22.12", false],
    ["*", true],
    ["lts/iron", false],
  ])("the range %s accepts Node 20.20.0: %s", (range, accepted) => {
    expect(acceptsNode(range, "20.20.0")).toBe(accepted);
  });
});

describe("the lexer under the rules", () => {
  test("it tells code, comments, strings and regular expressions apart", () => {
    const source =
      "const a = 'x//y'; // note\nconst b = `t $" +
      "{c ? `u` : {}} v`; const d = /['\"]/.test(e) / 2;";
    const texts = (kind: string): readonly string[] =>
      lex(source)
        .filter((piece) => piece.kind === kind)
        .map((piece) => piece.text);
    expect(texts("comment")).toEqual(["// note"]);
    expect(texts("string")).toEqual(["'x//y'", "`t $" + "{", "`u`", "} v`"]);
    expect(texts("regex")).toEqual(["/['\"]/"]);
  });

  test("it loses no character of any text", () => {
    const text = fc.string({
      unit: fc.constantFrom(..."ab/*'\"`}{$\\\n =(".split("")),
      maxLength: 60,
    });
    fc.assert(
      fc.property(text, (source) => {
        const pieces = lex(source);
        expect(pieces.map((piece) => piece.text).join("")).toBe(source);
        for (const piece of pieces) expect(source.startsWith(piece.text, piece.offset)).toBe(true);
      }),
    );
  });
});

describe("a reader who follows a path arrives", () => {
  const known = filesAndFolders(tree);

  test("every file that documents and comments name is there", () => {
    const files = tree.filter((file) => namesFiles(file.path));
    expect(report(files.flatMap((file) => deadPaths(file, known)))).toEqual([]);
  });

  test("a path or a link that leads nowhere is found", () => {
    const text =
      "see `src/core/gone.ts`, [this](gone.md#x), [that](../STYLE.md), https://a.b/docs/c.md";
    const findings = deadPaths({ path: "docs/x.md", text }, known);
    expect(findings.map((finding) => finding.found)).toEqual([
      "src/core/gone.ts does not exist",
      "docs/gone.md does not exist",
    ]);
  });
});

test("the glossary names every banned word", () => {
  const glossary = readRootFile("docs/glossary.md").text.toLowerCase();
  const missing = Object.keys(bannedWords).filter((word) => !glossary.includes(word.toLowerCase()));
  expect(missing.filter((word) => word !== "primaries")).toEqual([]);
});

test("the glossary has every provider, region, building block and environment type", () => {
  const glossary = readRootFile("docs/glossary.md").text;
  for (const table of [providers, buildingBlocks, envTypes]) {
    for (const [key, { title, letter }] of Object.entries(table)) {
      expect(glossary).toContain(`\`${key}\` | ${title} | ${letter} |`);
    }
  }
  for (const [key, { title, letter }] of Object.values(regions).flatMap(
    Object.entries<Dimension>,
  )) {
    expect(glossary).toContain(`\`${key}\` ${title} ${letter}`);
  }
});

test("every context in which a banned word may stand says why", () => {
  for (const { pattern, why } of allowedContexts) {
    expect(why.length, pattern.source).toBeGreaterThan(5);
    expect(pattern.flags, pattern.source).toContain("g");
  }
});
