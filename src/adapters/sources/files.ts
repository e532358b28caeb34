/** Files of a source in one revision, turned into a snapshot; limits and order are the same for folders and for Git. */
import type { SourceSnapshot } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { DocumentProblem } from "../../core/resources/document.ts";
import { parseYamlBytes } from "./yaml.ts";

export const filesMax = 10_000;
/** Bytes of all YAML files together: more would fill the memory of a control process. */
export const sourceBytesMax = 128 * 1024 * 1024;

export type SourceFile = { readonly path: string; readonly bytes: Uint8Array };

/** Documents and problems of all files, in the order of their paths; `problems` are those of files that could not be read. */
export function snapshotOf(
  revision: string,
  files: readonly SourceFile[],
  problems: readonly DocumentProblem[],
): SourceSnapshot {
  const parsed = [...files].sort(byPath).map(({ path, bytes }) => parseYamlBytes(path, bytes));
  return {
    revision,
    documents: parsed.flatMap((file) => file.documents),
    problems: [...problems, ...parsed.flatMap((file) => file.problems)],
  };
}

/** Whether a part of a path begins with a dot: such files and folders are none of ours. */
export function isDotted(path: string): boolean {
  return path.split("/").some((part) => part.startsWith("."));
}

/** By code units, as Git sorts. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  if (a.path === b.path) return 0;
  return a.path < b.path ? -1 : 1;
}

/** Fails when a source has more than this program will hold. */
export function checkLimits(where: string, files: number, bytes: number): void {
  if (files > filesMax) {
    const message = `There are more than ${filesMax} YAML files.`;
    throw new Failure("SourceUnavailable", message, { where, remedy: "Split the source." });
  }
  if (bytes > sourceBytesMax) {
    const message = `The YAML files have more than ${sourceBytesMax} bytes together.`;
    throw new Failure("SourceUnavailable", message, { where, remedy: "Split the source." });
  }
}
