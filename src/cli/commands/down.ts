/** `sovereign down`: ends the sandbox and waits until nothing of it is left. */
import { Command } from "commander";
import { endSandbox } from "../../sandbox/end.ts";
import { stateFolder } from "../../sandbox/settings.ts";
import type { Run } from "../command.ts";

export function downCommand(run: Run): Command {
  return new Command("down")
    .description("End the running sandbox; its state and documents stay for the next `up`.")
    .option("--state <folder>", "state folder of the sandbox", ".sovereign")
    .addHelpText("after", "\nIt ends with 0 also when nothing was running.")
    .action((options: { readonly state: string }, command: Command) =>
      run(command, async ({ io }) => {
        const { pid } = await endSandbox(stateFolder(options.state), (line) => io.progress(line));
        if (pid === undefined) io.result({ ended: false }, "No sandbox was running.");
        else io.result({ ended: true, pid }, "The sandbox has ended; no process of it is left.");
      }),
    );
}
