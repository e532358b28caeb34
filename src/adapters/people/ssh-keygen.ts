/** The program `ssh-keygen`, run with a time limit, its input given and its output bounded. */
import { spawn } from "node:child_process";
import { Failure } from "../../core/kernel/failure.ts";

export type SshKeygenRun = {
  readonly program: string;
  readonly args: readonly string[];
  /** Written to its standard input. */
  readonly input: string;
  readonly limitMs: number;
  /** Each line that it says to a person while it works: that a token wants to be touched. */
  readonly hear?: ((line: string) => void) | undefined;
};

export type SshKeygenResult = {
  readonly exitCode: number;
  readonly output: string;
  readonly complaint: string;
};

const outputLengthMax = 64 * 1024;

/** Runs it to its end, whatever its exit code. Fails with ProgramMissing, TimedOut or ProcessFailed. */
export function runSshKeygen(run: SshKeygenRun): Promise<SshKeygenResult> {
  const { program, args, input, limitMs, hear } = run;
  return new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: "C" };
    const child = spawn(program, args, { env, stdio: "pipe" });
    let [output, complaint] = ["", ""];
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, limitMs);
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      output = (output + part).slice(0, outputLengthMax);
    });
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      complaint = (complaint + part).slice(0, outputLengthMax);
      for (const line of part.split("\n")) if (line.trim() !== "") hear?.(line.trim());
    });
    // It may end before it has read its input; its exit code tells why.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.on("error", (thrown) => {
      clearTimeout(timer);
      reject(notStarted(program, thrown));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      if (isLate) reject(new Failure("TimedOut", `ssh-keygen took longer than ${limitMs} ms`));
      else resolve({ exitCode: code ?? 255, output, complaint: complaint.trim() });
    });
  });
}

function notStarted(program: string, thrown: Error): Failure {
  const isMissing = "code" in thrown && thrown.code === "ENOENT";
  return isMissing
    ? new Failure("ProgramMissing", `the program ${program} is not installed`, {
        remedy:
          "Install OpenSSH 8.2 or newer (Debian: apt-get install openssh-client): signatures of people are made and checked by its ssh-keygen.",
        cause: thrown,
      })
    : new Failure("ProcessFailed", `ssh-keygen can not be started: ${thrown.message}`, {
        cause: thrown,
      });
}
