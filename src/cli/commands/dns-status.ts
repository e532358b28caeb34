/** `sovereign dns status`: this region's name servers as they are, and what their versions and settings mean. */
import { Command } from "commander";
import { openDnsWorld } from "../../daemon/dns/world.ts";
import type { Context, Run } from "../command.ts";
import { configHelp, configOption, controlConfigPath } from "../control-config-path.ts";
import {
  askServers,
  failureOfServers,
  featureLines,
  serverData,
  serverLines,
  sharedFeatures,
} from "../dns/server-status.ts";

type Options = { readonly config?: string };

export function dnsStatusCommand(run: Run): Command {
  return new Command("status")
    .description("Show version, features and settings of this region's name servers.")
    .option(configOption, configHelp)
    .addHelpText(
      "after",
      `
Each server is asked through its API; nothing is changed. Only what every server of a zone has may stand in its code;
what is not known counts as missing. See docs/guides/server-versions.md.
Ends with 8 when something that is declared can not work on a server as it is configured.

Example:
  $ npx sovereign dns status --config control.yaml`,
    )
    .action((options: Options, command: Command) =>
      run(command, (context) => status(context, options)),
    );
}

async function status({ io, signal }: Context, options: Options): Promise<void> {
  const world = await openDnsWorld(controlConfigPath(options.config), signal);
  io.progress(`asking ${world.own.length} name server(s)`);
  const statuses = await askServers(world, world.own, signal);
  const lines = [...serverLines(statuses, io), "", ...featureLines(statuses, io)];
  const data = { servers: serverData(statuses), shared: sharedFeatures(statuses) };
  io.result(data, lines.join("\n").trimEnd());
  const failure = failureOfServers(statuses);
  if (failure !== undefined) throw failure;
}
