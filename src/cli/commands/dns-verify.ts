/** `sovereign dns verify`: every server of the Sovereign asked for every Application (handbook, DNS §5.1). */
import { Command } from "commander";
import { askServer } from "../../control/dns/verify.ts";
import { openDnsWorld } from "../../daemon/dns/world.ts";
import type { Context, Run } from "../command.ts";
import { configHelp, configOption, controlConfigPath } from "../control-config-path.ts";
import { headText } from "../dns/plan-text.ts";
import { askServers, serverData, serverLines } from "../dns/server-status.ts";
import { vantageOf } from "../dns/vantage.ts";
import {
  answerRows,
  failureOfRows,
  type Heard,
  verifyData,
  verifyText,
} from "../dns/verify-text.ts";

type Options = { readonly config?: string; readonly from?: string };

export function dnsVerifyCommand(run: Run): Command {
  return new Command("verify")
    .description(
      "Ask every name server of the Sovereign for every Application and judge the answers.",
    )
    .option(configOption, configHelp)
    .option(
      "--from <where>",
      "ask in the name of clients of a subnet, or only the servers of a region",
    )
    .addHelpText(
      "after",
      `
An answer is right when every address in it is in the plan and there is one. Nothing is changed.
With --from, the subnet stands in the question; a server that does not process it answers as for its asker.
Ends with 11 when an answer is wrong or missing.

Examples:
  $ npx sovereign dns verify --config control.yaml
  $ npx sovereign dns verify --from 80.81.82.0/24 --output json`,
    )
    .action((options: Options, command: Command) =>
      run(command, (context) => verify(context, options)),
    );
}

async function verify({ io, signal }: Context, options: Options): Promise<void> {
  const world = await openDnsWorld(controlConfigPath(options.config), signal);
  const { desired, revision } = world.intent;
  const { subnet, dns, servers } = vantageOf(world, options.from);
  io.progress(`asking ${servers.length} name server(s) for ${desired.applications.length} name(s)`);
  const heard: readonly Heard[] = await Promise.all(
    servers.map(async (server) => ({
      server,
      answers: await askServer(dns, server, desired.applications, signal),
    })),
  );
  // Of other regions no API key is here; of these the answers say enough when the API does not.
  const own = servers.filter(({ cluster }) => cluster === world.config.cluster);
  const statuses = await askServers(world, own, signal);
  const rows = answerRows(desired.applications, heard);
  const from = subnet ?? options.from ?? null;
  const nameServers = serverData(statuses);
  const data = { revision, zone: desired.zone, from, nameServers, ...verifyData(rows, heard) };
  const parts = [
    headText(world, io),
    verifyText(rows, heard, io),
    serverLines(statuses, io).join("\n"),
  ];
  io.result(data, parts.filter((part) => part !== "").join("\n\n"));
  const failure = failureOfRows(rows, heard);
  if (failure !== undefined) throw failure;
}
