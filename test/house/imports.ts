/** Reads the imports of files and judges them by the table of layers. */
import { posix } from "node:path";
import { type Finding, lineAt, type TextFile } from "./finding.ts";
import { layers, soleImporters, testExtras } from "./layers.ts";
import { lex } from "./lexer.ts";

export type Import = { readonly specifier: string; readonly line: number };

/** All imports and re-exports of a file, of types too; a computed `import()` has the specifier `?`. */
export function importsOf(file: TextFile): readonly Import[] {
  const found: Import[] = [];
  let before = "";
  for (const piece of lex(file.text)) {
    const line = lineAt(file.text, piece.offset);
    if (piece.kind === "code") {
      before += piece.text;
      if (/(?<![.\w])import\s*\(\s*[^\s)]/.test(piece.text)) found.push({ specifier: "?", line });
      continue;
    }
    if (piece.kind === "comment") continue;
    // A string that begins with a brace goes on after a `${…}`; the name before it is no keyword.
    const opens = piece.kind === "string" && !piece.text.startsWith("}");
    if (opens && /(?<![.\w])(?:from|import\s*\(?)\s*$/.test(before)) {
      const literal = /^(["'`])(.*)\1$/s.exec(piece.text)?.[2];
      found.push({ specifier: literal ?? "?", line });
    }
    before = "";
  }
  return found;
}

/** `core` of `src/core/dns/zone.ts`; undefined outside `src`. */
export function layerOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

/** The path of the imported file, when it is one of ours. */
export function targetOf(from: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : undefined;
}

/** `hono` of `hono/streaming`, `@hono/node-server` of itself, `node:*` of `node:fs`. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return "node:*";
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function judge(path: string, { specifier }: Import): readonly [string, string] | undefined {
  const name = layerOf(path) ?? "";
  const layer = layers[name];
  if (layer === undefined) return [`layer "${name}"`, "Add the layer to test/house/layers.ts."];
  const isTest = path.endsWith(".test.ts");
  const shown = `"${specifier}"`;
  if (specifier === "?") return ["a computed import", "Import by a literal name."];
  const target = targetOf(path, specifier);
  if (target !== undefined) {
    const of = layerOf(target);
    const allowed = [name, ...layer.layers, ...(isTest ? testExtras.layers : [])];
    if (isTest && target.startsWith("test/")) return undefined;
    if (of === undefined || !allowed.includes(of)) {
      return [`${shown} from ${name}`, `${name} may import ${allowed.join(", ")} only.`];
    }
    return /\.(?:ts|tsx|json|css)$/.test(specifier)
      ? undefined
      : [shown, "Write the file's ending."];
  }
  const wanted = packageOf(specifier);
  const allowed = { ...layer.packages, ...(isTest ? testExtras.packages : {}) };
  if (!Object.hasOwn(allowed, wanted)) {
    return [`${shown} from ${name}`, `${name} may use ${Object.keys(allowed).join(", ")} only.`];
  }
  const sole = soleImporters[wanted];
  if (sole !== undefined && !sole.test(path)) {
    return [shown, `Only ${sole.source.replaceAll("\\", "")} may import it.`];
  }
  return undefined;
}

/** Imports of a source file that the table of layers does not allow. */
export function wrongImports(file: TextFile): readonly Finding[] {
  return importsOf(file).flatMap((imported): readonly Finding[] => {
    const verdict = judge(file.path, imported);
    if (verdict === undefined) return [];
    return [{ file: file.path, line: imported.line, found: verdict[0], remedy: verdict[1] }];
  });
}

/** Which folder imports from which, without a folder and the one that it lies in: they are one room. */
export function folderGraph(files: readonly TextFile[]): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>();
  const inside = (a: string, b: string): boolean => a === b || a.startsWith(`${b}/`);
  for (const file of files) {
    const from = posix.dirname(file.path);
    for (const { specifier } of importsOf(file)) {
      const target = targetOf(file.path, specifier);
      const to = target === undefined ? undefined : posix.dirname(target);
      if (to === undefined || inside(from, to) || inside(to, from)) continue;
      graph.set(from, (graph.get(from) ?? new Set()).add(to));
    }
  }
  return graph;
}

/** The folders of a cycle in order, the first again at the end; undefined when there is none. */
export function findCycle(
  graph: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] | undefined {
  const done = new Set<string>();
  const walk = (folder: string, path: readonly string[]): readonly string[] | undefined => {
    const start = path.indexOf(folder);
    if (start >= 0) return [...path.slice(start), folder];
    if (done.has(folder)) return undefined;
    for (const next of graph.get(folder) ?? []) {
      const cycle = walk(next, [...path, folder]);
      if (cycle !== undefined) return cycle;
    }
    done.add(folder);
    return undefined;
  };
  for (const folder of graph.keys()) {
    const cycle = walk(folder, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
