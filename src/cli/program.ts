/** The whole command tree of `sovereign`; `docs/reference/cli.md` is generated from it. */
import { Command, Option } from "commander";
import { makeRun } from "./command.ts";
import type { Streams } from "./io.ts";

/** The program; `setExitCode` receives the code of a command that failed. */
export function makeProgram(streams: Streams, setExitCode: (code: number) => void): Command {
  const program = new Command("sovereign")
    .description("The SRE control plane for multi-region Kubernetes platforms.")
    .addOption(
      new Option("-o, --output <format>", "how results are written")
        .choices(["text", "json", "yaml"])
        .default("text"),
    )
    .showHelpAfterError("(run with --help to see what is possible)")
    .configureOutput({ writeOut: streams.out, writeErr: streams.err })
    .exitOverride();
  const run = makeRun(streams, setExitCode);
  for (const command of [] as readonly ((run: ReturnType<typeof makeRun>) => Command)[])
    program.addCommand(command(run));
  return program;
}
