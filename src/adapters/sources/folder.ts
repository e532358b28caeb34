/**
 * A folder as a source: all YAML files below it. A reader may meet a file that is half written; use Git for what matters.
 * A file that can not be read is a problem, never an absence, because absence removes records.
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, readdir, realpath, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import type { DocumentSource, Signal, SourceSnapshot } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { DocumentProblem } from "../../core/resources/document.ts";
import { byPath, checkLimits, isDotted, type SourceFile, snapshotOf } from "./files.ts";
import { fileBytesMax, fileProblem, isYamlPath, tooLarge } from "./yaml.ts";

/** The documents below `path`; its revision is a digest of what the files hold. */
export function folderSource(options: { readonly path: string }): DocumentSource {
  const root = resolve(options.path);
  let last: SourceSnapshot | undefined;
  return {
    async read(signal) {
      try {
        const gathered = await gather(root, signal);
        const revision = digestOf(gathered);
        if (last?.revision !== revision) {
          last = snapshotOf(revision, gathered.files, gathered.problems);
        }
        return last;
      } catch (thrown) {
        const failure = unavailable(thrown, options.path);
        if (last === undefined || failure.code === "Cancelled") throw failure;
        return { ...last, stale: failure };
      }
    },
  };
}

type Gathered = {
  readonly files: readonly SourceFile[];
  readonly problems: readonly DocumentProblem[];
};

async function gather(root: string, signal: Signal | undefined): Promise<Gathered> {
  const realRoot = await realpath(root);
  const listed = await list(realRoot, signal);
  const files: SourceFile[] = [];
  const problems: DocumentProblem[] = [];
  let bytesTotal = 0;
  for (const path of listed) {
    stopWhenAborted(signal);
    const read = await readOne(realRoot, path);
    if (read === undefined) continue;
    if (read instanceof Uint8Array) {
      files.push({ path, bytes: read });
      bytesTotal += read.length;
      checkLimits(root, files.length, bytesTotal);
    } else problems.push(read);
  }
  return { files, problems };
}

/** Paths of all YAML files and symbolic links below the root, sorted; folders behind a link are not entered. */
async function list(realRoot: string, signal: Signal | undefined): Promise<readonly string[]> {
  const found: { path: string }[] = [];
  const folders = [realRoot];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    stopWhenAborted(signal);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (isDotted(entry.name)) continue;
      const full = join(folder, entry.name);
      const path = relative(realRoot, full).split(sep).join("/");
      if (entry.isDirectory()) folders.push(full);
      else if (isYamlPath(path) || entry.isSymbolicLink()) found.push({ path });
    }
    checkLimits(realRoot, found.length, 0);
  }
  return found.sort(byPath).map(({ path }) => path);
}

/** The bytes of one file, why they are not taken, or undefined for a link to something that is none of ours. */
async function readOne(
  realRoot: string,
  path: string,
): Promise<Uint8Array | DocumentProblem | undefined> {
  const full = join(realRoot, path);
  try {
    const isLink = (await lstat(full)).isSymbolicLink();
    const target = isLink ? await realpath(full) : full;
    const facts = await stat(target);
    if (facts.isDirectory()) return linkProblem(path, "a symbolic link to a folder");
    if (!isYamlPath(path)) return undefined;
    if (isLink && !target.startsWith(realRoot + sep)) {
      return linkProblem(path, "a symbolic link that leaves the folder");
    }
    if (facts.size > fileBytesMax) return tooLarge(path, facts.size);
    return (await readRegular(target)) ?? linkProblem(path, "something that is not a file");
  } catch (thrown) {
    if (!isYamlPath(path)) return undefined;
    const found = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "an error";
    return fileProblem(path, "FileUnreadable", { found, expected: "a file that can be read" });
  }
}

/** The bytes of a regular file, undefined for anything else; a pipe would make a plain open wait for ever. */
async function readRegular(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return (await file.stat()).isFile() ? await file.readFile() : undefined;
  } finally {
    await file.close();
  }
}

function linkProblem(path: string, found: string): DocumentProblem {
  return fileProblem(path, "FileUnreadable", { found, expected: "a file inside the folder" });
}

function digestOf({ files, problems }: Gathered): string {
  const hash = createHash("sha256");
  for (const { path, bytes } of files) hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  // What can not be read is part of the revision: when it changes, the problems do.
  for (const { file, found } of problems) hash.update(`\0${file}\0${found}`);
  return `sha256:${hash.digest("hex")}`;
}

function stopWhenAborted(signal: Signal | undefined): void {
  if (signal?.aborted === true) throw new Failure("Cancelled", "Reading the folder was stopped.");
}

type Reason = { readonly words: string; readonly remedy?: string };

const knownReasons: Readonly<Record<string, Reason>> = {
  ENOENT: { words: "it does not exist", remedy: "Check its spelling." },
  ENOTDIR: { words: "it is not a folder", remedy: "Name the folder that holds it." },
  EACCES: { words: "its rights do not allow it", remedy: "Allow this user to read it." },
};

function unavailable(thrown: unknown, where: string): Failure {
  if (thrown instanceof Failure) return thrown;
  const why = thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
  const { words, remedy } = knownReasons[why] ?? { words: why };
  const message = `The folder ${where} can not be read: ${words}.`;
  const details = { where, cause: thrown, ...(remedy === undefined ? {} : { remedy }) };
  return new Failure("SourceUnavailable", message, details);
}
