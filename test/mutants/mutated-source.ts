/**
 * Loads shipped code with one file of it changed. That file and those that use it are written to a temporary folder, with the patch in
 * it, and imported from there; all others are the checkout's own, which is never touched.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { pathToFileURL } from "node:url";
import { type Mutant, patched } from "../../src/sim/mutants/mutant.ts";
import { root } from "../house/tree.ts";

type Sources = ReadonlyMap<string, { readonly text: string; readonly imports: readonly string[] }>;

/** What an import or export takes values from; one of types only is gone when the code runs. */
const valuesFrom = /(?:import|export)\s+(?!type\s)[^;"]*?from "(\.[^"]+\.ts)"/g;

/** Every file below `src` whose values these use, directly or not, and these themselves. */
function reachableFrom(entries: readonly string[]): Sources {
  const found = new Map<string, { readonly text: string; readonly imports: readonly string[] }>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file)) continue;
    const here = posix.dirname(file);
    const text = readFileSync(join(root, "src", file), "utf8");
    const imports = [...text.matchAll(valuesFrom)].map(([, path]) => posix.join(here, path ?? ""));
    found.set(file, { text, imports });
    open.push(...imports);
  }
  return found;
}

/** Those of the files that use what is in `changed`: they have to be loaded anew, and all others are the checkout's own. */
function usersOf(changed: string, sources: Sources): ReadonlySet<string> {
  const users = new Set([changed]);
  for (let before = 0; before !== users.size; ) {
    before = users.size;
    for (const [file, { imports }] of sources) {
      if (imports.some((one) => users.has(one))) users.add(file);
    }
  }
  return users;
}

/** The text with its imports leading to the copy where there is one, and to the checkout otherwise. */
function led(text: string, file: string, copied: ReadonlySet<string>): string {
  return text.replace(/ from "(\.[^"]+\.ts)"/g, (whole, path: string) => {
    const target = posix.join(posix.dirname(file), path);
    return copied.has(target) ? whole : ` from "${join(root, "src", target)}"`;
  });
}

export type MutatedSource = {
  /** Imports one of the entries of the copy. */
  readonly load: (file: string) => Promise<unknown>;
  readonly remove: () => void;
};

/** The entries with the bug in what they import. Paths are below `src`. */
export function mutatedSource(mutant: Mutant, entries: readonly string[]): MutatedSource {
  const folder = mkdtempSync(join(tmpdir(), `sovereign-mutant-${mutant.id}-`));
  const sources = reachableFrom(entries);
  if (!sources.has(mutant.file)) {
    throw new Error(`mutant ${mutant.id} no longer applies: src/${mutant.file} is not used`);
  }
  const copied = usersOf(mutant.file, sources);
  for (const file of copied) {
    const text = sources.get(file)?.text ?? "";
    const target = join(folder, "src", file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, led(file === mutant.file ? patched(text, mutant) : text, file, copied));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  return {
    load(file) {
      const of = copied.has(file) ? folder : root;
      return import(pathToFileURL(join(of, "src", file)).href);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
