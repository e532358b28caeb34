/** A whole sandbox for the tests of one file, driven by the command line that a user types, on addresses that nobody else uses. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sandboxRequest } from "../../src/sandbox/connection.ts";
import { type SandboxLayout, sandboxLayout } from "../../src/sandbox/layout.ts";
import { removePostgresPlace } from "../../src/sandbox/postgres-place.ts";
import type { SandboxStatus } from "../../src/sandbox/protocol.ts";
import { freeBase } from "./sandbox-world.ts";

const program = new URL("../../bin/sovereign.mjs", import.meta.url).pathname;

/** How one run of the command line ended. */
export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

export type SandboxProgram = {
  readonly state: string;
  readonly layout: SandboxLayout;
  /** Starts the command line against this sandbox, or another that `--state` names; a test may kill the child. */
  start(...args: readonly string[]): {
    readonly child: ChildProcess;
    readonly ended: Promise<Ended>;
  };
  /** The same to its end. */
  sovereign(...args: readonly string[]): Promise<Ended>;
  status(): Promise<SandboxStatus>;
  /** The fault of each region; JSON has no undefined, so a sound region's is absent. */
  faults(): Promise<readonly (string | undefined)[]>;
  /** The JSON of the report that a drill with `-o json` names. */
  reportOf(ended: Ended): Promise<unknown>;
  /** Ends it with all that was started here, and removes its folder. */
  stop(): Promise<void>;
};

/** Starts it in the fast profile; `open` lets other users into the state folder, as PostgreSQL's needs when this is root. */
export async function startSandboxProgram({
  open,
}: {
  readonly open: boolean;
}): Promise<SandboxProgram> {
  const state = await mkdtemp(join(tmpdir(), "sovereign-program-"));
  if (open) await chmod(state, 0o755);
  const base = await freeBase(state);
  const layout = sandboxLayout(state, base);
  const running = new Set<ChildProcess>();
  const start: SandboxProgram["start"] = (...args) => {
    const where = args.includes("--state") ? [] : ["--state", state];
    const all = [program, ...args, ...where];
    const child = spawn(process.execPath, all, { stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    const ended = endOf(child).finally(() => running.delete(child));
    return { child, ended };
  };
  const sovereign: SandboxProgram["sovereign"] = (...args) => start(...args).ended;
  const status = (): Promise<SandboxStatus> => sandboxRequest(layout, { command: "status" });
  let supervisor = 0;
  const stop = async (): Promise<void> => {
    for (const child of running) child.kill("SIGKILL");
    const down = await sovereign("down");
    // Its children end with it; this is for the case that `down` itself does not work.
    if (down.code !== 0 && supervisor !== 0) process.kill(supervisor, "SIGTERM");
    // Where it is follows from the folder, as long as that is there.
    await removePostgresPlace(state);
    await rm(state, { recursive: true, force: true });
  };
  const up = await sovereign("up", "--detach", "--fast", "--network", "proxy", "--base", base);
  if (up.code !== 0) {
    await stop();
    throw new Error(`the sandbox did not start: ${up.err}`);
  }
  supervisor = (await status()).pid;
  return {
    ...{ state, layout, start, sovereign, status, stop },
    faults: async () => (await status()).regions.map(({ fault }) => fault),
    async reportOf({ out }) {
      const { id } = JSON.parse(out) as { id: string }; // Printed by our own program.
      return JSON.parse(await readFile(join(layout.reports, id, "report.json"), "utf8"));
    },
  };
}

function endOf(child: ChildProcess): Promise<Ended> {
  let out = "";
  let err = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return new Promise((resolve) => {
    child.once("close", (code) => resolve({ code, out, err }));
  });
}
