/**
 * A real pdns_server for one test file: its own temporary folder, free ports on a loopback address of its own,
 * gsqlite3, LUA records, probes every second (facts of PowerDNS §9). Nothing is left behind, also after a failure.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PowerDnsOptions } from "../../src/adapters/powerdns/rest.ts";
import { ensureZone, serverVersion } from "../../src/adapters/powerdns/zones.ts";
import type { DnsEndpoint } from "../../src/control/env.ts";

export type PdnsServer = {
  /** Its configuration and database. */
  readonly folder: string;
  readonly dns: DnsEndpoint;
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly options: PowerDnsOptions;
  /** What the server has written to its log so far. */
  readonly log: () => string;
  /** Kills the process but keeps folder, addresses and zones; `start` brings it back, with cold probes. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Ends the process and removes the folder. */
  readonly stop: () => Promise<void>;
};

export type Wrap = {
  /** A program with its arguments that becomes the server, such as `prlimit --nproc=2000`. */
  readonly command?: readonly string[];
  /** Called with the complete folder before the first start. */
  readonly prepare?: (folder: string) => void;
};

const schema = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";
const startLimitMs = 60_000;

/** A loopback address that hardly anybody else uses. */
export function randomLoopback(): string {
  const byte = (): number => 1 + Math.floor(Math.random() * 250);
  return `127.${100 + Math.floor(Math.random() * 100)}.${byte()}.${byte()}`;
}

/** Ports that were given: one that nobody listens at yet would be found free again. */
const given = new Set<string>();

/** A port that is free for TCP and UDP on the address at this moment, and that was not given before. */
export async function freePort(address: string): Promise<number> {
  const tcp = createServer();
  await new Promise<void>((resolve, reject) => {
    tcp.once("error", reject);
    tcp.listen(0, address, resolve);
  });
  const bound = tcp.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const udp = createSocket("udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      udp.once("error", reject);
      udp.bind(port, address, resolve);
    });
  } finally {
    udp.close();
    await new Promise((resolve) => tcp.close(resolve));
  }
  const name = `${address} ${port}`;
  if (given.has(name)) return freePort(address);
  given.add(name);
  return port;
}

function configOf(
  folder: string,
  dns: DnsEndpoint,
  apiPort: number,
  key: string,
  settings: Readonly<Record<string, string>>,
): string {
  return [
    "launch=gsqlite3",
    `gsqlite3-database=${folder}/pdns.sqlite3`,
    `local-address=${dns.address}`,
    `local-port=${dns.port}`,
    `socket-dir=${folder}`,
    "guardian=no",
    "daemon=no",
    "disable-syslog=yes",
    "write-pid=no",
    "enable-lua-records=shared",
    "lua-health-checks-interval=1",
    "api=yes",
    `api-key=${key}`,
    "webserver=yes",
    `webserver-address=${dns.address}`,
    `webserver-port=${apiPort}`,
    "webserver-allow-from=127.0.0.0/8",
    "loglevel=6",
    "security-poll-suffix=",
    // A later line takes the place of an earlier one.
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    "",
  ].join("\n");
}

/** Starts a server that holds `zones` (names with the closing dot), all Native and empty; `settings` go into pdns.conf. */
export async function startPdnsServer(
  zones: readonly string[] = [],
  id = "ns1",
  settings: Readonly<Record<string, string>> = {},
  wrap: Wrap = {},
): Promise<PdnsServer> {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-pdns-"));
  const address = randomLoopback();
  const dns = { address, port: await freePort(address) };
  const apiPort = await freePort(address);
  const apiKey = `key-${Math.random().toString(36).slice(2)}`;
  const apiUrl = `http://${address}:${apiPort}`;
  const readKey = (): Promise<string> => Promise.resolve(apiKey);
  const options: PowerDnsOptions = { id, apiUrl, readKey, timeoutMs: 20_000 };
  execFileSync("sqlite3", [join(folder, "pdns.sqlite3")], { input: readFileSync(schema) });
  writeFileSync(join(folder, "pdns.conf"), configOf(folder, dns, apiPort, apiKey, settings));
  wrap.prepare?.(folder);
  const life = lifeOf(folder, options, wrap.command ?? []);
  await life.start();
  for (const zone of zones) await ensureZone(options, zone, [`ns1.${zone}`]);
  return { folder, dns, apiUrl, apiKey, options, ...life };
}

function lifeOf(
  folder: string,
  options: PowerDnsOptions,
  wrap: readonly string[],
): Pick<PdnsServer, "log" | "kill" | "start" | "stop"> {
  let child: ChildProcess | undefined;
  let log = "";
  const clean = (): void => {
    child?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", clean);
  const kill = async (): Promise<void> => {
    const dying = child;
    child = undefined;
    if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return;
    const ended = new Promise((resolve) => dying.once("exit", resolve));
    dying.kill("SIGKILL");
    await ended;
  };
  const start = async (): Promise<void> => {
    const [command = "", ...args] = [...wrap, "pdns_server", `--config-dir=${folder}`];
    const started = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on("data", (data: Buffer) => {
        log += data.toString();
      });
    }
    await untilReady(options, started, () => log);
  };
  const stop = async (): Promise<void> => {
    await kill();
    process.removeListener("exit", clean);
    clean();
  };
  return { log: () => log, kill, start, stop };
}

async function untilReady(
  options: PowerDnsOptions,
  child: ChildProcess,
  log: () => string,
): Promise<void> {
  const limitAtMs = Date.now() + startLimitMs;
  let failed: Error | undefined;
  child.once("error", (error) => {
    failed = error;
  });
  for (;;) {
    if (failed !== undefined) throw failed;
    if (child.exitCode !== null) throw new Error(`pdns_server ended: ${log()}`);
    try {
      await serverVersion(options);
      return;
    } catch (thrown) {
      // Not listening yet is the ordinary case here; it ends with the limit.
      if (Date.now() > limitAtMs) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
