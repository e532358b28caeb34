/** The whole command tree of `sovereign`; `docs/reference/cli.md` is generated from it. */
import { Command, Option } from "commander";
import { stringify } from "yaml";
import { Failure } from "../core/kernel/failure.ts";
import { version } from "../daemon/version.ts";
import { makeRun, type Run } from "./command.ts";
import type { OutputFormat, Streams } from "./io.ts";

type Load = () => Promise<(run: Run) => Command>;

/** Every command, in the order of the help; each is loaded when it is needed. */
const commands: Readonly<Record<string, Load>> = {
  control: async () => (await import("./commands/control.ts")).controlCommand,
  agent: async () => (await import("./commands/agent.ts")).agentCommand,
  dns: async () => (await import("./commands/dns.ts")).dnsCommand,
  drill: async () => (await import("./commands/drill.ts")).drillCommand,
  gameday: async () => (await import("./commands/gameday.ts")).gamedayCommand,
  failover: async () => (await import("./commands/failover.ts")).failoverCommand,
  journal: async () => (await import("./commands/journal.ts")).journalCommand,
  check: async () => (await import("./commands/check.ts")).checkCommand,
  validate: async () => (await import("./commands/validate.ts")).validateCommand,
  up: async () => (await import("./commands/up.ts")).upCommand,
  down: async () => (await import("./commands/down.ts")).downCommand,
  sandbox: async () => (await import("./commands/sandbox.ts")).sandboxCommand,
  programs: async () => (await import("./commands/programs.ts")).programsCommand,
  witness: async () => (await import("./commands/witness.ts")).witnessCommand,
  simulate: async () => (await import("./commands/simulate.ts")).simulateCommand,
};

/**
 * The program; `setExitCode` receives the code of a command that failed. Of `words`, those after the program's name, the first may name
 * a command: then there is no other in it, which is seen in how fast it starts alone.
 */
export async function makeProgram(
  streams: Streams,
  setExitCode: (code: number) => void,
  words: readonly string[] = [],
): Promise<Command> {
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
  for (const load of wanted(words[0])) adopt(program, (await load())(run));
  return program;
}

function wanted(word = ""): readonly Load[] {
  if (["-V", "--version"].includes(word)) return [];
  const named = Object.hasOwn(commands, word) ? commands[word] : undefined;
  return named === undefined ? Object.values(commands) : [named];
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
