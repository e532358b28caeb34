/** `docs/reference/cli.md`: the help of every command, as the terminal shows it at a fixed width. */
import type { Command } from "commander";
import { makeProgram } from "../program.ts";
import { banner } from "./markdown.ts";

const widthColumns = 100;

/** The page, from the command tree itself. */
export async function commandReference(): Promise<string> {
  const silent = { out: () => undefined, err: () => undefined, terminal: false, env: {} };
  const program = await makeProgram(silent, () => undefined);
  const all = commandsBelow(program, []);
  return [
    banner,
    "# Command line",
    "",
    "In a checkout, `npx sovereign …`. Every command ends with 0 or with an exit code of [errors.md](errors.md).",
    "",
    ...all.map(({ name }) => `- [\`${name}\`](#${name.replaceAll(" ", "-")})`),
    ...all.flatMap(({ name, command }) => [
      "",
      `## ${name}`,
      "",
      "```text",
      helpOf(command).trimEnd(),
      "```",
    ]),
    "",
  ].join("\n");
}

type NamedCommand = { readonly name: string; readonly command: Command };

function commandsBelow(command: Command, path: readonly string[]): readonly NamedCommand[] {
  const here = [...path, command.name()];
  return [
    { name: here.join(" "), command },
    ...command.commands.flatMap((below) => commandsBelow(below, here)),
  ];
}

/** What `--help` prints, with the texts that are added after it. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => widthColumns,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}
