/**
 * Owns a region's PostgreSQL in the place of an init system: the server runs in the foreground as its child, behind the gate
 * (`standby.signal` is put there before every start), and is started and stopped by orders on a unix socket. It is started again when
 * it ends by itself, and dies with this process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Socket, data folder, uid and gid or `-`, setpriv, then the program with its arguments. */
const [socketPath = "", data = "", user = "-", setpriv = "", program = "", ...args] =
  process.argv.slice(2);

const startLimitMs = 60_000;
const orderlyMs = 10_000;
const immediateMs = 3_000;
const again = { firstMs: 500, ceilingMs: 10_000 };

/** Exits at once when we died before the kernel was told to tie it to us. */
const tied = '[ "$PPID" = "$0" ] || exit 1; exec "$@"';

let server: ChildProcess | undefined;
let ended: Promise<void> = Promise.resolve();
let isWanted = true;
let failures = 0;
let timer: NodeJS.Timeout | undefined;

/** Puts the gate up and runs it. */
function launch(): void {
  clearTimeout(timer);
  const gate = join(data, "standby.signal");
  try {
    writeFileSync(gate, "", { mode: 0o600 });
    if (user !== "-") chownSync(gate, Number(user), Number(user));
  } catch (thrown) {
    console.error(`the gate can not be put up: ${String(thrown)}`);
    onEnd();
    return;
  }
  const rights = user === "-" ? [] : [`--reuid=${user}`, `--regid=${user}`, "--clear-groups"];
  const tie = ["--pdeathsig", "KILL", "--", "/bin/sh", "-c", tied, String(process.pid)];
  const child = spawn(setpriv, [...rights, ...tie, program, "-D", data, ...args], {
    cwd: data,
    stdio: ["ignore", "inherit", "inherit"],
    env: { PATH: process.env["PATH"], LC_ALL: "C" },
  });
  server = child;
  ended = new Promise((resolve) => {
    const done = (): void => {
      if (server === child) server = undefined;
      resolve();
      onEnd();
    };
    child.once("exit", done);
    child.once("error", done);
  });
}

function onEnd(): void {
  if (!isWanted) return;
  failures += 1;
  const waitMs = Math.min(again.ceilingMs, again.firstMs * 2 ** Math.min(failures - 1, 6));
  console.error(`the server is down; it is started again in ${waitMs} ms`);
  timer = setTimeout(launch, waitMs);
}

/** The eighth line of the server's own file says how far it is; the first is its pid. */
function takesConnections(): boolean {
  try {
    const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
    return (
      server?.pid !== undefined && lines[0] === String(server.pid) && lines[7]?.trim() === "ready"
    );
  } catch {
    return false; // It has not written it yet.
  }
}

async function start(): Promise<string> {
  isWanted = true;
  if (server === undefined) launch();
  const untilMs = performance.now() + startLimitMs;
  while (performance.now() < untilMs) {
    if (!isWanted) return "it was told to stop meanwhile";
    if (takesConnections()) {
      failures = 0;
      return "done";
    }
    await pause(20);
  }
  return "the server does not take connections";
}

/** In order, then at once, then by force. */
async function stop(): Promise<string> {
  isWanted = false;
  clearTimeout(timer);
  const steps = [
    ["SIGINT", orderlyMs],
    ["SIGQUIT", immediateMs],
    ["SIGKILL", immediateMs],
  ] as const;
  for (const [signal, waitMs] of steps) {
    if (server === undefined) return "done";
    server.kill(signal);
    await Promise.race([ended, pause(waitMs)]);
  }
  return server === undefined ? "done" : "the server does not end";
}

async function serve(socket: Socket, order: string): Promise<void> {
  const answer =
    order === "start"
      ? await start()
      : order === "stop"
        ? await stop()
        : order === "ready"
          ? takesConnections()
            ? "done"
            : "not yet"
          : "no such order";
  socket.end(`${answer}\n`);
}

rmSync(socketPath, { force: true });
createServer((socket) => {
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy());
  socket.setTimeout(120_000, () => socket.destroy());
  // One short line; whoever sends anything else is told that there is no such order.
  socket.once("data", (text: string) => void serve(socket, text.trim())); // It never rejects.
}).listen(socketPath, () => chmodSync(socketPath, 0o600));

let isEnding = false;
process.on("SIGTERM", () => {
  if (isEnding) return;
  isEnding = true;
  void stop().then(() => process.exit(0)); // It never rejects.
});
launch();
