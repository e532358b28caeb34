/** Witnesses for tests: real workerd, and the Node host as a process of its own; each in a folder that goes with it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/adapters/clock.ts";
import { type HttpWitness, httpWitness } from "../../src/adapters/witness/http-witness.ts";
import type { WitnessCredential } from "../../src/core/lease/protocol-credentials.ts";
import { programFile } from "../../src/daemon/program-file.ts";
import type { WitnessConfig } from "../../src/daemon/witness-config.ts";
import type { WitnessHost } from "../../src/daemon/witness-host.ts";
import type { HostKind } from "../../src/daemon/witness-serve.ts";
import { startWorkerdHost } from "../../src/daemon/witness-workerd.ts";
import { ownLoopback } from "../../src/sandbox/servers/server-process.ts";

export const hostKinds = ["workerd", "node"] as const satisfies readonly HostKind[];

export const builtCli = programFile("sovereign");

/** A credential with a secret of its own. */
export function credentialOf(
  holder: string | null,
  change: Partial<WitnessCredential> = {},
): WitnessCredential {
  const id = change.id ?? `${holder ?? "reader"}-1`;
  const secret = Buffer.from(id.padEnd(32, ".")).toString("base64");
  return { id, holder, slots: [""], secret, ...change };
}

export type WitnessFolder = {
  readonly config: WitnessConfig;
  readonly credentials: readonly WitnessCredential[];
  remove(): Promise<void>;
};

/** A folder with credentials, and an address of its own; `port` 0 takes any. */
export async function witnessFolder(
  credentials: readonly WitnessCredential[],
  settleMs = 0,
): Promise<WitnessFolder> {
  const folder = await mkdtemp(join(tmpdir(), "sovereign-witness-"));
  const file = join(folder, "credentials.json");
  await writeFile(file, JSON.stringify({ credentials }), { mode: 0o600 });
  const config: WitnessConfig = {
    // Nobody else's, so that the port is free when a host that was killed takes it again.
    listen: { address: ownLoopback(), port: 0 },
    data: join(folder, "data"),
    credentials: { file },
    settleMs,
  };
  return { config, credentials, remove: () => rm(folder, { recursive: true, force: true }) };
}

export type TestHost = WitnessHost & {
  /** Steps the wall clock of the process; workerd asks the kernel, whose clock is everybody's. */
  readonly stepClock?: (byMs: number) => Promise<void>;
};

/** A host of either kind that can be killed. */
export async function startAny(kind: HostKind, config: WitnessConfig): Promise<TestHost> {
  return kind === "workerd" ? startWorkerdHost(config) : startNodeProcess(config);
}

/** `sovereign witness serve --host …` as its own process; resolves when it says that it has started. */
export async function startServe(
  kind: HostKind,
  config: WitnessConfig,
): Promise<{ readonly child: ChildProcess; readonly url: string; readonly pid: number }> {
  const file = join(config.data, "..", "witness.yaml");
  const { listen, data, credentials, settleMs } = config;
  const yaml = { listen, data, credentials, settleFor: `${settleMs}ms` };
  await writeFile(file, JSON.stringify(yaml));
  const args = [builtCli, "witness", "serve", "--config", file, "--host", kind];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let text = "";
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`it ended with ${code}: ${text}`)));
    child.stderr?.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      const line = text.split("\n").find((one) => one.includes("witness started"));
      if (line === undefined || !text.includes("\n")) return;
      const { url, pid } = JSON.parse(line) as { url: string; pid: number };
      resolve({ child, url, pid });
    });
  });
}

const nodeProgram = fileURLToPath(new URL("fixtures/witness-node.mjs", import.meta.url));

async function startNodeProcess(config: WitnessConfig): Promise<TestHost> {
  const child = spawn(process.execPath, [nodeProgram, JSON.stringify(config)], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  // What can not be written says that the process has ended, and that is told elsewhere.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<undefined>((resolve) => child.once("exit", () => resolve(undefined)));
  let said = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the Node host ended with ${code}: ${said}`)));
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      said += part;
    });
    child.stdout.setEncoding("utf8").once("data", (part: string) => resolve(part.trim()));
  });
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    stepClock: (byMs) =>
      new Promise((resolve) => {
        child.stdout.once("data", () => resolve());
        child.stdin.write(`${byMs}\n`);
      }),
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** Ends it as a power cut would, and starts it again where it was. */
export async function killAndRestart(
  kind: HostKind,
  host: WitnessHost,
  { config }: WitnessFolder,
): Promise<TestHost> {
  process.kill(host.pid, "SIGKILL");
  await host.ended;
  const port = Number(new URL(host.url).port);
  return startAny(kind, { ...config, listen: { ...config.listen, port } });
}

/** A client with one credential and connections of its own. */
export function clientOf(
  url: string,
  credential: WitnessCredential,
  timeoutMs = 30_000,
): HttpWitness {
  const readCredential = (): Promise<WitnessCredential> => Promise.resolve(credential);
  return httpWitness({ url, readCredential, timeoutMs, clock: systemClock });
}
