/** Runs one of PostgreSQL's own programs, or the one that starts a server, to its end; nothing secret is ever among its arguments. */
import { execFile, spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { withoutSecrets } from "../secrets.ts";
import { send } from "./server-processes.ts";

export type RunAs = { readonly uid: number; readonly gid: number };

export type ToolRun = {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly limitMs: number;
  /** As whom; without it as this process. */
  readonly runAs?: RunAs | undefined;
  /** What it leaves running keeps none of its streams, and is not waited for. */
  readonly isStarter?: boolean;
};

const outputMax = 1 << 20;

/** Its output. Fails with ProcessFailed and its last words, ProgramMissing, TimedOut or Cancelled. */
export function runTool(run: ToolRun, signal?: Signal): Promise<string> {
  const { argv, cwd, limitMs, runAs, isStarter = false } = run;
  const [program = "", ...args] = argv;
  const name = program.split("/").at(-1) ?? program;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { LC_ALL: "C", PATH: `${dirname(program)}:/usr/bin:/bin` },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own: pg_basebackup forks, and what it forked outlives it. A server that was started is no part of what is ended.
      detached: !isStarter,
      ...(runAs ?? {}),
    });
    let text = "";
    let ended: Failure | undefined;
    const end = (failure: Failure): void => {
      ended ??= failure;
      if (child.pid !== undefined && !isStarter) send(-child.pid, "SIGKILL");
      child.kill("SIGKILL");
    };
    const late = new Failure("TimedOut", `${name} took longer than ${limitMs} ms`);
    const timer = setTimeout(() => end(late), limitMs);
    const stop = (): void => end(new Failure("Cancelled", `${name} was stopped`));
    if (signal?.aborted === true) stop();
    signal?.addEventListener("abort", stop, { once: true });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (piece: string) => {
        text = (text + piece).slice(-outputMax);
      });
    }
    const settle = (code: number | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      child.stdout.destroy();
      child.stderr.destroy();
      const words = withoutSecrets(text.trim().split("\n").slice(-3).join(" "));
      if (ended !== undefined) reject(ended);
      else if (code === 0) resolve(text);
      else reject(new Failure("ProcessFailed", `${name} failed: ${words}`, { where: name }));
    };
    child.on("error", (cause) => {
      clearTimeout(timer);
      reject(new Failure("ProgramMissing", `${program} can not be run`, { where: name, cause }));
    });
    // A server that was started may keep the streams open for as long as it lives, and so may what somebody else left.
    child.on("exit", (code) => {
      if (isStarter || ended !== undefined) settle(code);
    });
    child.on("close", settle);
  });
}

/** As whom PostgreSQL's programs run: the user of that name, or the owner of the folder; undefined where this process is not root. */
export async function runAsOf(
  user: string | undefined,
  folder: string,
): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if (user !== undefined) {
    const number = async (which: string): Promise<number> => {
      const { stdout } = await promisify(execFile)("/usr/bin/id", [which, user]);
      return Number(stdout);
    };
    try {
      return { uid: await number("-u"), gid: await number("-g") };
    } catch (cause) {
      throw new Failure("ConfigInvalid", `there is no user ${user}`, { field: "user", cause });
    }
  }
  const { uid, gid } = await stat(folder);
  if (uid !== 0) return { uid, gid };
  throw new Failure("ConfigInvalid", "PostgreSQL does not run as root", {
    where: folder,
    field: "user",
    remedy: "Name the user that owns the data: `user: postgres`.",
  });
}
