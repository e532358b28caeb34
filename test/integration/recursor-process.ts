/** A real pdns_recursor in a folder of its own, which ends with the test's process at the latest. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DnsEndpoint } from "../../src/control/env.ts";

export type RecursorProcess = {
  readonly child: ChildProcess;
  readonly stop: () => Promise<void>;
};

export type RecursorSettings = {
  readonly dns: DnsEndpoint;
  /** Who answers for which zone. */
  readonly zones: Readonly<Record<string, DnsEndpoint>>;
  /** Added to, or in the place of, those here. */
  readonly settings: Readonly<Record<string, string>>;
  /** The text of its configuration in Lua, if it has one. */
  readonly lua?: string;
};

/** Starts it and waits for `ready`; it is stopped when that fails. */
export async function startRecursorProcess(
  { dns, zones, settings, lua }: RecursorSettings,
  ready: () => Promise<unknown>,
): Promise<RecursorProcess> {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-recursor-"));
  const luaFile = join(folder, "config.lua");
  if (lua !== undefined) writeFileSync(luaFile, lua);
  const all = {
    "local-address": dns.address,
    "local-port": String(dns.port),
    "allow-from": "127.0.0.0/8",
    "forward-zones": Object.entries(zones)
      .map(([name, { address, port }]) => `${name}=${address}:${port}`)
      .join(","),
    "dont-query": "0.0.0.0/0, ::/0",
    ...(lua === undefined ? {} : { "lua-config-file": luaFile }),
    "server-down-max-fails": "0",
    "security-poll-suffix": "",
    threads: "1",
    "socket-dir": folder,
    daemon: "no",
    "disable-syslog": "yes",
    "write-pid": "no",
    ...settings,
  };
  const text = Object.entries(all).map(([name, value]) => `${name}=${value}`);
  writeFileSync(join(folder, "recursor.conf"), `${text.join("\n")}\n`);
  const child = spawn("pdns_recursor", [`--config-dir=${folder}`], { stdio: "ignore" });
  const clean = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", clean);
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await ended;
    process.removeListener("exit", clean);
    clean();
  };
  try {
    await ready();
    return { child, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}
