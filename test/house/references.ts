/** Whether the files that documents and comments name are there: a reader who follows a path must arrive. */
import { posix } from "node:path";
import type { Finding, TextFile } from "./finding.ts";

const named = /(?<![\w./@-])(?:src|test|docs|scripts|examples|bin)\/[\w./-]*\.(?:ts|mjs|md)\b/g;
const linked = /\]\((?!https?:|#|mailto:)([^)#\s]+)/g;

/** Documents and sources; records of decisions may name what is gone, and the rules name what never was. */
export function namesFiles(path: string): boolean {
  if (/^docs\/adr\/|^test\/|^src\/.*\.test\.ts$/.test(path)) return false;
  return /^src\/.*\.ts$|\.md$/.test(path);
}

/** The paths, relative to the root, that a file names or links to, with their lines. */
export function pathsIn(
  file: TextFile,
): readonly { readonly path: string; readonly line: number }[] {
  return file.text.split("\n").flatMap((text, index) => {
    const links = file.path.endsWith(".md") ? [...text.matchAll(linked)] : [];
    return [
      ...[...text.matchAll(named)].map((match) => match[0]),
      ...links.map((match) => posix.join(posix.dirname(file.path), match[1] ?? "")),
    ].map((path) => ({ path: path.replace(/\/$/, ""), line: index + 1 }));
  });
}

/** Names and links in `file` that lead to no file and no folder of `known`. */
export function deadPaths(file: TextFile, known: ReadonlySet<string>): readonly Finding[] {
  return pathsIn(file)
    .filter(({ path }) => !known.has(path))
    .map(({ path, line }) => ({
      file: file.path,
      line,
      found: `${path} does not exist`,
      remedy: "Name the file that the reader should open.",
    }));
}

/** The files and all the folders that they lie in. */
export function filesAndFolders(files: readonly TextFile[]): ReadonlySet<string> {
  const parents = (path: string): readonly string[] =>
    path === "." ? [] : [path, ...parents(posix.dirname(path))];
  return new Set(files.flatMap((file) => parents(file.path)));
}
