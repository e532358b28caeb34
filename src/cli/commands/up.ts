/** `sovereign up`: a Sovereign of two regions on this machine, made of real servers. */
import { Command, Option } from "commander";
import { chooseNetwork, type NetworkWish, networkWishes } from "../../sandbox/choose-network.ts";
import { ensurePrograms } from "../../sandbox/ensure-programs.ts";
import { parseSettings, stateFolder } from "../../sandbox/settings.ts";
import type { Run } from "../command.ts";
import { runDetached } from "../sandbox/detached.ts";
import { runForeground } from "../sandbox/foreground.ts";

type Options = {
  readonly state: string;
  readonly base: string;
  readonly network: NetworkWish;
  readonly probeInterval: string;
  readonly ttl: string;
  readonly fast?: true;
  readonly fresh?: true;
  readonly plain?: true;
  readonly detach?: true;
  readonly install?: true;
};

const help = `
Two regions, hz-fsn-rtz-prod and hz-hel-rtz-prod, each with a PowerDNS, a control process, three replicas of a small
application behind a gateway, a PostgreSQL, and a region agent with its watchdog; outside of both a witness, and three
recursors that clients and agents ask; and a Git repository with the Sovereign's documents, which you edit and commit to
change things. All state is in the state folder; Ctrl-C or \`npm run down\` ends it all.

What stands between the regions can be cut. For root it is a router between network namespaces: what is cut is lost in the
kernel, as when a cable is, in one direction too. Elsewhere it is a proxy for each way, which anybody may have. \`auto\` tries
which of the two this machine lets pass.

Examples:
  $ npm run up
  $ npm run up -- --detach
  $ npx sovereign up --fast --base 127.20 --state /tmp/other
  $ npx sovereign up --network proxy`;

export function upCommand(run: Run): Command {
  return new Command("up")
    .description("Start a Sovereign of two regions on this machine, made of real servers.")
    .option("--state <folder>", "folder of everything that it keeps", ".sovereign")
    .option("--base <address>", "first half of its loopback addresses", "127.10")
    .addOption(
      new Option("--network <network>", "what stands between the regions, and is cut")
        .choices(networkWishes)
        .default("auto"),
    )
    .option("--probe-interval <duration>", "how often name servers probe each region", "5s")
    .option("--ttl <duration>", "how long an answer may be remembered", "5s")
    .option("--fast", "probe each second, records of one second")
    .option("--fresh", "throw the old state away first, documents too")
    .option("--plain", "lines with times instead of the live view")
    .option("--detach", "return when it is ready; it goes on in the background")
    .option("--install", "install missing programs first (root on Debian and Ubuntu)")
    .addHelpText("after", help)
    .action((options: Options, command: Command) =>
      run(command, async (context) => {
        const state = stateFolder(options.state);
        const wished = parseSettings({ ...options, network: "proxy", fast: options.fast === true });
        if (options.install === true) {
          const progress = (line: string): void => context.io.progress(line);
          await ensurePrograms("up", { progress, signal: context.signal });
        }
        const isOwnBase = wished.base === "127.0" && options.network === "auto";
        const wish = isOwnBase ? "proxy" : options.network;
        const { network, because } = await chooseNetwork(wish, process.env);
        if (because !== undefined)
          context.io.progress(`Proxies stand between the regions. ${because}`);
        const settings = { ...wished, network };
        const fresh = options.fresh === true;
        if (options.detach !== true) {
          const plain = options.plain === true;
          await runForeground(context, { state, settings, fresh, plain });
          return;
        }
        await runDetached(context, state, [
          ...["--state", state, "--base", settings.base, "--network", network],
          ...["--probe-interval", `${settings.probeIntervalMs}ms`],
          ...["--ttl", `${settings.ttlSeconds}s`],
          ...(fresh ? ["--fresh"] : []),
        ]);
      }),
    );
}
