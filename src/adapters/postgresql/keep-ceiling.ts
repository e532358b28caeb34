/**
 * The ceiling of a server's log: what may be published of it, and how far its commits may go by what was (port `LogCeiling`; ADR 48).
 */

import type { LogCeiling } from "../../control/failover/data-service.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { nextPace, roomBytes } from "./ceiling.ts";
import { parseLsn } from "./lsn.ts";
import { readRow, readUpstream, reload, writeOwn } from "./own-settings.ts";
import type { Context } from "./postgres-context.ts";
import { grantCommits } from "./postgres-grant.ts";
import { withSql } from "./postgres-sql.ts";
import { isWeak, positionOf, type ServerRow } from "./server-row.ts";
import { type Sync, syncNamed } from "./settings-file.ts";

/** What is asked of commits that do not wait for the peer, as things stand. */
export function relaxedSync({ ceiling, life }: Context): Sync {
  // Where some commits wait for nobody no ceiling is published, and none would ever be granted to the others.
  return ceiling === undefined || ceiling.isUnbounded() || life.isBypassed ? "relaxed" : "held";
}

/** Takes in one look at the server that runs here. */
export async function lookAtCeiling(context: Context, row: ServerRow): Promise<void> {
  const { ceiling, life, clock, server, peerRegion } = context;
  life.isBypassed = isWeak(row.commits) || row.bypasses.length > 0;
  life.syncInForce = row.recovering ? null : syncNamed(peerRegion, row.syncNames);
  if (life.granted?.startedAt !== row.startedAt) {
    const position = await server.memory.readGranted(row.startedAt);
    life.granted = { startedAt: row.startedAt, position, isSure: false };
  }
  const position = positionOf(row);
  if (ceiling === undefined || position === null) return;
  const pace = nextPace(life.pace, { atMs: clock.monotonicMs(), position });
  life.pace = pace;
  // Commits that go on without waiting for anybody keep no promise.
  const { syncInForce, isBypassed } = life;
  const isWaiting = row.recovering || syncInForce === "required" || syncInForce === "held";
  life.ceiling =
    isWaiting && !isBypassed
      ? Math.max(position + roomBytes(pace, ceiling), life.granted.position)
      : null;
}

/** What was allowed in a tenure goes no further than it: `epoch` is that of the one that begins, null where this copy follows. */
export function forgetAllowed({ life }: Context, epoch: number | null): void {
  // The request that began the tenure was seen to publish it.
  if (epoch !== null && life.allowed?.epoch === epoch) return;
  life.allowed = null;
  life.ceiling = null;
  life.pace = null;
}

/** `grant` is told of what was allowed, and does not wait. */
export function logCeiling({ life }: Context, grant: () => void): LogCeiling {
  return {
    next: () =>
      life.ceiling === null ? null : Math.max(life.ceiling, life.allowed?.position ?? 0),
    allow(position, epoch) {
      const { allowed } = life;
      if (allowed !== null && epoch < allowed.epoch) return;
      if (allowed?.epoch === epoch && position <= allowed.position) return;
      life.allowed = { epoch, position };
      grant();
    },
  };
}

/** Brings what is in force in line with what was allowed; does nothing to a server whose commits wait for the peer. */
export async function tendCeiling(context: Context): Promise<void> {
  const { life } = context;
  const { syncInForce } = life;
  if (syncInForce !== "held" && syncInForce !== "relaxed") return;
  const wanted = relaxedSync(context);
  if (syncInForce !== wanted) await relax(context, wanted);
  else if (wanted === "held") await grantAllowed(context);
}

/** Lets commits of a server that takes writes go without the peer, as far as they may. */
export async function relax(context: Context, sync: Sync): Promise<void> {
  const row = await readRow(context);
  const { follows } = row;
  // From here on nothing may stop the log.
  if (sync === "relaxed") context.life.ceiling = null;
  await writeOwn(context, { sync, upstream: await readUpstream(context) });
  await reload(context, { sync, follows });
  context.life.syncInForce = sync;
  if (sync === "held") await grantAllowed(context, unpromised(context, row));
}

/** How far commits may go on that were held by nothing: no ceiling was published, and the next one will not be below this. */
function unpromised({ ceiling, life, peerRegion }: Context, row: ServerRow): number {
  const position = positionOf(row);
  const isFree = !row.recovering && syncNamed(peerRegion, row.syncNames) === "relaxed";
  if (!isFree || ceiling === undefined || position === null) return 0;
  return position + roomBytes(life.pace ?? { bytesPerMs: 0 }, ceiling);
}

async function grantAllowed(context: Context, least = 0): Promise<void> {
  const { life, server, local, limits, clock } = context;
  const wanted = Math.max(life.allowed?.position ?? 0, least);
  if (wanted === 0) return;
  if (life.granted?.isSure === true && wanted <= life.granted.position) return;
  const { startedAt } = await readRow(context);
  // What may have been granted to this run before is never written down as less.
  const before = await server.memory.readGranted(startedAt);
  const position = Math.max(wanted, before);
  // Known before it is so: who fails here, or comes after, has to take it for granted.
  await server.memory.granting(startedAt, position);
  life.granted = { startedAt, position, isSure: false };
  await grantCommits(local, { position, limitMs: limits.askMs, clock });
  life.granted = { startedAt, position, isSure: true };
}

/** Whether every commit from now on comes after what was granted: only those wait. */
export function isBeyondGranted({ life }: Context, row: ServerRow): boolean {
  const granted = life.granted?.startedAt === row.startedAt ? life.granted.position : 0;
  return (parseLsn(row.written) ?? 0) > granted;
}

const stepsMax = 4_096;

/** Leaves what was granted behind: the log is moved on to a next file until it is beyond that. */
export async function passGranted(context: Context): Promise<void> {
  const { local, limits, name } = context;
  for (let step = 0; step < stepsMax; step++) {
    const row = await readRow(context);
    await lookAtCeiling(context, row);
    if (isBeyondGranted(context, row)) return;
    // A file of the log in which there is nothing is not left.
    await withSql(local, { limitMs: limits.askMs }, (ask) =>
      ask("SELECT pg_logical_emit_message(false, 'sovereign', ''), pg_switch_wal()"),
    );
  }
  throw new Failure("TimedOut", `${name}: the log does not move beyond what was granted`);
}
