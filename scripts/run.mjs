// Runs other programs in the checkout, for the scripts beside this file. Plain JavaScript without a dependency, as they are.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const programMissing = 15;

/**
 * Runs a command in the checkout and gives its exit code. Its output is shown, or with `quiet` only when it fails. A signal that asks us
 * to end is passed on, and so is the abort of `until`; we wait: whoever runs it has ended in order when we do.
 */
export function run(command, args, { quiet = false, until, ...options } = {}) {
  return new Promise((resolve) => {
    const stdio = quiet ? ["ignore", "pipe", "pipe"] : "inherit";
    const child = spawn(command, args, { cwd: root, stdio, ...options });
    const said = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (bytes) => said.push(bytes));
    const names = ["SIGINT", "SIGTERM", "SIGHUP"];
    const pass = (name) => child.kill(name);
    const stop = () => child.kill("SIGTERM");
    for (const name of names) process.on(name, pass);
    until?.addEventListener("abort", stop, { once: true });
    const end = (code) => {
      for (const name of names) process.removeListener(name, pass);
      until?.removeEventListener("abort", stop);
      if (code !== 0 && until?.aborted !== true) process.stderr.write(Buffer.concat(said));
      resolve(code);
    };
    child.once("error", (error) => {
      console.error(`error ${command} can not be started: ${error.message}`);
      end(programMissing);
    });
    child.once("close", (code, signal) =>
      end(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0)),
    );
    if (until?.aborted === true) stop();
  });
}

/** A script of the checkout, in Node. */
export const node = (script, args, options) =>
  run(process.execPath, [join(root, script), ...args], options);

/** Starts all, each with a signal; the first that fails ends the others, and its exit code is that of all. */
export async function atOnce(starts) {
  const abort = new AbortController();
  let first = 0;
  const each = async (start) => {
    const code = await start(abort.signal);
    if (first === 0 && code !== 0) {
      first = code;
      abort.abort();
    }
  };
  await Promise.all(starts.map(each));
  return first;
}
