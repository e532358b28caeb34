/** A sandbox of a test's own, through the compiled CLI: its state folder, its addresses, and what it must not leave behind. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { udpDnsClient } from "../../src/adapters/dns-client.ts";
import { programFile } from "../../src/daemon/program-file.ts";
import { checkAddresses } from "../../src/sandbox/addresses.ts";
import { liveClaim } from "../../src/sandbox/claim.ts";
import { type SandboxLayout, sandboxLayout } from "../../src/sandbox/layout.ts";
import { postgresPlace, removePostgresPlace } from "../../src/sandbox/postgres-place.ts";

export const cli = programFile("sovereign");

/** A generous limit for what the machine does when it gets to it. */
export const soon = { timeout: 120_000, interval: 200 };

export type SandboxWorld = {
  readonly state: string;
  readonly base: string;
  readonly layout: SandboxLayout;
  /** Runs the CLI to its end. */
  sovereign(...args: string[]): {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  };
  up(...args: string[]): ReturnType<SandboxWorld["sovereign"]>;
  /** To the process that owns all others, and to none of those. */
  signalSupervisor(signal: "SIGKILL" | "SIGSTOP"): Promise<void>;
  /** What the recursor answers for an Application now: sorted addresses. */
  answers(application: string): Promise<string>;
  /** Processes that work in the state folder or name it, with their command lines: all that a sandbox may leave behind. */
  processes(): readonly string[];
  /** Ends it, whatever state it is in, and removes everything. */
  remove(): Promise<void>;
};

const dns = udpDnsClient({ timeoutMs: 10_000 });

/** `open`: whether other users may enter the state folder; when we are root, PostgreSQL lies in it only then. */
export async function sandboxWorld({ open }: { readonly open: boolean }): Promise<SandboxWorld> {
  const state = await mkdtemp(join(tmpdir(), "sovereign-sandbox-"));
  await chmod(state, open ? 0o755 : 0o700);
  const base = await freeBase(state);
  const layout = sandboxLayout(state, base);
  const sovereign: SandboxWorld["sovereign"] = (...args) => {
    const all = [cli, ...args, "--state", state];
    const options = { encoding: "utf8", timeout: 330_000 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, all, options);
    return { status, stdout, stderr };
  };
  const processes = (): readonly string[] => processesIn([state, postgresPlace(state)]);
  return {
    ...{ state, base, layout, sovereign, processes },
    up: (...args) =>
      sovereign("up", "--detach", "--fast", "--network", "proxy", "--base", base, ...args),
    signalSupervisor: async (signal) => {
      const claim = await liveClaim(state);
      if (claim === undefined) throw new Error("the sandbox does not run");
      process.kill(claim.pid, signal);
    },
    answers: async (application) => {
      const name = `${application}.acme-prod.${layout.domain}.`;
      const answer = await dns.query(layout.recursor, name, "A").catch(() => undefined);
      const addresses = (answer?.records ?? []).map((record) => record.data);
      return addresses.sort().join(" ");
    },
    remove: async () => {
      const claim = await liveClaim(state);
      if (claim !== undefined) process.kill(claim.pid, "SIGKILL");
      for (let looks = 0; looks < 600 && processes().length > 0; looks++) await pause(100);
      const left = processes();
      for (const line of left) process.kill(Number(line.split(" ")[0]), "SIGKILL");
      await removePostgresPlace(state);
      await rm(state, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`the sandbox left processes:\n${left.join("\n")}`);
    },
  };
}

function processesIn(folders: readonly string[]): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        const cwd = readlinkSync(`/proc/${pid}/cwd`);
        const isOurs = folders.some((folder) => line.includes(folder) || cwd.startsWith(folder));
        return isOurs ? [`${pid} ${line.replaceAll("\0", " ")}`] : [];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
}

/** Addresses that nobody uses: another sandbox may run on this machine. Test files that run at a time never try the same ones. */
export async function freeBase(state: string): Promise<string> {
  const first = 20 + (Number(process.env["VITEST_POOL_ID"] ?? 0) % 4) * 20;
  for (let attempt = 0; ; attempt++) {
    const candidate = `127.${first + Math.floor(Math.random() * 20)}`;
    try {
      await checkAddresses(sandboxLayout(state, candidate));
      return candidate;
    } catch (thrown) {
      if (attempt === 20) throw thrown;
    }
  }
}
