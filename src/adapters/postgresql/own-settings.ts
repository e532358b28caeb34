/** Our settings at the server: written before a start, taken up by a reload, and seen in force before anybody relies on them. */
import { Failure } from "../../core/kernel/failure.ts";
import type { Context } from "./postgres-context.ts";
import { type Ask, withSql } from "./postgres-sql.ts";
import { readServerRow, type ServerRow } from "./server-row.ts";
import { renderSettings, type Sync, settingIn, standbyNames } from "./settings-file.ts";

/** Writes our settings; a server that runs takes them up at its next reload. `upstream` null: it follows nobody. */
export async function writeOwn(
  { server, peerRegion }: Context,
  own: { readonly sync: Sync; readonly upstream: string | null },
  raised: Readonly<Record<string, number>> = {},
): Promise<void> {
  const text = await server.readSettings();
  await server.writeSettings(renderSettings(text, { ...own, peerRegion, raised }));
}

/** Where our settings let it follow now. */
export async function readUpstream({ server }: Context): Promise<string | null> {
  const value = settingIn(await server.readSettings(), "primary_conninfo");
  return value === "" ? null : value;
}

export function readRow({ local, peer, limits }: Context): Promise<ServerRow> {
  return withSql(local, { limitMs: limits.askMs }, (ask) => readServerRow(ask, peer.user));
}

const lookEveryMs = 20;

/** Reloads, and resolves when a new connection is given the settings. Fails with TimedOut. */
export async function reload(
  context: Context,
  wanted: { readonly sync: Sync; readonly follows: boolean },
): Promise<void> {
  const { local, limits, clock, name, life, peerRegion } = context;
  const names = standbyNames(peerRegion, wanted.sync);
  const endMs = clock.monotonicMs() + limits.askMs * 2;
  const isIn = ({ syncNames, follows }: ServerRow): boolean =>
    syncNames === names && follows === wanted.follows;
  const before = await readRow(context);
  if (isIn(before)) return;
  if (before.syncNames !== names && wanted.sync === "required") {
    life.requiredAtMs = clock.monotonicMs();
  }
  await withSql(local, { limitMs: limits.askMs }, (ask: Ask) => ask("SELECT pg_reload_conf()"));
  while (!isIn(await readRow(context))) {
    if (clock.monotonicMs() > endMs) {
      throw new Failure("TimedOut", `${name} does not take up its settings`, {
        remedy:
          "Take synchronous_standby_names and primary_conninfo off the server's command line.",
      });
    }
    await clock.sleep(lookEveryMs);
  }
  if (wanted.sync === "required" && life.requiredAtMs !== null) {
    life.requiredAtMs = clock.monotonicMs();
  }
}

/** Longer than the checkpointer may need to wake up when it was told of a reload. */
const settleMs = 1_000;

/**
 * Whether commits surely wait since they were told to. It is the checkpointer that lets them: found at rest a while after a reload, it
 * has done so. A server that was started with the setting always does.
 */
export function isInForce({ life, clock }: Context, row: ServerRow): boolean {
  if (life.requiredAtMs === null) return true;
  if (row.checkpointerIdle !== true || clock.monotonicMs() < life.requiredAtMs + settleMs) {
    return false;
  }
  life.requiredAtMs = null;
  return true;
}

/**
 * Starts the server behind its gate, with commits that wait whatever was in force before it fell. What is set lower than the log that it
 * has to replay asks for is raised: a standby refuses to start with less.
 */
export async function startGated(context: Context): Promise<void> {
  const { server } = context;
  if (await server.copies.isTorn()) {
    throw new Failure(
      "DataServiceUnreachable",
      `${context.name}: a rewind did not come to its end`,
    );
  }
  if (await server.isRunning()) {
    await server.start();
    return;
  }
  context.life.requiredAtMs = null;
  await writeOwn(context, { sync: "required", upstream: await readUpstream(context) }, {});
  const raised = await raisedSettings(context);
  if (Object.keys(raised).length > 0) {
    await writeOwn(context, { sync: "required", upstream: await readUpstream(context) }, raised);
  }
  await server.start();
}

async function raisedSettings({ server }: Context): Promise<Readonly<Record<string, number>>> {
  const least = (await server.controlData())?.least ?? {};
  const values = await Promise.all(
    Object.entries(least).map(async ([name, needed]) => {
      const configured = await server.configured(name);
      return configured !== null && configured < needed ? [[name, needed] as const] : [];
    }),
  );
  return Object.fromEntries(values.flat());
}
