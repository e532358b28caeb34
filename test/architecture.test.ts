/** The shape of the program as a test (ARCHITECTURE.md): who imports whom, with which packages and globals. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { refusedStatements } from "./house/compiler.ts";
import { describeFinding, type TextFile } from "./house/finding.ts";
import { findCycle, folderGraph, importsOf, packageOf, wrongImports } from "./house/imports.ts";
import { layers } from "./house/layers.ts";
import { directDependencies, type PackageJson } from "./house/supply-chain.ts";
import { readRootFile, readTree, root } from "./house/tree.ts";

const tree = readTree();
const sources = tree.filter((file) => /^src\/.*\.tsx?$/.test(file.path));
const production = sources.filter((file) => !file.path.endsWith(".test.ts"));
const names = Object.keys(layers);

type Tsconfig = {
  readonly extends: string;
  readonly compilerOptions: { readonly types?: unknown; readonly lib?: unknown };
  readonly references: readonly { readonly path: string }[];
};
const tsconfigOf = (layer: string): Tsconfig =>
  JSON.parse(readRootFile(`src/${layer}/tsconfig.json`).text) as Tsconfig;

const sample = (path: string, text: string): TextFile => ({ path, text });

describe("layers", () => {
  test("every folder of src is a layer of the table, and the other way round", () => {
    expect(readdirSync(join(root, "src")).sort()).toEqual([...names].sort());
  });

  test("imports point inwards, and each layer uses its own packages only", () => {
    expect(sources.flatMap(wrongImports).map(describeFinding)).toEqual([]);
  });

  test.each(names)(
    "%s is compiled with exactly its globals and the layers it may import",
    (name) => {
      const { extends: base, compilerOptions, references } = tsconfigOf(name);
      expect(base).toBe("../../tsconfig.base.json");
      expect(compilerOptions.types).toEqual(layers[name]?.types);
      expect(compilerOptions.lib).toEqual(layers[name]?.lib);
      const referred = references.map((reference) => reference.path.replace("../", ""));
      expect(referred.sort()).toEqual([...(layers[name]?.layers ?? [])].sort());
    },
  );

  test("a file does not grant itself globals that its layer does not have", () => {
    const grants = production.filter((file) => /^\/\/\/\s*<reference/m.test(file.text));
    expect(grants.map((file) => file.path)).toEqual([]);
  });

  test("folders do not import each other in a circle", () => {
    expect(findCycle(folderGraph(production))?.join(" → ")).toBeUndefined();
  });
});

describe("the checker refuses", () => {
  test.each([
    ["core importing control", "src/core/a.ts", 'import type { Env } from "../control/env.ts";'],
    ["core importing Node", "src/core/a.ts", 'import { readFileSync } from "node:fs";'],
    ["Node without its prefix", "src/cli/a.ts", 'import { readFileSync } from "fs";'],
    ["core importing yaml", "src/core/a.ts", 'import { parse } from "yaml";'],
    ["control importing zod", "src/control/a.ts", 'import { z } from "zod";'],
    ["control importing an adapter", "src/control/a.ts", 'import "../adapters/clock.ts";'],
    ["an adapter importing the daemon", "src/adapters/a.ts", 'export * from "../daemon/x.ts";'],
    ["the daemon importing the sandbox", "src/daemon/a.ts", 'import "../sandbox/layout.ts";'],
    [
      "the sandbox importing the CLI",
      "src/sandbox/a.ts",
      'const a = await import("../cli/io.ts");',
    ],
    ["anything importing tests", "src/cli/a.ts", 'import "../../test/house/tree.ts";'],
    ["a computed import", "src/cli/a.ts", "await import(name);"],
    ["a computed import of a pattern", "src/cli/a.ts", "await import(`./$" + "{name}.ts`);"],
    ["a file without its ending", "src/cli/a.ts", 'import { io } from "./io";'],
    ["prom-client beside metrics", "src/adapters/a.ts", 'import { Counter } from "prom-client";'],
    ["pino beside log", "src/adapters/a.ts", 'import { pino } from "pino";'],
    ["a layer that nobody declared", "src/other/a.ts", 'import "./b.ts";'],
    ["the simulator in a program", "src/daemon/a.ts", 'import "../sim/world.ts";'],
  ])("%s", (_, path, text) => {
    expect(wrongImports(sample(path, text))).toHaveLength(1);
  });

  test.each([
    ["src/adapters/metrics.ts", 'import { Registry } from "prom-client";'],
    ["src/adapters/log.ts", 'import { pino } from "pino";'],
    ["src/daemon/a.ts", 'import { streamSSE } from "hono/streaming";'],
    ["src/control/a.test.ts", 'import { makeWorld } from "../sim/world.ts";'],
    ["src/core/a.ts", "const text = `served $" + "{from} after $" + "{a}`;"],
    ["src/core/a.ts", 'const failure = Failure.from("text", "here");'],
    ["src/core/a.ts", '// import "node:fs" is not for us\nconst text = "import x from y";'],
  ])("and accepts what is right in %s", (path, text) => {
    expect(wrongImports(sample(path, text)).map(describeFinding)).toEqual([]);
  });

  test("a circle of folders, and names it", () => {
    const files = [
      sample("src/core/a/x.ts", 'import "../b/y.ts";'),
      sample("src/core/b/y.ts", 'import type { Z } from "../c/z.ts";'),
      sample("src/core/c/z.ts", 'export { x } from "../a/x.ts";'),
    ];
    expect(findCycle(folderGraph(files))?.join(" → ")).toBe(
      "src/core/a → src/core/b → src/core/c → src/core/a",
    );
    expect(findCycle(folderGraph(files.slice(0, 2)))).toBeUndefined();
  });
});

describe("globals", () => {
  const outside = [
    'fetch("http://127.0.0.1/");',
    "setTimeout(() => {}, 1);",
    "process.exit(1);",
    'console.log("x");',
    'Buffer.from("x");',
    'import { readFileSync } from "node:fs"; readFileSync("x");',
  ];
  const arithmetic = "const sum: number = [1, 2].reduce((a, b) => a + b, 0); sum.toFixed();";

  test.each(["core", "control", "sim"])(
    "%s does not compile with the outside world in it",
    (name) => {
      expect(refusedStatements(name, [...outside, arithmetic])).toEqual(outside);
    },
  );

  test("the same statements compile in a layer that is given Node", () => {
    expect(refusedStatements("adapters", outside)).toEqual([]);
  });

  test("no layer but the console is given the browser", () => {
    expect(refusedStatements("cli", ["document.title;"])).toEqual(["document.title;"]);
  });
});

describe("dependencies", () => {
  const json = JSON.parse(readRootFile("package.json").text) as PackageJson;
  const record = tree.filter((file) => /^docs\/adr\/\d+-dependencies\.md$/.test(file.path));

  test.each(directDependencies(json))(
    "%s %s stands in the record of dependencies",
    (name, version) => {
      expect(record.map((file) => file.path)).toHaveLength(1);
      const row = record[0]?.text.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
      expect(row, `add a row for ${name} to ${record[0]?.path}`).toBeDefined();
      expect(row, "the row names another version").toContain(`| ${version} |`);
    },
  );

  const usedBy = (files: readonly TextFile[]): readonly string[] => {
    const imports = files.flatMap(importsOf).map(({ specifier }) => specifier);
    const packages = imports.filter((one) => !one.startsWith(".") && !one.startsWith("node:"));
    return [...new Set(packages.map(packageOf))].sort();
  };
  const isBundled = ({ path }: TextFile): boolean => path.startsWith("src/console/");

  test("what runs in production is a dependency, and every dependency is used", () => {
    const running = production.filter((file) => !isBundled(file));
    expect(usedBy(running)).toEqual(Object.keys(json.dependencies ?? {}).sort());
  });

  test("what is bundled into the console is needed for building only", () => {
    const bundled = usedBy(production.filter(isBundled));
    expect(bundled).toContain("react");
    const kept = Object.keys(json.devDependencies ?? {});
    expect(bundled.filter((name) => !kept.includes(name))).toEqual([]);
  });
});
