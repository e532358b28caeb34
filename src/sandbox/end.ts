/** Ends the running sandbox of a state folder: by its socket, else by the pid of its claim; waits until it is gone. */
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../core/kernel/failure.ts";
import { bindError, bindingsOf } from "./addresses.ts";
import { type Claim, liveClaim, releaseState, startTicksOf } from "./claim.ts";
import { sandboxRequest } from "./connection.ts";
import { sandboxLayout } from "./layout.ts";
import { postgresPlace } from "./postgres-place.ts";
import { untilSwept } from "./processes-in.ts";
import { readSettings } from "./settings.ts";

/** Databases write down what they have, on whatever machine. */
const askedLimitMs = 30_000;

/** What was found: nothing ran, or it ran with this pid and has ended. */
export type Ended = { readonly pid: number | undefined };

/** Ends it in order; one that does not react is killed, which takes its processes with it. */
export async function endSandbox(state: string, progress: (line: string) => void): Promise<Ended> {
  const claim = await liveClaim(state);
  if (claim === undefined) return { pid: undefined };
  progress(`ending the sandbox, pid ${claim.pid} …`);
  try {
    await sandboxRequest(sandboxLayout(state), { command: "stop" }, { timeoutMs: 5_000 });
  } catch {
    // It is still starting, or its socket is gone or stuck: the claim proves that the pid is the supervisor's.
    kill(claim, "SIGTERM");
  }
  if (await gone(claim, askedLimitMs)) {
    await free(state);
    return { pid: claim.pid };
  }
  progress("it does not react; killing it …");
  kill(claim, "SIGKILL");
  if (!(await gone(claim, 5_000)))
    throw new Failure("TimedOut", `The sandbox, pid ${claim.pid}, can not be ended.`);
  await free(state);
  await releaseState(state);
  return { pid: claim.pid };
}

function kill(claim: Claim, signal: NodeJS.Signals): void {
  if (startTicksOf(claim.pid) !== claim.startTicks) return;
  try {
    process.kill(claim.pid, signal);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException; // Thrown by process.kill.
    if (code !== "ESRCH") throw Failure.from(thrown, `pid ${claim.pid}`);
  }
}

/** Waits until what comes after a killed sandbox has done its work, and nothing listens on its addresses any more. */
async function free(state: string): Promise<void> {
  await untilSwept(postgresPlace(state));
  const settings = await readSettings(state);
  if (settings === undefined) return;
  const deadline = performance.now() + 10_000;
  const taken = ["EADDRINUSE", "EADDRNOTAVAIL"];
  for (const binding of bindingsOf(sandboxLayout(state, settings.base, settings.network))) {
    // The kernel takes a namespace's link away a moment after its last process has ended.
    while (taken.includes((await bindError(binding)) ?? "")) {
      if (performance.now() > deadline)
        throw new Failure(
          "TimedOut",
          `Something still listens on ${binding.address} port ${binding.port}.`,
          { where: binding.purpose },
        );
      await pause(50);
    }
  }
}

async function gone(claim: Claim, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (startTicksOf(claim.pid) === claim.startTicks) {
    if (performance.now() > deadline) return false;
    await pause(50);
  }
  return true;
}
