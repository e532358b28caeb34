/** A real PowerDNS server for one measurement: a folder and free ports of its own, and nothing left behind. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PowerDnsOptions } from "../../adapters/powerdns/rest.ts";
import { ensureZone, serverVersion } from "../../adapters/powerdns/zones.ts";
import type { DnsEndpoint } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { lines } from "../../sandbox/powerdns-config.ts";
import { requirePrograms } from "../../sandbox/programs.ts";
import { programOutput } from "../../sandbox/run-program.ts";

export type PdnsProcess = {
  readonly endpoint: DnsEndpoint;
  readonly options: PowerDnsOptions;
  readonly version: string;
  /** Processor time that it has used so far, in ms, all threads together. */
  readonly cpuMs: () => number;
  readonly stop: () => Promise<void>;
};

const address = "127.0.0.1";
const startLimitMs = 60_000;

/** Starts the server with one empty zone; its probes run every second. Fails with ProgramMissing or ProcessFailed. */
export async function startPdns(zone: string): Promise<PdnsProcess> {
  const path = requirePrograms("up", process.env);
  const folder = mkdtempSync(join(tmpdir(), "sovereign-bench-"));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", clean);
  await programOutput(path("sqlite3"), [join(folder, "pdns.sqlite3")], {
    input: readFileSync(path("pdns sqlite3 schema"), "utf8"),
  });
  const [dnsPort, apiPort] = await Promise.all([freePort(), freePort()]);
  const key = `bench-${process.pid}`;
  writeFileSync(join(folder, "pdns.conf"), settings(dnsPort, apiPort, key), { mode: 0o600 });
  const options: PowerDnsOptions = {
    id: "the measured server",
    apiUrl: `http://${address}:${apiPort}`,
    readKey: () => Promise.resolve(key),
    timeoutMs: 60_000,
  };
  const child = spawn(path("pdns_server"), ["--config-dir=."], { cwd: folder, stdio: "ignore" });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const version = await untilReady(options, child);
  await ensureZone(options, zone, [`ns1.${zone}`]);
  return {
    endpoint: { address, port: dnsPort },
    options,
    version,
    cpuMs: () => cpuMsOf(child.pid ?? 0),
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      if (child.exitCode === null && child.signalCode === null) {
        kill();
        await ended;
      }
      process.removeListener("exit", kill);
      process.removeListener("exit", clean);
      clean();
    },
  };
}

function settings(dnsPort: number, apiPort: number, key: string): string {
  return lines({
    launch: "gsqlite3",
    "gsqlite3-database": "./pdns.sqlite3",
    "local-address": address,
    "local-port": String(dnsPort),
    "socket-dir": ".",
    guardian: "no",
    daemon: "no",
    "disable-syslog": "yes",
    "write-pid": "no",
    "enable-lua-records": "shared",
    "lua-health-checks-interval": "1",
    api: "yes",
    "api-key": key,
    webserver: "yes",
    "webserver-address": address,
    "webserver-port": String(apiPort),
    "webserver-allow-from": "127.0.0.0/8",
    "webserver-loglevel": "none",
    loglevel: "3",
    "security-poll-suffix": "",
  });
}

async function untilReady(options: PowerDnsOptions, child: ChildProcess): Promise<string> {
  let failed: Error | undefined;
  child.once("error", (error) => {
    failed = error;
  });
  for (let waitedMs = 0; waitedMs < startLimitMs; waitedMs += 50) {
    if (failed !== undefined || child.exitCode !== null) break;
    try {
      return await serverVersion(options);
    } catch {
      // Not listening yet is the ordinary case here; it ends with the limit.
      await sleep(50);
    }
  }
  throw new Failure("ProcessFailed", "pdns_server did not start", { cause: failed });
}

function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, address, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** `utime` and `stime` of proc(5), in ticks of 10 ms. */
function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
