/** The program `git`, run with a time limit, without questions, hooks, or settings of a surrounding repository. */
import { spawn } from "node:child_process";
import { constants, devNull } from "node:os";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { withoutCredentials } from "../../core/resources/problem.ts";

export type GitRun = {
  readonly timeoutMs: number;
  readonly signal?: Signal | undefined;
  /** Written to its standard input. */
  readonly input?: string;
  readonly outputBytesMax?: number;
};

export type GitResult = {
  readonly exitCode: number;
  readonly output: Buffer;
  /** The last line of what it complained, without credentials. */
  readonly complaint: string;
};

/** Between asking it to end and ending it. */
const graceMs = 2_000;
const complaintBytesMax = 64 * 1024;

/** Settings for every call: no hooks, no questions, no work that outlives the call, only transports that run no foreign program. */
const settings = [
  "--no-optional-locks",
  ...[
    `core.hooksPath=${devNull}`,
    "gc.autoDetach=false",
    "maintenance.autoDetach=false",
    "fetch.recurseSubmodules=no",
  ].flatMap((setting) => ["-c", setting]),
];

/** Runs git to its end, whatever its exit code. Fails with ProgramMissing, TimedOut, Cancelled or SourceUnavailable. */
export function runGit(args: readonly string[], run: GitRun): Promise<GitResult> {
  const { timeoutMs, signal, input, outputBytesMax = 1024 * 1024 } = run;
  return new Promise((resolve, reject) => {
    const child = spawn("git", [...settings, ...args], { env: environment(), stdio: "pipe" });
    const output: Buffer[] = [];
    const complaints: Buffer[] = [];
    let [outputBytes, complaintBytes] = [0, 0];
    let failure: Failure | undefined;
    let grace: NodeJS.Timeout | undefined;
    const end = (why: Failure): void => {
      if (failure !== undefined) return;
      failure = why;
      child.kill("SIGTERM");
      grace = setTimeout(() => child.kill("SIGKILL"), graceMs);
    };
    const what = `git ${args.find((arg) => !arg.startsWith("-")) ?? ""}`;
    const onAbort = (): void => end(new Failure("Cancelled", `${what} was stopped.`));
    const timer = setTimeout(
      () => end(new Failure("TimedOut", `${what} took longer than ${timeoutMs} ms.`)),
      timeoutMs,
    );
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      clearTimeout(grace);
      signal?.removeEventListener("abort", onAbort);
      settle();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    child.stdout.on("data", (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes <= outputBytesMax) output.push(chunk);
      else end(new Failure("SourceUnavailable", `${what} said more than ${outputBytesMax} bytes.`));
    });
    child.stderr.on("data", (chunk: Buffer) => {
      complaintBytes += chunk.length;
      if (complaintBytes <= complaintBytesMax) complaints.push(chunk);
    });
    // It may end before it has read its input; its exit code tells why.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
    child.on("error", (thrown) => finish(() => reject(failure ?? notStarted(thrown))));
    child.on("close", (code, ended) => {
      const exitCode = code ?? 128 + (ended === null ? 0 : constants.signals[ended]);
      const complaint = lastLine(Buffer.concat(complaints).toString("utf8"));
      finish(() =>
        failure === undefined
          ? resolve({ exitCode, output: Buffer.concat(output), complaint })
          : reject(failure),
      );
    });
  });
}

/** Of this process' environment, without what Git sets for a hook: it would point at another repository. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("GIT_") || /^GIT_(SSH|CONFIG|SSL|ASKPASS)/.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_SSH_COMMAND: process.env["GIT_SSH_COMMAND"] ?? "ssh -o BatchMode=yes",
    GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh",
  };
}

/** What Git says last is what it means; credentials in a URL are left out. */
function lastLine(text: string): string {
  const lines = text.trim().split("\n");
  const meant = lines.find((line) => /^(fatal|error):/.test(line)) ?? lines.at(-1) ?? "";
  return withoutCredentials(meant).slice(0, 300);
}

function notStarted(thrown: Error): Failure {
  const missing = "code" in thrown && thrown.code === "ENOENT";
  const remedy = "Install Git (Debian: apt-get install git).";
  return missing
    ? new Failure("ProgramMissing", "The program git is not installed.", { remedy, cause: thrown })
    : new Failure("SourceUnavailable", `git can not be started: ${thrown.message}`, {
        cause: thrown,
      });
}
