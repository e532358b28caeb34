/** A real dnsdist for a test: its configuration as text, its own temporary folder, nothing left behind. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DnsEndpoint } from "../../src/control/env.ts";
import { askOne } from "./dns-client-query.ts";

export type Dnsdist = {
  /** File with its configuration. */
  readonly file: string;
  readonly log: () => string;
  readonly stop: () => Promise<void>;
};

/** Starts it; resolves when it answers `name` at `front`. */
export async function startDnsdist(
  config: string,
  front: DnsEndpoint,
  name: string,
): Promise<Dnsdist> {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-dnsdist-"));
  const file = join(folder, "dnsdist.conf");
  writeFileSync(file, config);
  const args = ["--supervised", "--disable-syslog", "-C", file];
  const child: ChildProcess = spawn("dnsdist", args, { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  let failed: Error | undefined;
  child.once("error", (error) => {
    failed = error;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data: Buffer) => {
      log += data.toString();
    });
  }
  const clean = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", clean);
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    if (failed === undefined && child.exitCode === null && child.signalCode === null) await ended;
    process.removeListener("exit", clean);
    clean();
  };
  try {
    for (let attempt = 1; ; attempt++) {
      if (failed !== undefined) throw failed;
      if (child.exitCode !== null) throw new Error(`dnsdist ended: ${log}`);
      // A question that comes before it has bound its socket, or found its server, is asked again.
      const { rcode } = await askOne(front, { name, type: "A" });
      if (rcode === "NOERROR") return { file, log: () => log, stop };
      if (attempt === 100) throw new Error(`dnsdist answers ${rcode}: ${log}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}
