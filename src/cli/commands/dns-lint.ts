/** `sovereign dns lint [<folder>]`: what is valid and yet unwise, and whether the servers can run what is planned. */
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { systemClock } from "../../adapters/clock.ts";
import { folderSource } from "../../adapters/sources/folder.ts";
import { gather, type Intent, isWhole, type WholeIntent } from "../../control/dns/gather.ts";
import { lintLua } from "../../control/lua-lint.ts";
import { lintZone } from "../../core/dns/lint.ts";
import { luaSamples } from "../../core/dns/lua-samples.ts";
import { parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { failureOfProblem, failureOfRefusal } from "../../daemon/dns/problem-failure.ts";
import { type DnsWorld, openDnsWorld } from "../../daemon/dns/world.ts";
import type { Context, Run } from "../command.ts";
import { configHelp, configOption, controlConfigPath } from "../control-config-path.ts";
import { adviceText, lintData, type ServerLint, serverLintText } from "../dns/lint-text.ts";
import { headText } from "../dns/plan-text.ts";

type Options = {
  readonly config?: string;
  readonly server: boolean;
  readonly probeInterval: number;
  readonly checks: number;
};

export function dnsLintCommand(run: Run): Command {
  return new Command("lint")
    .description(
      "Say what is valid and yet unwise; with --server, whether servers can run the code.",
    )
    .argument("[folder]", "folder with documents (default: the source of the control process)")
    .option(configOption, configHelp)
    .option("--server", "write scratch names on this region's servers, ask, and remove them", false)
    .option(
      "--probe-interval <duration>",
      "lua-health-checks-interval of the servers",
      intervalOf,
      5_000,
    )
    .option("--checks <count>", "checks that one server is meant to run at most", countOf, 1_000)
    .addHelpText(
      "after",
      `
Advice ends with 0: it is valid. A wrong document ends with 3, a server that can not run the code with 8.
--server writes _lint-<random> LUA records, one for each shape of code in the zone, and always removes them.

Examples:
  $ npx sovereign dns lint examples/two-regions
  $ npx sovereign dns lint --server --config control.yaml`,
    )
    .action((folder: string | undefined, options: Options, command: Command) =>
      run(command, (context) => lint(context, folder, options)),
    );
}

function intervalOf(text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new InvalidArgumentError("It is a duration such as 5s.");
}

function countOf(text: string): number {
  const count = Number(text);
  if (/^[0-9]{1,6}$/.test(text) && count > 0) return count;
  throw new InvalidArgumentError("It is a whole number from 1 on.");
}

async function lint(context: Context, folder: string | undefined, options: Options): Promise<void> {
  const { io, signal } = context;
  if (folder !== undefined && options.server) {
    throw new Failure(
      "UsageInvalid",
      "--server asks the servers of a control process, not of a folder",
      {
        remedy: "Leave the folder out and name the configuration with --config.",
      },
    );
  }
  const world =
    folder === undefined
      ? await openDnsWorld(controlConfigPath(options.config), signal)
      : undefined;
  const intent = world?.intent ?? (await intentOf(folder ?? ".", signal));
  const { catalogue, desired } = intent;
  const advice = lintZone({
    catalogue,
    desired,
    probeIntervalMs: options.probeInterval,
    checksMax: options.checks,
  });
  const servers = world !== undefined && options.server ? await lintServers(context, world) : [];
  const parts = [headText({ intent }, io), adviceText(advice, io), serverLintText(servers, io)];
  const text = parts.filter((part) => part !== "").join("\n\n");
  io.result({ revision: intent.revision, zone: desired.zone, ...lintData(advice, servers) }, text);
  const failure = failureOf(intent, servers);
  if (failure !== undefined) throw failure;
}

async function intentOf(folder: string, signal: AbortSignal): Promise<WholeIntent> {
  const intent: Intent = await gather(
    folderSource({ path: resolve(folder) }),
    undefined,
    {},
    signal,
  );
  if (isWhole(intent)) return intent;
  const [problem] = intent.catalogue.problems;
  if (problem !== undefined) throw failureOfProblem(problem);
  throw new Failure("DocumentInvalid", "no Sovereign is declared", { where: folder });
}

/** One server after the other, so that a mistake meets one of them first. */
async function lintServers(
  { io, signal }: Context,
  world: DnsWorld,
): Promise<readonly ServerLint[]> {
  const { desired } = world.intent;
  const samples = luaSamples(desired.applications);
  const servers: ServerLint[] = [];
  for (const { id, spec, endpoint } of world.own) {
    io.progress(`asking ${id} to run ${samples.length} shape(s) of code`);
    const server = world.ports.nameServer(id, spec);
    const { dns } = world.ports;
    const scratch = { id: randomBytes(6).toString("hex"), zone: desired.zone, samples };
    const facts = { server, endpoint, dns, clock: systemClock, ...scratch };
    servers.push({ server: id, lint: await lintLua(facts, signal) });
  }
  return servers;
}

function failureOf(
  { catalogue, desired }: WholeIntent,
  servers: readonly ServerLint[],
): Failure | undefined {
  for (const { server, lint: found } of servers) {
    const [first] = found.findings;
    if (first === undefined) continue;
    const { because, remedy } = first;
    return new Failure("NameServerRefused", because, { where: server, remedy });
  }
  const [problem] = catalogue.problems;
  if (problem !== undefined) return failureOfProblem(problem);
  const [refusal] = desired.refusals;
  return refusal === undefined ? undefined : failureOfRefusal(refusal);
}
