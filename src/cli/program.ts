/** The whole command tree of `sovereign`; `docs/reference/cli.md` is generated from it. */
import { Command, Option } from "commander";
import { version } from "../daemon/version.ts";
import { makeRun, type Run } from "./command.ts";
import { controlCommand } from "./commands/control.ts";
import { dnsCommand } from "./commands/dns.ts";
import { downCommand } from "./commands/down.ts";
import { drillCommand } from "./commands/drill.ts";
import { journalCommand } from "./commands/journal.ts";
import { programsCommand } from "./commands/programs.ts";
import { sandboxCommand } from "./commands/sandbox.ts";
import { upCommand } from "./commands/up.ts";
import { validateCommand } from "./commands/validate.ts";
import type { Streams } from "./io.ts";

/** Every command, in the order of the help. */
const commands: readonly ((run: Run) => Command)[] = [
  controlCommand,
  dnsCommand,
  drillCommand,
  journalCommand,
  validateCommand,
  upCommand,
  downCommand,
  sandboxCommand,
  programsCommand,
];

/** The program; `setExitCode` receives the code of a command that failed. */
export function makeProgram(streams: Streams, setExitCode: (code: number) => void): Command {
  const program = new Command("sovereign")
    .description("The SRE control plane for multi-region Kubernetes platforms.")
    .version(version, "-V, --version", "print the version")
    .addOption(
      new Option("-o, --output <format>", "how results are written")
        .choices(["text", "json", "yaml"])
        .default("text"),
    )
    .showHelpAfterError("(run with --help to see what is possible)")
    .configureOutput({ writeOut: streams.out, writeErr: streams.err })
    .exitOverride();
  const run = makeRun(streams, setExitCode);
  for (const command of commands) adopt(program, command(run));
  return program;
}

/** Adds a command with all below it, so that each ends and speaks as the program does. */
function adopt(parent: Command, child: Command): void {
  if (child.parent === null) parent.addCommand(child);
  child.copyInheritedSettings(parent);
  for (const grandchild of child.commands) adopt(child, grandchild);
}
