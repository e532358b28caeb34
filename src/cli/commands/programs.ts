/** `sovereign programs`: which servers and tools are here, which are missing, and how to get them. */
import { Command, Option } from "commander";
import { ensurePrograms } from "../../sandbox/ensure-programs.ts";
import {
  type FoundProgram,
  findProgram,
  missingOf,
  neededPrograms,
  type Purpose,
  programsMissing,
  programVersion,
} from "../../sandbox/programs.ts";
import type { Run } from "../command.ts";
import { type Io, paint } from "../io.ts";

type Options = { readonly for: Purpose; readonly install?: true };

const help = `
With --install, as root on Debian or Ubuntu, missing programs are installed by apt-get. No service is started by that,
and none of what it adds starts at the next boot; servers that were here before are not touched.
A program somewhere else is pointed at by its variable, such as SOVEREIGN_PDNS_SERVER=/opt/pdns/sbin/pdns_server.

Examples:
  $ npx sovereign programs
  $ npx sovereign programs --for up --install`;

export function programsCommand(run: Run): Command {
  return new Command("programs")
    .description("List the programs that the sandbox and the tests need; install the missing ones.")
    .addOption(
      new Option("--for <purpose>", "what they are needed for: a sandbox, or the tests beside it")
        .choices(["up", "test"])
        .default("test"),
    )
    .option("--install", "install what is missing (root on Debian and Ubuntu)")
    .addHelpText("after", help)
    .action((options: Options, command: Command) =>
      run(command, async ({ io, signal }) => {
        const purpose = options.for;
        if (options.install === true)
          await ensurePrograms(purpose, { progress: (line) => io.progress(line), signal });
        const found = neededPrograms(purpose).map((program) => findProgram(program, process.env));
        const versions = await Promise.all(found.map(programVersion));
        const rows = found.map((entry, index) => ({ entry, version: versions[index] }));
        io.result(
          { programs: rows.map(({ entry, version }) => rowData(entry, version)) },
          rows.map(({ entry, version }) => rowText(io, entry, version)).join("\n"),
        );
        const missing = missingOf(found, purpose);
        if (missing.length > 0) throw programsMissing(missing);
      }),
    );
}

function rowData({ program, path }: FoundProgram, version: string | undefined) {
  return {
    name: program.name,
    package: program.package,
    variable: program.variable,
    path: path ?? null,
    version: version ?? null,
  };
}

function rowText(io: Io, { program, path }: FoundProgram, version: string | undefined): string {
  const name = program.name.padEnd(20);
  if (path === undefined) {
    const how = `missing: package ${program.package}, or set ${program.variable}`;
    return `${paint(io, "red", "✕")} ${name} ${how}`;
  }
  return `${paint(io, "green", "✓")} ${name} ${(version ?? "").padEnd(18)} ${path}`;
}
