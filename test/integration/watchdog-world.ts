/** A real watchdog with a fence that can be counted, and processes that stand for agents. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseWatchdogAnswer } from "../../src/core/failover/watchdog-lines.ts";
import { required } from "../../src/core/kernel/assert.ts";
import { programFile } from "../../src/daemon/program-file.ts";
import type { WatchdogConfig } from "../../src/daemon/watchdog/config.ts";
import { startWatchdog } from "../../src/daemon/watchdog/start.ts";

const program = programFile("watchdog");
const agentPath = fileURLToPath(new URL("fixtures/watchdog-agent.mjs", import.meta.url));
const limitMs = 30_000;

/** Resolves when it holds; fails with `what` after a generous limit. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + limitMs; performance.now() < endMs; await sleep(10)) {
    if (await holds()) return;
  }
  throw new Error(`it did not come: ${what}`);
}

export type StandInAgent = {
  readonly pid: number;
  readonly said: readonly {
    readonly word: string;
    readonly tenure?: { instance: string } | null;
  }[];
  tell(word: string): void;
  signal(signal: NodeJS.Signals): void;
  heard(word: string, times?: number): Promise<void>;
};

type Report = { readonly dueAtMs: number; readonly begunAtMs: number; readonly fencedAtMs: number };

export class WatchdogWorld {
  readonly folder: string;
  readonly config: WatchdogConfig;
  readonly #children = new Set<ChildProcess>();
  readonly #pids = new Set<number>();

  private constructor(folder: string) {
    this.folder = folder;
    const sh = (script: string): readonly string[] => ["/bin/sh", "-c", script, "fence", folder];
    this.config = {
      folder: join(folder, "watchdog"),
      fence: {
        steps: [
          {
            argv: sh('echo x >> "$1/tries"; test -e "$1/refuse" || touch "$1/fenced"'),
            limitMs: 9_000,
          },
        ],
        confirm: { argv: sh('test -e "$1/fenced"'), exitCodes: [0], limitMs: 9_000 },
      },
      retryMs: 50,
      tickMs: 50,
      gapNoticeMs: 8_000,
      longestTenureMs: 30_000,
      uptimeFile: join(folder, "uptime"),
    };
  }

  static async make(): Promise<WatchdogWorld> {
    return new WatchdogWorld(await mkdtemp(join(tmpdir(), "sovereign-watchdog-")));
  }

  /** Starts it, waits for its first fence, and lets the service take writes again. */
  async start(): Promise<number> {
    const { started } = await startWatchdog(this.config, { program, limitMs });
    const pid = required(started, "it was not running");
    this.#pids.add(pid);
    await until("its first fence", () => this.isFenced());
    await this.report();
    await this.write();
    return pid;
  }

  /** Finds or starts it, and tells its process when it was started. */
  async startAgain(): Promise<number | null> {
    const { started } = await startWatchdog(this.config, { program, limitMs });
    if (started !== null) this.#pids.add(started);
    return started;
  }

  adopt(pid: number): void {
    this.#pids.add(pid);
  }

  get socket(): string {
    return join(this.config.folder, "watchdog.sock");
  }

  isFenced(): boolean {
    return existsSync(join(this.folder, "fenced"));
  }

  /** The service takes writes from now on. */
  write(): Promise<void> {
    return rm(join(this.folder, "fenced"), { force: true });
  }

  async tries(): Promise<number> {
    const text = await readFile(join(this.folder, "tries"), "utf8").catch(() => "");
    return text.length / 2;
  }

  /** Whether fencing works from now on. */
  async refuse(isRefused: boolean): Promise<void> {
    if (isRefused) await writeFile(join(this.folder, "refuse"), "");
    else await rm(join(this.folder, "refuse"));
  }

  agent(begin: "new" | "resume", aheadMs = 3_000, epoch = 1): StandInAgent {
    const args = [agentPath, this.socket, String(epoch), String(aheadMs), begin];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#children.add(child);
    const said: StandInAgent["said"][number][] = [];
    let rest = "";
    child.stdout.on("data", (part: Buffer) => {
      const lines = (rest + part.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) said.push(JSON.parse(line));
    });
    const heard = (word: string, times: number): boolean =>
      said.filter((what) => what.word === word).length >= times;
    return {
      pid: required(child.pid, "it was started"),
      said,
      tell: (word) => void child.stdin.write(`${word}\n`),
      signal: (signal) => void child.kill(signal),
      heard: (word, times = 1) => until(`the agent says ${word}`, () => heard(word, times)),
    };
  }

  /** What the watchdog answers to anybody. */
  async ask(): Promise<{ readonly instance: string | null; readonly fence: Report | null }> {
    const answer = parseWatchdogAnswer((await this.say('{"seq":1,"do":"read"}\n')).trim());
    if (answer === undefined || !("ok" in answer) || !answer.ok) throw new Error("no answer");
    const { fence } = answer;
    const isDone = fence !== null && fence.fencedAtMs !== null;
    return {
      instance: answer.tenure?.instance ?? null,
      fence: isDone ? { ...fence, fencedAtMs: fence.fencedAtMs ?? 0 } : null,
    };
  }

  /** The report of a fence that was confirmed, once there is one. */
  async report(): Promise<Report> {
    let report: Report | null = null;
    await until("a confirmed fence", async () => {
      report = (await this.ask()).fence;
      return report !== null;
    });
    return required<Report>(report, "it was just found");
  }

  /** The first thing that is answered to these words; empty when the connection is ended instead. */
  say(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.socket, () => socket.write(text));
      socket.setTimeout(limitMs, () => reject(new Error("neither an answer nor an end")));
      socket.once("data", (part) => {
        resolve(part.toString());
        socket.destroy();
      });
      socket.once("close", () => resolve(""));
      socket.once("error", (error) =>
        "code" in error && error.code === "EPIPE" ? resolve("") : reject(error),
      );
    });
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    for (const pid of this.#pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
