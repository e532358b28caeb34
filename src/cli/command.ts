/** How a command is hung into the program: its options parsed, its failures turned into exit codes. */
import { Command } from "commander";
import { AssertionError } from "../core/kernel/assert.ts";
import { Failure } from "../core/kernel/failure.ts";
import { type Io, makeIo, type OutputFormat, type Streams } from "./io.ts";

/** What a command is given beside its own options. */
export type Context = {
  readonly io: Io;
  /** Aborts on Ctrl-C and SIGTERM; long commands end cleanly on it. */
  readonly signal: AbortSignal;
};

/** Runs `body` with the right Io; a Failure becomes its exit code, a bug becomes 70 with its stack. */
export type Run = (command: Command, body: (context: Context) => Promise<void>) => Promise<void>;

/** How a command ends when the program itself is wrong (EX_SOFTWARE of sysexits.h). */
export const bugExitCode = 70;

/** A group such as `sovereign dns`. */
export function group(name: string, description: string): Command {
  return new Command(name).description(description);
}

export function makeRun(streams: Streams, setExitCode: (code: number) => void): Run {
  return async (command, body) => {
    const format: OutputFormat = (command.optsWithGlobals() as { output: OutputFormat }).output; // Choices are checked by commander.
    const io = makeIo(format, streams);
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    try {
      await body({ io, signal: abort.signal });
    } catch (thrown) {
      if (thrown instanceof AssertionError) {
        io.bug(thrown);
        setExitCode(bugExitCode);
        return;
      }
      const failure = Failure.from(thrown, command.name());
      io.failure(failure);
      setExitCode(failure.facts.exitCode);
    } finally {
      process.removeListener("SIGINT", stop);
      process.removeListener("SIGTERM", stop);
    }
  };
}
