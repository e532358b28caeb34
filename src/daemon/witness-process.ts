/** Whether workerd answers, and how much memory it may take on top of what it begins with. */
import { type ChildProcess, execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Failure } from "../core/kernel/failure.ts";
import type { WitnessConfig } from "./witness-config.ts";

const readyLimitMs = 30_000;
const askLimitMs = 3_000;
const askEveryMs = 10;

/**
 * What workerd may take beyond its beginning. Measured: 550 MB of private memory, mostly reserved, at rest; 160 MB more after
 * saturation. A limit on the address space can not be used: V8 reserves 10 GB of it, and does not start with less.
 */
const growthBytes = 512 * 1024 * 1024;

/** The URL, once `/healthz` has read the store and says our word; a failure when that takes too long. */
export async function untilHealthy(
  child: ChildProcess,
  { listen, tls }: WitnessConfig,
  health: string,
): Promise<string | Failure> {
  const deadline = performance.now() + readyLimitMs;
  const port = listen.port === 0 ? await portOf(child) : listen.port;
  const host = listen.address.includes(":") ? `[${listen.address}]` : listen.address;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    if (await isHealthy({ address: listen.address, port, isTls: tls !== undefined }, health)) {
      return `${tls === undefined ? "http" : "https"}://${host}:${port}`;
    }
    await pause(askEveryMs);
  }
  return new Failure("TimedOut", "the witness did not become ready", { where: `${host}:${port}` });
}

/** The port that workerd took, as it says on its control channel; never resolves when it ends before. */
function portOf(child: ChildProcess): Promise<number> {
  const control = child.stdio[3];
  return new Promise((resolve) => {
    let text = "";
    control?.on("data", (part: Buffer) => {
      text += part.toString("utf8");
      const port = /"event":"listen","socket":"http","port":([0-9]+)/.exec(text)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

function isHealthy(
  at: { readonly address: string; readonly port: number; readonly isTls: boolean },
  health: string,
): Promise<boolean> {
  const host = at.address === "0.0.0.0" ? "127.0.0.1" : at.address === "::" ? "::1" : at.address;
  // The word, which nobody else knows, tells that it is ours; its certificate is for others to judge.
  const trust = at.isTls ? { rejectUnauthorized: false } : {};
  const options = {
    host,
    port: at.port,
    path: "/healthz",
    agent: false,
    timeout: askLimitMs,
    ...trust,
  };
  return new Promise((resolve) => {
    const asked = (at.isTls ? httpsRequest : httpRequest)(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.once("end", () => resolve(response.statusCode === 200 && text.includes(health)));
      response.once("error", () => resolve(false));
    });
    asked.once("error", () => resolve(false));
    asked.once("timeout", () => asked.destroy());
    asked.end();
  });
}

/** Limits what the process may take from now on; it aborts beyond, and whoever watches it starts it again. */
export async function limitMemory(pid: number): Promise<void> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = Number(/^VmData:\s+([0-9]+) kB$/m.exec(status)?.[1]);
  if (!Number.isFinite(kilobytes)) return;
  const limit = kilobytes * 1024 + growthBytes;
  await promisify(execFile)("prlimit", ["--pid", String(pid), `--data=${limit}`]);
}
