/** Runs a program to its end and gives its output; for short helpers such as git and sqlite3. */
import { spawn } from "node:child_process";
import { Failure } from "../core/kernel/failure.ts";

export type RunOptions = {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What it reads on stdin. */
  readonly input?: string;
  readonly timeoutMs?: number;
};

export type ProgramResult = {
  readonly exitCode: number | undefined;
  readonly output: string;
  readonly errors: string;
};

const outputMax = 1 << 20;

/** Ends with whatever the program ended with; fails with ProgramMissing, ProcessFailed or TimedOut when it could not run. */
export function runProgram(
  path: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ProgramResult> {
  const { cwd, env, input, timeoutMs = 30_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
      stdio: ["pipe", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(0, outputMax);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-outputMax);
    });
    child.on("error", (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(
        cause.code === "ENOENT"
          ? new Failure("ProgramMissing", `${path} can not be run.`, { cause })
          : Failure.from(cause, path),
      );
    });
    child.on("close", (exitCode) => {
      clearTimeout(timer);
      if (late) reject(new Failure("TimedOut", `${path} took longer than ${timeoutMs} ms.`));
      else resolve({ exitCode: exitCode ?? undefined, output, errors });
    });
    // A program that ends without reading breaks the pipe; its exit code says what went wrong.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
  });
}

/** The output of a program that has to succeed; fails with ProcessFailed and its last words. */
export async function programOutput(
  path: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { exitCode, output, errors } = await runProgram(path, args, options);
  if (exitCode === 0) return output;
  const words = (errors.trim() || output.trim()).split("\n").slice(-3).join(" ");
  throw new Failure("ProcessFailed", `${path} ${args[0] ?? ""} failed: ${words}`, {
    ...(options.cwd === undefined ? {} : { where: options.cwd }),
  });
}
