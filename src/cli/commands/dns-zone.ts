/** `sovereign dns init-zone|ds|secondary-config`: the zone itself, made and checked on this region's servers. */
import { Command } from "commander";
import { readKeys } from "../../adapters/powerdns/dnssec.ts";
import { compareKeys } from "../../core/dns/setup/compare-keys.ts";
import { backendOf } from "../../core/dns/setup/proxy.ts";
import { secondaryConfig } from "../../core/dns/setup/secondary-config.ts";
import { dnsOf, followedServer } from "../../core/dns/setup/wanted-zone.ts";
import { required } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { initZone } from "../../daemon/dns/init-zone.ts";
import { askKeys, openZoneWorld, optionsOf } from "../../daemon/dns/zone-world.ts";
import type { Context, Run } from "../command.ts";
import { configHelp, configOption, controlConfigPath } from "../control-config-path.ts";
import { setupData, setupText } from "../dns/zone-text.ts";
import { dnsKeysCommand } from "./dns-keys.ts";
import { dnsProxyConfigCommand } from "./dns-proxy-config.ts";

/** The commands about the zone itself, in the order of the help. */
export const zoneCommands: readonly ((run: Run) => Command)[] = [
  initZoneCommand,
  dsCommand,
  dnsKeysCommand,
  secondaryConfigCommand,
  dnsProxyConfigCommand,
];

type Options = { readonly config?: string; readonly dryRun?: boolean };

function initZoneCommand(run: Run): Command {
  return new Command("init-zone")
    .description("Make or mend the zone on this region's name servers: SOA, NS, keys, transfers.")
    .option(configOption, configHelp)
    .option("--dry-run", "show the plan with its reasons and change nothing")
    .addHelpText(
      "after",
      `
Safe to run again: what is right is not touched, what others made is kept and named. The six canonical records
(@ * console api gitea harbor) are written once and never over what is there.
Ends with 27 when a server signs with keys that the key set does not hold. See docs/guides/zone.md.

Examples:
  $ npx sovereign dns init-zone --config control.yaml --dry-run
  $ npx sovereign dns init-zone --config control.yaml --output json`,
    )
    .action((options: Options, command: Command) =>
      run(command, (context) => init(context, options)),
    );
}

async function init({ io, signal }: Context, options: Options): Promise<void> {
  const world = await openZoneWorld(controlConfigPath(options.config), signal);
  const dryRun = options.dryRun === true;
  const onProgress = (words: string): void => io.progress(words);
  const { setups, failure } = await initZone(world, { dryRun, onProgress, signal });
  const data = { zone: world.zone, dryRun, servers: setups.map(setupData) };
  // What is printed is what was made until then, also when a server fails in between.
  io.result(data, setups.map((setup) => setupText(setup, io)).join("\n\n"));
  if (failure !== undefined) throw failure;
}

function dsCommand(run: Run): Command {
  return new Command("ds")
    .description("Print the DS records for the parent, and compare the keys of all servers.")
    .option(configOption, configHelp)
    .addHelpText(
      "after",
      `
Every server of the zone is asked for its keys, those of other regions and secondaries too. Ends with 27 when one
publishes other keys than the rest, and names it.

Example:
  $ npx sovereign dns ds --config control.yaml`,
    )
    .action((options: Options, command: Command) =>
      run(command, (context) => ds(context, options)),
    );
}

async function ds({ io, signal }: Context, options: Options): Promise<void> {
  const world = await openZoneWorld(controlConfigPath(options.config), signal);
  const [server] = world.own;
  const own = required(server, "a region of the configuration has a server");
  io.progress(`asking ${world.intent.servers.length} name server(s) for their keys`);
  const [stored, published] = await Promise.all([
    readKeys(optionsOf(world, own), world.zone, signal),
    askKeys(world, signal),
  ]);
  const { keys, differing } = compareKeys(published, world.keySet);
  const shown = stored.filter(({ dnskey }) => keys.some((key) => key.dnskey === dnskey));
  // Digest 2 is SHA-256, the one that every parent takes (RFC 8624 §3.3).
  const records = shown.flatMap((key) =>
    key.ds
      .filter((data) => data.split(" ")[2] === "2")
      .map((data) => `${world.zone} IN DS ${data}`),
  );
  const dnskeys = shown.map(({ dnskey }) => `${world.zone} IN DNSKEY ${dnskey}`);
  const lines = [
    ...(records.length === 0 ? ["The zone is not signed."] : ["For the parent:", ...records]),
    ...differing.map(({ server: id, because }) => `✗ ${id}: ${because}`),
    ...(differing.length === 0 ? [`✓ all ${published.length} servers publish the same keys`] : []),
  ];
  io.result({ zone: world.zone, ds: records, dnskeys, differing }, lines.join("\n"));
  const [first] = differing;
  if (first !== undefined) {
    throw new Failure("KeySetDiffers", `${first.server}: ${first.because}`, {
      where: first.server,
    });
  }
}

function secondaryConfigCommand(run: Run): Command {
  return new Command("secondary-config")
    .description("Print how a declared secondary has to be configured; no secret is printed.")
    .argument("<name>", "name under spec.dns.secondaries")
    .option(configOption, configHelp)
    .addHelpText(
      "after",
      `
The commands read the TSIG secret and the zone's key from files beside them, which you bring there.

Example:
  $ npx sovereign dns secondary-config ns9 --config control.yaml`,
    )
    .action((name: string, options: Options, command: Command) =>
      run(command, (context) => printSecondary(context, name, options)),
    );
}

async function printSecondary(
  { io, signal }: Context,
  name: string,
  options: Options,
): Promise<void> {
  const world = await openZoneWorld(controlConfigPath(options.config), signal);
  const dns = dnsOf(world.sovereign);
  const secondary = dns.secondaries.find((candidate) => candidate.name === name);
  if (secondary === undefined) {
    const names = dns.secondaries.map((candidate) => candidate.name).join(", ");
    throw new Failure("NotFound", `no secondary ${name} is declared`, {
      remedy: names === "" ? "Declare it under spec.dns.secondaries." : `Write one of ${names}.`,
    });
  }
  const source = required(followedServer(secondary, world.sovereign), "every region has a server");
  const denial = dns.dnssec?.denial;
  // Transfers go past proxies, on both sides.
  const [own, from] = [secondary, source].map((one) => backendOf(world.sovereign, one));
  const config = secondaryConfig({
    ...secondary,
    ...own,
    zone: world.zone,
    source: { ...source, ...from },
    denial,
  });
  const parts = [
    `# pdns.conf\n${config.pdnsConf}`,
    ...(config.filter === "" ? [] : [`-- sovereign-unsigned.lua\n${config.filter}`]),
    `# once, before the server is started\n${config.commands.join("\n")}`,
    `# and when it runs\n${config.afterStart}`,
  ];
  io.result({ secondary: name, follows: source.name, ...config }, parts.join("\n"));
}
