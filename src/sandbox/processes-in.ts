/**
 * PostgreSQL's processes of a folder: each server process has a session of its own, so no signal to a group reaches them, and a frozen
 * one does not notice that its parent has died. Only what runs PostgreSQL's programs counts: a user's shell may stand in the folder.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export type ServerFolder = {
  /** Folder in which they work, or which they name. */
  readonly folder: string;
  /** Folder of PostgreSQL's programs. */
  readonly programs: string;
};

/** Their pids. */
export function processesIn(where: ServerFolder): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name) && isIn(name, where))
    .map(Number);
}

function isIn(pid: string, { folder, programs }: ServerFolder): boolean {
  try {
    if (!readlinkSync(`/proc/${pid}/exe`).startsWith(`${programs}/`)) return false;
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    if (cwd === folder || cwd.startsWith(`${folder}/`)) return true;
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return words.some((word) => word === folder || word.startsWith(`${folder}/`));
  } catch {
    return false; // It has ended, or it is another user's.
  }
}

const roundsMax = 100;

/** Sends a signal to all of them, and looks again until no other has come meanwhile. */
export async function signalIn(
  where: ServerFolder,
  signal: "SIGKILL" | "SIGSTOP" | "SIGCONT",
): Promise<void> {
  const reached = new Set<number>();
  for (let round = 0; round < roundsMax; round++) {
    const others = processesIn(where).filter((pid) => signal === "SIGKILL" || !reached.has(pid));
    if (others.length === 0) return;
    for (const pid of others) {
      reached.add(pid);
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended meanwhile.
      }
    }
    await pause(10);
  }
}

/** In the environment of every process of a sandbox and of what those start, such as git: the state folder. */
export const sandboxVariable = "_SOVEREIGN_SANDBOX_CHILD_OF";

/**
 * Waits for the end of whoever holds the other end of its input, then kills what is there: arguments are folder and programs, Node and the
 * folder of the agents, whose watchdogs live on when an agent had to start one anew, and the variable that marks all others. A helper
 * that was frozen with its parent hears of nothing else. PostgreSQL and the watchdogs wipe their environment and are told by their place;
 * whose program it is, the shell tells without starting another one, so it is quick among many processes.
 */
const sweeping = `read -r nothing
for round in 1 2 3 4 5 6 7 8 9 10; do
  left=no
  for at in /proc/[0-9]*; do
    ours=no
    for program in postgres pg_rewind pg_basebackup pg_ctl; do
      [ "$at/exe" -ef "$2/$program" ] && ours=yes
    done
    if [ $ours = yes ]; then
      case "$(readlink "$at/cwd" 2>&-)/" in
        "$1"/*) ;;
        *) grep -qaF "$1/" "$at/cmdline" 2>&- || continue ;;
      esac
    else
      [ "$at/exe" -ef "$3" ] && grep -qaF "$4/" "$at/cmdline" 2>&- || continue
    fi
    kill -9 "\${at#/proc/}" 2>&- && left=yes
  done
  for marked in $(grep -lzxF "$5" /proc/[0-9]*/environ 2>&-); do
    pid="\${marked#/proc/}"
    kill -9 "\${pid%/environ}" 2>&- && left=yes
  done
  [ $left = no ] && exit 0
  sleep 0.05
done`;

const sweeperName = "sovereign-sweeper";

/**
 * Starts what kills the processes of the sandbox in this state folder when this process ends, in whatever way, also those that are frozen
 * then. It is not tied to us, as all other children are: it is what comes after us.
 */
export function sweepAfterUs({ folder, programs }: ServerFolder, state: string): ChildProcess {
  const mark = `${sandboxVariable}=${state}`;
  const facts = [folder, programs, process.execPath, join(state, "agents"), mark];
  const child = spawn("/bin/sh", ["-c", sweeping, sweeperName, ...facts], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: "/usr/bin:/bin" },
  });
  child.stdin.on("error", () => undefined); // It has ended, and there is nothing to say to it.
  return child;
}

const sweepLimitMs = 10_000;

/** Has it done now, and waits until it has. */
export async function sweepNow(sweeper: ChildProcess): Promise<void> {
  if (sweeper.exitCode !== null || sweeper.signalCode !== null) return;
  const ended = new Promise((resolve) => sweeper.once("exit", resolve));
  sweeper.stdin?.end();
  await Promise.race([ended, pause(sweepLimitMs)]);
}

/** Waits until whoever comes after the sandbox of this folder has done its work. */
export async function untilSwept(folder: string): Promise<void> {
  const endMs = performance.now() + sweepLimitMs;
  const isSweeper = (pid: string): boolean => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return words.includes(sweeperName) && words.includes(folder);
    } catch {
      return false; // It has ended, or it is another user's.
    }
  };
  while (readdirSync("/proc").some((name) => /^[0-9]+$/.test(name) && isSweeper(name))) {
    if (performance.now() > endMs) return;
    await pause(50);
  }
}
