/** A real secondary of a zone world, configured with what `sovereign dns secondary-config` prints. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { required } from "../../src/core/kernel/assert.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";
import { settings, type ZoneWorld } from "./zone-world.ts";

export type ZoneCopy = {
  readonly server: PdnsServer;
  /** Runs pdnsutil or pdns_control on the secondary's machine, in its folder. */
  readonly run: (...commands: readonly string[]) => string;
};

/** NOTIFY and AXFR have to come from the address that the other side knows. */
export async function restartWith(server: PdnsServer, lines: readonly string[]): Promise<void> {
  await server.kill();
  const own = `query-local-address=${server.dns.address}`;
  appendFileSync(join(server.folder, "pdns.conf"), `\n${[own, ...lines].join("\n")}\n`);
  await server.start();
}

/** Starts a server that will be the secondary `ns9`, and lets the server that it follows send NOTIFY from its address. */
export async function startCopy(world: ZoneWorld): Promise<ZoneCopy> {
  const server = await startPdnsServer([], "ns9", settings);
  await restartWith(required(world.servers[0], "it follows the first server"), []);
  const tsig = randomBytes(32).toString("base64");
  world.secrets.push(tsig);
  for (const folder of [world.folder, server.folder]) {
    writeFileSync(join(folder, "transfer.tsig"), tsig, { mode: 0o600 });
  }
  const use = (program: string): string =>
    `${program}() { command ${program} --config-dir=${server.folder} "$@"; }`;
  const functions = [use("pdnsutil"), use("pdns_control")];
  return {
    server,
    run: (...commands) =>
      execFileSync("sh", ["-e", "-c", [...functions, ...commands].join("\n")], {
        cwd: server.folder,
        stdio: "pipe",
        encoding: "utf8",
      }),
  };
}

/** Follows the printed instructions; `privateKey` is the zone's key, in the text of the key set. */
export async function configureCopy(
  world: ZoneWorld,
  { server, run }: ZoneCopy,
  privateKey: string,
): Promise<void> {
  writeFileSync(join(server.folder, "zone.key"), privateKey, { mode: 0o600 });
  const { out } = await world.run(0, "--output", "json", "dns", "secondary-config", "ns9");
  const printed = JSON.parse(out) as {
    readonly pdnsConf: string;
    readonly filter: string;
    readonly commands: readonly string[];
    readonly afterStart: string;
  };
  const script = join(server.folder, "sovereign-unsigned.lua");
  writeFileSync(script, printed.filter);
  const lines = printed.pdnsConf
    .split("\n")
    .filter((line) => !/^(?:launch|gsqlite3-database|local-|query-local)/.test(line))
    .map((line) => (line.startsWith("lua-axfr-script=") ? `lua-axfr-script=${script}` : line));
  await server.kill();
  run(...printed.commands);
  await restartWith(server, lines);
  run(printed.afterStart);
}
