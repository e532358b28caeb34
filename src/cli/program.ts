/** The whole command tree of `sovereign`; `docs/reference/cli.md` is generated from it. */
import { Command, Option } from "commander";
import { stringify } from "yaml";
import { Failure } from "../core/kernel/failure.ts";
import { version } from "../daemon/version.ts";
import { makeRun, type Run } from "./command.ts";
import { agentCommand } from "./commands/agent.ts";
import { controlCommand } from "./commands/control.ts";
import { dnsCommand } from "./commands/dns.ts";
import { downCommand } from "./commands/down.ts";
import { drillCommand } from "./commands/drill.ts";
import { failoverCommand } from "./commands/failover.ts";
import { gamedayCommand } from "./commands/gameday.ts";
import { journalCommand } from "./commands/journal.ts";
import { programsCommand } from "./commands/programs.ts";
import { sandboxCommand } from "./commands/sandbox.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { upCommand } from "./commands/up.ts";
import { validateCommand } from "./commands/validate.ts";
import { witnessCommand } from "./commands/witness.ts";
import type { OutputFormat, Streams } from "./io.ts";

/** Every command, in the order of the help. */
const commands: readonly ((run: Run) => Command)[] = [
  controlCommand,
  agentCommand,
  dnsCommand,
  drillCommand,
  gamedayCommand,
  failoverCommand,
  journalCommand,
  validateCommand,
  upCommand,
  downCommand,
  sandboxCommand,
  programsCommand,
  witnessCommand,
  simulateCommand,
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
    .configureOutput({
      writeOut: streams.out,
      writeErr: streams.err,
      outputError: (text, write) => write(usageText(outputFormat(program), text)),
    })
    .exitOverride();
  const run = makeRun(streams, setExitCode);
  for (const command of commands) adopt(program, command(run));
  return program;
}

/** The format that the command line asks for, as far as it was read. */
export function outputFormat(program: Command): OutputFormat {
  return (program.opts() as { output: OutputFormat }).output; // Choices are checked by commander.
}

/** What is wrong with the command line, and how to find out what is right. */
function usageText(format: OutputFormat, error: string): string {
  if (format === "text") return `${error}(run with --help to see what is possible)\n`;
  const message = error.trim().replace(/^error: /, "");
  const failure = new Failure("UsageInvalid", message).toJson();
  return format === "json"
    ? `${JSON.stringify({ error: failure }, undefined, 2)}\n`
    : stringify({ error: failure });
}

/** Adds a command with all below it, so that each ends and speaks as the program does. */
function adopt(parent: Command, child: Command): void {
  if (child.parent === null) parent.addCommand(child);
  child.copyInheritedSettings(parent);
  for (const grandchild of child.commands) adopt(child, grandchild);
}
