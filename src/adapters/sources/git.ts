/** A branch of a Git repository as a source, by polling: each commit is one revision, uncommitted edits are not seen. */
import type { DocumentSource, Signal, SourceSnapshot } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { snapshotOf } from "./files.ts";
import { type GitMirror, gitMirror } from "./git-mirror.ts";

export type GitSourceOptions = {
  /** URL, `host:path`, or a folder. */
  readonly repository: string;
  readonly branch: string;
  /** Folder for the copy; one process at a time. */
  readonly cache: string;
  /** Limit of one call of git. */
  readonly timeoutMs?: number;
};

/** The documents of a branch. Fails with ConfigInvalid at once when the names can not be used. */
export function gitSource(options: GitSourceOptions): DocumentSource {
  const mirror = gitMirror({ timeoutMs: 30_000, ...options });
  let last: SourceSnapshot | undefined;
  let reading: Promise<SourceSnapshot> | undefined;

  const refresh = async (signal: Signal | undefined): Promise<SourceSnapshot> => {
    let stale = await mirror.fetch(signal);
    if (stale !== undefined && last !== undefined) return { ...last, stale };
    let commit = await mirror.commit(signal);
    if (commit === undefined && stale === undefined) {
      stale = await mirror.rebuild(signal);
      commit = await mirror.commit(signal);
    }
    if (commit === undefined)
      throw stale ?? new Failure("SourceUnavailable", "There is no commit.");
    if (last?.revision !== commit) last = await readCommit(mirror, commit, signal);
    return stale === undefined ? last : { ...last, stale };
  };

  return {
    // Two readers share one fetch: git locks its files, and both would read the same commit.
    read(signal) {
      reading ??= refresh(signal).finally(() => {
        reading = undefined;
      });
      return reading;
    },
  };
}

/** The snapshot of a commit; a copy that turns out to be corrupt is rebuilt, once. */
async function readCommit(
  mirror: GitMirror,
  commit: string,
  signal: Signal | undefined,
): Promise<SourceSnapshot> {
  try {
    const { files, problems } = await mirror.files(commit, signal);
    return snapshotOf(commit, files, problems);
  } catch (thrown) {
    const failure = Failure.from(thrown, "Git");
    if (failure.code !== "SourceUnavailable") throw failure;
    if ((await mirror.rebuild(signal)) !== undefined) throw failure;
    const newest = (await mirror.commit(signal)) ?? commit;
    const { files, problems } = await mirror.files(newest, signal);
    return snapshotOf(newest, files, problems);
  }
}
