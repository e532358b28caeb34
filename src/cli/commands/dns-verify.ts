/** `sovereign dns verify`: every server of the Sovereign asked for every Application (handbook, DNS §5.1). */
import { Command } from "commander";
import { udpDnsClient } from "../../adapters/dns-client.ts";
import { askServer } from "../../control/dns/verify.ts";
import { parseSubnet, writeSubnet } from "../../core/dns/subnet.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Context, Run } from "../command.ts";
import { configHelp, configOption, controlConfigPath } from "../control-config-path.ts";
import { headText } from "../dns/plan-text.ts";
import {
  answerRows,
  failureOfRows,
  type Heard,
  verifyData,
  verifyText,
} from "../dns/verify-text.ts";
import { openDnsWorld } from "../dns/world.ts";

type Options = { readonly config?: string; readonly from?: string };

const questionTimeoutMs = 1_000;

export function dnsVerifyCommand(run: Run): Command {
  return new Command("verify")
    .description(
      "Ask every name server of the Sovereign for every Application and judge the answers.",
    )
    .option(configOption, configHelp)
    .option("--from <subnet>", "ask in the name of clients there, such as 80.81.82.0/24 (EDNS)")
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
  const ecs = options.from === undefined ? undefined : subnetOf(options.from);
  const world = await openDnsWorld(controlConfigPath(options.config), signal);
  const { desired, servers, revision } = world.intent;
  const dns =
    ecs === undefined ? world.ports.dns : udpDnsClient({ timeoutMs: questionTimeoutMs, ecs });
  io.progress(`asking ${servers.length} name server(s) for ${desired.applications.length} name(s)`);
  const heard: readonly Heard[] = await Promise.all(
    servers.map(async (server) => ({
      server,
      answers: await askServer(dns, server, desired.applications, signal),
    })),
  );
  const rows = answerRows(desired.applications, heard);
  const data = { revision, zone: desired.zone, from: ecs ?? null, ...verifyData(rows, heard) };
  io.result(data, `${headText(world, io)}\n\n${verifyText(rows, heard, io)}`);
  const failure = failureOfRows(rows, heard);
  if (failure !== undefined) throw failure;
}

function subnetOf(text: string): string {
  const parsed = parseSubnet(text);
  if (parsed.ok) return writeSubnet(parsed.value);
  throw new Failure("UsageInvalid", parsed.because, { field: "--from" });
}
