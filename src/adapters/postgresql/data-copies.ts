/** Rewinding and replacing the data of a stopped server, so that an interruption at any point can be gone on from (PostgreSQL, `pg_rewind`). */
import { chown, copyFile, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { syncFolder } from "../journal/segments.ts";
import { removeDurable, writeDurable } from "./durable-file.ts";
import { closeGate, exists, forgetUnproven, hasData } from "./gate.ts";

export type CopyOptions = {
  readonly dataFolder: string;
  readonly stateFolder: string;
  /** Makes the state folder where it is not. */
  readonly ready: () => Promise<unknown>;
  readonly run: (name: string, args: readonly string[], signal?: Signal) => Promise<string>;
};

export type DataCopies = {
  /** A rewind began and did not come to its end: the data are of no moment. */
  isTorn(): Promise<boolean>;
  /** A whole copy waits for taking the place of the data. */
  isCopied(): Promise<boolean>;
  /** Keeps the configuration of a server that works, for when its data are replaced or lost. */
  keepConfiguration(): Promise<void>;
  /** Makes the stopped server's data a copy of the source's past; its configuration stays its own. */
  rewind(source: string, signal?: Signal): Promise<void>;
  /** Makes a fresh copy of the source beside the data; the server may run meanwhile. */
  copy(source: string, signal?: Signal): Promise<void>;
  /** Puts the whole copy in the place of the stopped server's data, which are kept beside it until `dropOld`. */
  takePlace(): Promise<void>;
  /** A copy that waits is of no use any more: this side was promoted since. */
  forgetCopy(): Promise<void>;
  /** Whether data that a copy replaced are kept. */
  hasOld(): Promise<boolean>;
  /** Removes the data that a copy replaced, once the copy is proven. */
  dropOld(): Promise<void>;
};

const oldMax = 3;

const removeMark = async (path: string): Promise<void> => {
  if (await exists(path)) await removeDurable(path);
};

export function dataCopies({ dataFolder, stateFolder, ready, run }: CopyOptions): DataCopies {
  const kept = join(stateFolder, "configuration");
  const fresh = join(stateFolder, "fresh");
  const whole = join(stateFolder, "fresh.whole");
  const torn = join(stateFolder, "rewinding");
  const olds = Array.from({ length: oldMax }, (_, index) => join(stateFolder, `old-${index + 1}`));
  const keep = async (): Promise<void> => {
    const names = await configuration(dataFolder);
    if (names.length === 0 || (await exists(torn)) || (await exists(whole))) return;
    await ready();
    const draft = `${kept}.draft`;
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { mode: 0o700 });
    for (const name of names) await copyOwned(join(dataFolder, name), draft);
    await rm(kept, { recursive: true, force: true });
    await rename(draft, kept);
    await syncFolder(stateFolder);
  };
  const restore = async (): Promise<void> => {
    for (const name of await configuration(kept)) await copyOwned(join(kept, name), dataFolder);
    await closeGate(dataFolder);
    // They are the peer's now.
    await forgetUnproven(dataFolder);
  };
  return {
    isTorn: () => exists(torn),
    isCopied: () => exists(whole),
    keepConfiguration: keep,
    async rewind(source, signal) {
      await keep();
      await ready();
      await removeDurable(whole);
      await writeDurable(torn, "");
      await run("pg_rewind", ["--target-pgdata", dataFolder, "--source-server", source], signal);
      await restore();
      await removeDurable(torn);
    },
    async copy(source, signal) {
      if (await exists(whole)) return;
      await keep();
      await ready();
      await rm(fresh, { recursive: true, force: true });
      await run("pg_basebackup", ["-D", fresh, "-X", "stream", "-c", "fast", "-d", source], signal);
      await closeGate(fresh);
      await syncFolder(stateFolder);
      await writeDurable(whole, "");
    },
    async takePlace() {
      if (await exists(fresh)) {
        if (await exists(dataFolder)) await rename(dataFolder, await freePlace(olds, stateFolder));
        await rename(fresh, dataFolder);
        await syncFolder(dirname(dataFolder));
      }
      if (!(await hasData(dataFolder))) {
        await removeDurable(whole);
        throw new Failure("FollowFailed", "the copy that was made is gone", { where: stateFolder });
      }
      await restore();
      await removeDurable(torn);
      await removeDurable(whole);
    },
    forgetCopy: () => removeMark(whole),
    async hasOld() {
      for (const old of olds) if (await exists(old)) return true;
      return false;
    },
    async dropOld() {
      for (const old of olds) await rm(old, { recursive: true, force: true });
    },
  };
}

/** Files of settings and of who may connect, as they lie in the data unless the distribution keeps them elsewhere. */
async function configuration(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(".conf"));
}

/** What was replaced is only removed once its successor is proven, so several may stand there. */
async function freePlace(olds: readonly string[], stateFolder: string): Promise<string> {
  for (const old of olds) if (!(await exists(old))) return old;
  throw new Failure("FollowFailed", `${olds.length} replaced copies of the data are kept already`, {
    where: stateFolder,
    remedy: "Look at them, and remove those that hold nothing any more.",
  });
}

/** Copies a file into a folder, for the folder's owner. */
async function copyOwned(from: string, folder: string): Promise<void> {
  const to = join(folder, basename(from));
  await copyFile(from, to);
  const { uid, gid } = await stat(folder);
  if (process.getuid?.() === 0) await chown(to, uid, gid);
}
