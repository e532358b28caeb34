/** How the process ends when no command is there to say it: a stray rejection, a reader that is gone, work that never ends. */
import { Failure } from "../core/kernel/failure.ts";
import { bugExitCode } from "./command.ts";
import { makeIo, type OutputFormat, processStreams } from "./io.ts";

/** How long what a command left behind may go on before the process ends without it. */
const leftoverLimitMs = 5_000;

/** Watches over this process until its end; the function that comes back is called when the command is over. */
export function endInAnyCase(formatOf: () => OutputFormat): () => void {
  const io = () => makeIo(formatOf(), processStreams);
  // Also for a rejection that nobody handles: Node makes an uncaught exception of it.
  process.on("uncaughtException", (thrown) => {
    io().bug(thrown);
    process.exit(bugExitCode);
  });
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") {
      process.emit("SIGTERM", "SIGTERM"); // Nobody reads on, as after `| head -1`: the command ends as if asked to.
      return;
    }
    const message = `The output can not be written: ${error.code ?? error.message}.`;
    const failure = new Failure("Unexpected", message, { remedy: "Check where it is written to." });
    io().failure(failure);
    process.exit(failure.facts.exitCode);
  });
  // There is nobody left to tell.
  process.stderr.on("error", () => undefined);
  return () => {
    const giveUp = (): void => {
      io().progress("something that the command began goes on; ending without it");
      process.exit();
    };
    // It keeps nothing alive: a process without leftovers has ended long before.
    setTimeout(giveUp, leftoverLimitMs).unref();
  };
}
