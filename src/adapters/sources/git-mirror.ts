/**
 * A bare copy of one branch of a Git repository, in a folder of its own: fetched, read by commit, rebuilt when it is corrupt.
 * It is what work goes on with when the repository is away, also after a restart; hence it is only ever replaced by a good one.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join, posix, resolve } from "node:path";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { DocumentProblem } from "../../core/resources/document.ts";
import { checkLimits, isDotted, type SourceFile, sourceBytesMax } from "./files.ts";
import { type GitResult, type GitRun, runGit } from "./git-program.ts";
import { fileBytesMax, fileProblem, isYamlPath, tooLarge } from "./yaml.ts";

export type GitMirror = {
  /** Brings the newest commit of the branch; the failure when that could not be, undefined when it was. */
  fetch(signal?: Signal): Promise<Failure | undefined>;
  /** Throws the copy away and makes a new one, when the repository gives it; else the failure, and the copy stays. */
  rebuild(signal?: Signal): Promise<Failure | undefined>;
  /** The commit that was fetched last, undefined when there is none. */
  commit(signal?: Signal): Promise<string | undefined>;
  /** All YAML files of a commit; fails when the copy is corrupt. */
  files(commit: string, signal?: Signal): Promise<MirrorFiles>;
};

export type MirrorFiles = {
  readonly files: readonly SourceFile[];
  readonly problems: readonly DocumentProblem[];
};

export type MirrorOptions = {
  readonly repository: string;
  readonly branch: string;
  readonly cache: string;
  readonly timeoutMs: number;
};

/** One ref whatever the branch is called, so that no name can clash with another in the copy. */
const mirrorRef = "refs/sovereign/head";

export function gitMirror(options: MirrorOptions): GitMirror {
  const repository = addressOf(options.repository);
  const branch = checkedBranch(options.branch);
  const { timeoutMs } = options;
  const where = `branch ${branch} of ${options.repository}`;
  const unavailable = (why: string, cause?: unknown): Failure =>
    new Failure("SourceUnavailable", `${where} can not be read: ${why}`, { where, cause });
  // Another repository or branch gets another copy: a stale one must never be taken for it.
  const identity = createHash("sha256").update(`${repository}\0${branch}`).digest("hex");
  const folder = join(resolve(options.cache), `${identity.slice(0, 16)}.git`);

  const git = async (inside: string, args: readonly string[], run: Partial<GitRun>) =>
    succeeded(await runGit([`--git-dir=${inside}`, ...args], { timeoutMs, ...run }), unavailable);

  const fetchInto = async (inside: string, signal: Signal | undefined): Promise<void> => {
    if (!existsSync(join(inside, "HEAD"))) {
      await mkdir(inside, { recursive: true });
      await git(inside, ["init", "--quiet", "--bare"], { signal });
    }
    const refspec = `+refs/heads/${branch}:${mirrorRef}`;
    const flags = ["--quiet", "--force", "--no-tags", "--no-write-fetch-head"];
    await git(inside, ["fetch", ...flags, "--", repository, refspec], { signal });
  };

  /** Why the repository does not give the branch; undefined when it does. */
  const refusal = async (signal: Signal | undefined): Promise<Failure | undefined> => {
    const args = ["ls-remote", "--quiet", "--exit-code", "--", repository, `refs/heads/${branch}`];
    const listed = await runGit(args, { timeoutMs, signal });
    if (listed.exitCode === 2) return unavailable("there is no such branch.");
    return listed.exitCode === 0 ? undefined : unavailable(listed.complaint);
  };

  const rebuild = async (signal?: Signal): Promise<Failure | undefined> =>
    orFailure(unavailable, async () => {
      const refused = await refusal(signal);
      if (refused !== undefined) throw refused;
      const fresh = `${folder}.new`;
      await rm(fresh, { recursive: true, force: true });
      await fetchInto(fresh, signal);
      await rm(folder, { recursive: true, force: true });
      await rename(fresh, folder);
    });

  return {
    async fetch(signal) {
      const failure = await orFailure(unavailable, () => fetchInto(folder, signal));
      // A repository that gives the branch, and a fetch that fails all the same: the copy is at fault.
      return failure?.code === "SourceUnavailable" ? rebuild(signal) : failure;
    },
    rebuild,
    async commit(signal) {
      const args = [`--git-dir=${folder}`, "rev-parse", "--quiet", "--verify"];
      const result = await runGit([...args, `${mirrorRef}^{commit}`], { timeoutMs, signal });
      return result.exitCode === 0 ? result.output.toString("utf8").trim() : undefined;
    },
    async files(commit, signal) {
      const tree = await git(folder, ["ls-tree", "-r", "-z", "-l", "--full-tree", commit], {
        signal,
        outputBytesMax: 64 * 1024 * 1024,
      });
      const { wanted, problems } = choose(parseTree(tree));
      checkLimits(
        where,
        wanted.length,
        wanted.reduce((total, { size }) => total + size, 0),
      );
      const batch = await git(folder, ["cat-file", "--batch"], {
        signal,
        input: wanted.map(({ hash }) => `${hash}\n`).join(""),
        outputBytesMax: sourceBytesMax + 200 * (wanted.length + 1),
      });
      return { files: unpack(batch, wanted, unavailable), problems };
    },
  };
}

type Unavailable = (why: string, cause?: unknown) => Failure;

function succeeded(result: GitResult, unavailable: Unavailable): Buffer {
  if (result.exitCode === 0) return result.output;
  throw unavailable(
    result.complaint === "" ? `git ended with ${result.exitCode}.` : result.complaint,
  );
}

/** The failure of `work` as a value; being stopped is not the repository's failure and is thrown on. */
async function orFailure(
  unavailable: Unavailable,
  work: () => Promise<void>,
): Promise<Failure | undefined> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    const failure = thrown instanceof Failure ? thrown : unavailable(String(thrown), thrown);
    if (failure.code === "Cancelled") throw failure;
    return failure.code === "TimedOut" ? unavailable(failure.message, failure) : failure;
  }
}

/** A URL as it is; anything else is a folder and gets its absolute path, so that a name can not pass for an option. */
function addressOf(repository: string): string {
  if (/^[a-z+]+:\/\//.test(repository)) {
    // Over HTTP a name without a password is a token as well.
    const holdsCredential = /^([a-z+]+:\/\/[^/\s]*:[^/\s]*@|https?:\/\/[^/\s]*@)/.test(repository);
    if (!holdsCredential) return repository;
    throw new Failure("ConfigInvalid", "The repository's URL holds a credential.", {
      field: "source.git.repository",
      remedy: "Leave it out of the URL and configure a credential helper of Git.",
    });
  }
  const isScp = /^[^-/][^/]*:/.test(repository);
  return isScp ? repository : resolve(repository);
}

function checkedBranch(branch: string): string {
  const wellFormed = /^[A-Za-z0-9_][A-Za-z0-9._/+@-]{0,199}$/.test(branch);
  if (wellFormed && !/\.\.|\/\/|\/\.|\.lock$|[./]$|@\{/.test(branch)) return branch;
  const field = "source.git.branch";
  throw new Failure("ConfigInvalid", `"${branch}" is not the name of a branch.`, { field });
}

type TreeEntry = {
  readonly mode: string;
  readonly hash: string;
  readonly size: number;
  readonly path: string;
};

/** Entries of `ls-tree -r -z -l`: `mode type hash size TAB path NUL`. */
function parseTree(output: Buffer): readonly TreeEntry[] {
  return output
    .toString("utf8")
    .split("\0")
    .flatMap((entry) => {
      const parsed = /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t([\s\S]*)$/.exec(entry);
      const [, mode = "", type = "", hash = "", size = "", path = ""] = parsed ?? [];
      return type === "blob" ? [{ mode, hash, size: Number(size), path }] : [];
    });
}

const linkMode = "120000";

function choose(entries: readonly TreeEntry[]): {
  readonly wanted: readonly TreeEntry[];
  readonly problems: readonly DocumentProblem[];
} {
  const ours = entries.filter(({ path }) => isYamlPath(path) && !isDotted(path));
  const refused = (entry: TreeEntry): DocumentProblem | undefined => {
    if (entry.mode === linkMode) {
      const target = `a symbolic link in Git (${posix.basename(entry.path)})`;
      return fileProblem(entry.path, "FileUnreadable", { found: target, expected: "a file" });
    }
    return entry.size > fileBytesMax ? tooLarge(entry.path, entry.size) : undefined;
  };
  return {
    wanted: ours.filter((entry) => refused(entry) === undefined),
    problems: ours.flatMap((entry) => refused(entry) ?? []),
  };
}

/** Contents from `cat-file --batch`: `hash type size LF contents LF` for each, in the order asked. */
function unpack(
  batch: Buffer,
  wanted: readonly TreeEntry[],
  unavailable: Unavailable,
): readonly SourceFile[] {
  let at = 0;
  return wanted.map(({ path, hash, size }) => {
    const header = `${hash} blob ${size}\n`;
    const start = at + header.length;
    if (batch.toString("latin1", at, start) !== header || start + size > batch.length) {
      throw unavailable(`object ${hash} is missing from the copy.`);
    }
    at = start + size + 1;
    return { path, bytes: batch.subarray(start, start + size) };
  });
}
