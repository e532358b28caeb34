/** Two real Valkey servers under the adapter, each as a region has it; a test file stops what it starts. */
import { randomBytes } from "node:crypto";
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { systemClock } from "../../src/adapters/clock.ts";
import { runTool } from "../../src/adapters/postgresql/run-tool.ts";
import { send } from "../../src/adapters/postgresql/server-processes.ts";
import type { ValkeyServiceOptions } from "../../src/adapters/valkey/valkey-options.ts";
import { valkeyProcesses } from "../../src/adapters/valkey/valkey-processes.ts";
import { type ValkeyService, valkeyService } from "../../src/adapters/valkey/valkey-service.ts";
import { type CertificatePaths, makeCertificates } from "../../src/sandbox/certificates.ts";
import { requireProgram } from "../../src/sandbox/programs.ts";
import {
  freePort,
  isRoot,
  nobody,
  ownLoopback,
  serverFolder,
} from "../../src/sandbox/servers/server-process.ts";

export const regions = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;

/** Nothing that a client is told here takes longer, however busy this machine is. */
const patientMs = 60_000;

export type ValkeySide = {
  readonly service: ValkeyService;
  readonly dataFolder: string;
  readonly stateFolder: string;
  readonly configFile: string;
  readonly passwordFile: string;
  readonly host: string;
  readonly port: number;
  readonly program: string;
  /** Epoch that the watchdog holds for this side; null is none. */
  tenure: number | null;
  /** Called each time before the adapter is told whether a tenure is live. */
  beforeTenure: () => Promise<void> | void;
  /** One command of a client. */
  ask(...words: readonly string[]): Promise<unknown>;
  /** Adds an id as a client would; `waits` when nothing is answered. */
  write(id: number): Promise<"acknowledged" | "refused" | "waits">;
  ids(): Promise<readonly number[]>;
  pid(): Promise<number | null>;
  /** kill -9, as when the machine dies. */
  die(): Promise<void>;
  /** Starts it without the adapter, as a service manager would. */
  startByHand(): Promise<void>;
  /** Copies that were kept beside the data. */
  kept(): readonly string[];
  /** The next process of the agent. */
  again(change?: Partial<ValkeyServiceOptions>): ValkeyService;
};

export type ValkeyPair = {
  readonly a: ValkeySide;
  readonly b: ValkeySide;
  readonly password: string;
  close(): Promise<void>;
};

type Place = {
  readonly root: string;
  readonly host: string;
  readonly ports: readonly [number, number];
  readonly password: string;
  /** Certificate of both servers; without it they speak without TLS. */
  readonly certificate?: CertificatePaths;
};

export type PairOptions = Partial<ValkeyServiceOptions> & { readonly withTls?: true };

const own = (path: string): void => {
  if (isRoot()) chownSync(path, nobody, nobody);
};

/** When the tests themselves are ended: the servers end with the process that started them. */
function endNow(pidFile: string): void {
  try {
    send(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
  } catch {
    // It does not run.
  }
}

/** Two regions with empty data that was never promoted; nothing runs yet. */
export async function valkeyPair({ withTls, ...change }: PairOptions = {}): Promise<ValkeyPair> {
  const root = serverFolder("valkey", true);
  const host = ownLoopback();
  const ports = [await freePort(host), await freePort(host)] as const;
  const password = randomBytes(16).toString("hex");
  const certificate = withTls === true ? await certificateFor(root, host) : undefined;
  const secure = certificate === undefined ? {} : { certificate };
  const place: Place = { root, host, ports, password, ...secure };
  const [a, b] = [makeSide(place, 0, change), makeSide(place, 1, change)];
  const last = (): void => {
    for (const side of [a, b]) endNow(join(side.stateFolder, "server.pid"));
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once("exit", last);
  return {
    a,
    b,
    password: place.password,
    async close() {
      for (const side of [a, b]) {
        await side.service.close();
        await side.die();
      }
      process.removeListener("exit", last);
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** As above, and `a` is promoted at epoch 1 and `b` follows it. */
export async function runningValkeys(change: PairOptions = {}): Promise<ValkeyPair> {
  const pair = await valkeyPair(change);
  try {
    pair.a.tenure = 1;
    await pair.a.service.promote(1);
    await pair.b.service.follow();
    return pair;
  } catch (thrown) {
    await pair.close();
    throw thrown;
  }
}

function makeSide(place: Place, index: 0 | 1, change: Partial<ValkeyServiceOptions>): ValkeySide {
  const { root, host, ports, password, certificate } = place;
  const [port, peerPort] = index === 0 ? ports : [ports[1], ports[0]];
  const dataFolder = join(root, index === 0 ? "a" : "b");
  const stateFolder = `${dataFolder}.sovereign`;
  const configFile = `${dataFolder}.conf`;
  const passwordFile = join(root, "password");
  mkdirSync(dataFolder, { mode: 0o700 });
  const settings = [
    `bind ${host}`,
    ...portSettings(port, certificate),
    `dir ${dataFolder}`,
    `requirepass ${password}`,
    "appendonly yes",
    "appendfsync always",
    "repl-diskless-sync-delay 0",
    "repl-timeout 5",
    `include ${join(stateFolder, "gate.conf")}`,
    "",
  ];
  writeFileSync(configFile, settings.join("\n"), { mode: 0o600 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const path of [dataFolder, configFile, passwordFile]) own(path);
  const program = requireProgram("valkey-server", process.env);
  const address = (at: number): ValkeyServiceOptions["local"] => ({
    host,
    port: at,
    user: "default",
    readPassword: () => Promise.resolve(password),
    tls: certificate === undefined ? "off" : { ca: certificate.ca },
  });
  const options: ValkeyServiceOptions = {
    name: "sessions",
    region: regions[index],
    peerRegion: regions[index === 0 ? 1 : 0],
    dataFolder,
    configFile,
    program,
    local: address(port),
    peer: address(peerPort),
    holdsTenure: async (epoch) => {
      await side.beforeTenure();
      return side.tenure === epoch;
    },
    hasTenure: async () => side.tenure !== null,
    clock: systemClock,
    ...change,
    // Generous: this machine may be busy. No agent looks after the standby here, so it never lets go.
    limits: { fenceMs: 8_000, askMs: 20_000, letGoMostMs: 500, ...change.limits },
  };
  const side: ValkeySide = {
    service: valkeyService(options),
    dataFolder,
    stateFolder,
    configFile,
    passwordFile,
    host,
    port,
    program,
    tenure: null,
    beforeTenure: () => undefined,
    ...clientOf(address(port), password),
    ...processOf(dataFolder),
    async startByHand() {
      const pidFile = ["--pidfile", join(stateFolder, "server.pid")];
      const argv = [program, configFile, "--daemonize", "yes", ...pidFile];
      const runAs = isRoot() ? { uid: nobody, gid: nobody } : undefined;
      await runTool({ argv, cwd: root, limitMs: 60_000, runAs, isStarter: true });
    },
    kept: () => readdirSync(join(stateFolder, "kept")),
    again: (more = {}) => valkeyService({ ...options, ...more }),
  };
  return side;
}

/** Of both servers; the user without rights may read it. */
async function certificateFor(root: string, host: string): Promise<CertificatePaths> {
  const folder = join(root, "keys");
  const certificates = await makeCertificates(folder, [{ name: "valkey", addresses: [host] }]);
  const paths = certificates.of("valkey");
  for (const name of ["", ...readdirSync(folder, { recursive: true }).map(String)]) {
    own(join(folder, name));
  }
  return paths;
}

function portSettings(port: number, tls: CertificatePaths | undefined): readonly string[] {
  if (tls === undefined) return [`port ${port}`];
  const files = [`tls-cert-file ${tls.certificate}`, `tls-key-file ${tls.key}`];
  return [
    ...["port 0", `tls-port ${port}`, "tls-auth-clients no"],
    ...[...files, `tls-ca-cert-file ${tls.ca}`],
  ];
}

function clientOf(
  { host, port, tls }: ValkeyServiceOptions["local"],
  password: string,
): Pick<ValkeySide, "ask" | "write" | "ids"> {
  const ask = async (...words: readonly string[]): Promise<unknown> => {
    const at = { host, port, reconnectStrategy: false, connectTimeout: 20_000 } as const;
    const ca = tls === "off" || tls.ca === undefined ? undefined : readFileSync(tls.ca, "utf8");
    const socket = ca === undefined ? at : ({ ...at, tls: true, ca } as const);
    const client = createClient({ RESP: 2, password, socket });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await client.sendCommand(words);
    } finally {
      client.destroy();
    }
  };
  return {
    ask,
    write(id) {
      const over = new AbortController();
      return Promise.race([
        ask("SADD", "entries", String(id)).then(
          () => "acknowledged" as const,
          () => "refused" as const,
        ),
        systemClock.sleep(patientMs, over.signal).then(() => "waits" as const),
      ]).finally(() => over.abort());
    },
    async ids() {
      const all = await ask("SMEMBERS", "entries");
      return (Array.isArray(all) ? all : []).map(Number).sort((x, y) => x - y);
    },
  };
}

function processOf(dataFolder: string): Pick<ValkeySide, "pid" | "die"> {
  return {
    pid: async () => (await valkeyProcesses(dataFolder))[0]?.pid ?? null,
    async die() {
      for (;;) {
        const left = await valkeyProcesses(dataFolder);
        if (left.length === 0) return;
        for (const { pid } of left) send(pid, "SIGKILL");
        await systemClock.sleep(20);
      }
    },
  };
}
