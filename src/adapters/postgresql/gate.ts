/**
 * The gate: a server whose data hold `standby.signal` starts as a standby, whoever starts it. And the mark that says of one running
 * server that it is being promoted (ADR 32).
 */
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/kernel/failure.ts";
import { removeDurable, writeDurable } from "./durable-file.ts";
import type { ServerProcess } from "./server-processes.ts";

/** Only what is surely not there counts as that; a disk or a right that fails is told. */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (thrown: unknown) => {
      const code = thrown instanceof Error && "code" in thrown ? thrown.code : "";
      if (code === "ENOENT" || code === "ENOTDIR") return false;
      throw Failure.from(thrown, path);
    },
  );
}

export const hasData = (dataFolder: string): Promise<boolean> =>
  exists(join(dataFolder, "PG_VERSION"));

const gateOf = (dataFolder: string): string => join(dataFolder, "standby.signal");

/**
 * Durable when it resolves. An older gate is left as it is: it holds the boot and the moment since which it is closed, so that whoever
 * was started later is known to be a standby. PostgreSQL looks only at whether the file is there.
 */
export async function closeGate(dataFolder: string): Promise<void> {
  const gate = gateOf(dataFolder);
  if (await exists(gate)) return;
  await writeDurable(gate, "");
  const { boot, ticks } = await machineTime();
  // Without it the gate is as good; only what a server does that is just being started is then not known.
  await writeDurable(gate, `${boot} ${ticks}\n`).catch(() => undefined);
}

export const isGateClosed = (dataFolder: string): Promise<boolean> => exists(gateOf(dataFolder));

/** Whether the gate was closed before this server was started, and never opened since. */
export async function isBornBehindGate(
  dataFolder: string,
  { startTicks }: ServerProcess,
): Promise<boolean> {
  const text = await readFile(gateOf(dataFolder), "utf8").catch(() => "");
  const [, boot, ticks] = /^([0-9a-f-]{36}) (\d+)\n$/.exec(text) ?? [];
  if (boot === undefined) return false;
  return boot !== (await machineTime()).boot || Number(ticks) < startTicks;
}

/** Clock ticks since the start of the machine, as `/proc/<pid>/stat` counts them (100 a second on every Linux that Node runs on). */
async function machineTime(): Promise<{ readonly boot: string; readonly ticks: number }> {
  const [boot, uptime] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "latin1"),
    readFile("/proc/uptime", "latin1"),
  ]);
  return { boot: boot.trim(), ticks: Math.ceil(Number.parseFloat(uptime) * 100) };
}

/** In the data, so that whoever knows the data can see it; a copy of it means nothing for another postmaster. */
const markOf = (dataFolder: string): string => join(dataFolder, "sovereign.promoting");

const identityOf = ({ pid, startTicks }: ServerProcess): string => `${pid} ${startTicks}\n`;

/** From now on, for as long as it lives, this server counts as one that takes writes. */
export function markPromoting(dataFolder: string, postmaster: ServerProcess): Promise<void> {
  return writeDurable(markOf(dataFolder), identityOf(postmaster));
}

/**
 * Stays when the promotion comes to nothing: the data may have left recovery and gone on by themselves, without a word of it inside.
 */
const unprovenOf = (dataFolder: string): string => join(dataFolder, "sovereign.unproven");

export const markUnproven = (dataFolder: string): Promise<void> =>
  writeDurable(unprovenOf(dataFolder), "");

export const isUnproven = (dataFolder: string): Promise<boolean> => exists(unprovenOf(dataFolder));

/** The promotion was proven, or the data are the peer's now. */
export async function forgetUnproven(dataFolder: string): Promise<void> {
  if (await isUnproven(dataFolder)) await removeDurable(unprovenOf(dataFolder));
}

export const unmarkPromoting = (dataFolder: string): Promise<void> =>
  removeDurable(markOf(dataFolder));

/** Whether it was marked, or somebody else ordered its promotion. */
export async function isBeingPromoted(
  dataFolder: string,
  postmaster: ServerProcess,
): Promise<boolean> {
  if (await exists(join(dataFolder, "promote"))) return true;
  if (!(await exists(markOf(dataFolder)))) return false;
  // One that is taken away just now was of a promotion that is over, and seen in the server's state.
  const text = await readFile(markOf(dataFolder), "utf8").catch((thrown: unknown) => {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return "";
    throw Failure.from(thrown, dataFolder);
  });
  return text === identityOf(postmaster);
}
