/** The witnesses that are measured beside each other; a further one is a further row of this table. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../adapters/clock.ts";
import { httpWitness } from "../../adapters/witness/http-witness.ts";
import type { Witness } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { programFile } from "../../daemon/program-file.ts";
import type { WitnessConfig } from "../../daemon/witness-config.ts";
import { type HostKind, startHost } from "../../daemon/witness-serve.ts";
import { startEtcd } from "../../sandbox/servers/etcd-process.ts";
import { startPostgres } from "../../sandbox/servers/postgres-process.ts";
import { etcdWitnesses, postgresWitnesses } from "../../sandbox/servers/store-witnesses.ts";

export type WitnessBackend = {
  /** A connection of its own, as another process would have; acts for `benchHolder`. */
  connect(): Witness;
  /** The process whose memory, with that of its children, is the witness's. */
  pid(): number;
  /** Ends it as a power cut would, and starts it again on what it kept. */
  crash(): Promise<void>;
  stop(): Promise<void>;
};

export const benchHolder = "hz-fsn-rtz-prod";
const timeoutMs = 20_000;

/** By name; each starts its server and resolves when it answers. */
export const witnessBackends: Readonly<Record<string, () => Promise<WitnessBackend>>> = {
  workerd: () => ownHost("workerd", (config) => startHost("workerd", config)),
  node: () => ownHost("node", nodeProcess),
  etcd: async () => {
    const [server] = await startEtcd();
    if (server === undefined) throw new Failure("ProcessFailed", "etcd did not start");
    const { connect, close } = etcdWitnesses({ endpoints: [server.endpoint], timeoutMs });
    return {
      connect: () => connect(),
      pid: () => server.pid ?? 0,
      crash: () => server.kill().then(() => server.start()),
      async stop() {
        await close();
        await server.stop();
      },
    };
  },
  postgres: async () => {
    const server = await startPostgres();
    const { connect, close } = postgresWitnesses(server, { timeoutMs });
    return {
      connect: () => connect(),
      pid: () => server.pid ?? 0,
      crash: () => server.kill().then(() => server.start()),
      async stop() {
        await close();
        await server.stop();
      },
    };
  },
};

type Host = {
  readonly url: string;
  readonly pid: number;
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
};

/** One of our own hosts, in a folder of its own. */
async function ownHost(
  kind: HostKind,
  start: (config: WitnessConfig) => Promise<Host>,
): Promise<WitnessBackend> {
  const folder = await mkdtemp(join(tmpdir(), `sovereign-bench-${kind}-`));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const secret = randomBytes(32).toString("base64");
  const credential = { id: "bench", holder: benchHolder, slots: [""], secret };
  const file = join(folder, "credentials.json");
  await writeFile(file, JSON.stringify({ credentials: [credential] }), { mode: 0o600 });
  const config: WitnessConfig = {
    listen: { address: "127.0.0.1", port: 0 },
    data: join(folder, "data"),
    credentials: { file },
    settleMs: 0,
  };
  let host = await start(config).catch(async (thrown: unknown) => {
    await remove();
    throw thrown;
  });
  const { url } = host;
  const closing: (() => void)[] = [];
  return {
    connect() {
      const readCredential = () => Promise.resolve(credential);
      const client = httpWitness({ url, readCredential, timeoutMs, clock: systemClock });
      closing.push(() => client.close());
      return client;
    },
    pid: () => host.pid,
    async crash() {
      process.kill(host.pid, "SIGKILL");
      await host.ended;
      const listen = { address: "127.0.0.1", port: Number(new URL(url).port) };
      host = await start({ ...config, listen });
    },
    async stop() {
      for (const close of closing) close();
      await host.stop();
      await remove();
    },
  };
}

const program = programFile("sovereign");

/** The Node host as a program of its own, so that its memory is not that of the measurement. */
async function nodeProcess({ listen, data, credentials, settleMs }: WitnessConfig): Promise<Host> {
  const file = `${data}.yaml`;
  const yaml = { listen, data, credentials, settleFor: `${settleMs}ms` };
  await writeFile(file, JSON.stringify(yaml));
  const args = [program, "witness", "serve", "--config", file, "--host", "node"];
  const tie = ["--pdeathsig", "KILL", "--", process.execPath, ...args];
  const child = spawn("setpriv", tie, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    const fail = (): void => reject(new Failure("ProcessFailed", `the Node host ended: ${text}`));
    child.once("error", fail).once("exit", fail);
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      const found = /"url":"(http:[^"]+)"/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** Memory of a process and all below it that is theirs, shared pages by their part, in MiB. */
export async function memoryMb(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => ""); // It may just have ended.
  const own = Number(/^Pss:\s+([0-9]+) kB$/m.exec(rollup)?.[1] ?? 0) / 1_024;
  const path = `/proc/${pid}/task/${pid}/children`;
  const children = (await readFile(path, "utf8").catch(() => "")).split(" "); // As above.
  const below = await Promise.all(children.map(Number).filter(Boolean).map(memoryMb));
  return below.reduce((sum, one) => sum + one, own);
}
