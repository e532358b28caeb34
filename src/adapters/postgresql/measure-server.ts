/** The facts of one server as they are now; what does not answer is unknown and never guessed. */
import { statfs } from "node:fs/promises";
import type { Signal } from "../../control/env.ts";
import type { ServiceReading } from "../../control/failover/data-service.ts";
import type { ServiceFacts } from "../../core/failover/facts.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { isGateClosed } from "./gate.ts";
import { isBeyondGranted, lookAtCeiling } from "./keep-ceiling.ts";
import { parseLsn } from "./lsn.ts";
import { isInForce } from "./own-settings.ts";
import type { Context } from "./postgres-context.ts";
import { withSql } from "./postgres-sql.ts";
import { notReadyOf, type Surroundings } from "./readiness.ts";
import { hasConfirmed, readServerRow, roleOf, serviceFacts } from "./server-row.ts";

const lookEveryMs = 40;

/** Never fails for a server that is down. Takes up to `confirmMs` longer while the standby does not confirm. */
export async function measureServer(context: Context, signal?: Signal): Promise<ServiceReading> {
  const { server, name, life, clock, limits } = context;
  if (!(await server.hasData())) {
    return { facts: nothing(name, "absent"), notReady: [`${name}: there are no data`] };
  }
  // After a fence it comes up again, and its final position is what is asked for.
  if (life.restarting !== null) await Promise.race([life.restarting, clock.sleep(limits.askMs)]);
  try {
    const reading = await measureRunning(context, signal);
    life.lastFacts = reading.facts;
    if (life.servedEpoch !== null || !(await server.memory.isBehind())) return reading;
    const because = `${name}: this copy is not what the peer went on from, and does not follow it yet`;
    return { facts: { ...reading.facts, ready: false }, notReady: [...reading.notReady, because] };
  } catch (thrown) {
    const { message } = Failure.from(thrown, name);
    return { facts: await factsOfStopped(context), notReady: [`${name}: ${message}`] };
  }
}

async function measureRunning(context: Context, signal?: Signal): Promise<ServiceReading> {
  const { local, peer, limits, clock, name, peerRegion, region } = context;
  const limitMs = limits.askMs + limits.confirmMs;
  const around = await surroundings(context);
  return withSql(local, { limitMs, signal }, async (ask) => {
    let row = await readServerRow(ask, peer.user);
    const isWriter = roleOf(row, region) === "writable";
    // What was written until now has to be confirmed, also what commits did not wait for.
    const position = parseLsn(row.flushed);
    const endMs = clock.monotonicMs() + limits.confirmMs;
    let isConfirmed = hasConfirmed(row, peerRegion, position);
    while (isWriter && !row.recovering && !isConfirmed && clock.monotonicMs() < endMs) {
      if (!row.standbys.some((standby) => standby.name === peerRegion)) break;
      await clock.sleep(lookEveryMs);
      row = await readServerRow(ask, peer.user);
      isConfirmed = hasConfirmed(row, peerRegion, position);
    }
    await lookAtCeiling(context, row);
    const waits = isInForce(context, row) && isBeyondGranted(context, row);
    const seen = { isConfirmed, isInForce: row.recovering || waits };
    return {
      facts: serviceFacts(name, row, context, seen),
      notReady: notReadyOf(name, row, context, around),
    };
  });
}

async function surroundings({
  server,
  peer,
  local,
  life,
  ceiling,
}: Context): Promise<Surroundings> {
  const disk = await statfs(server.dataFolder).catch(() => null);
  return {
    isGateClosed: await isGateClosed(server.dataFolder),
    freeRatio: disk === null || disk.blocks === 0 ? null : disk.bavail / disk.blocks,
    freeBytes: disk === null ? null : disk.bavail * disk.bsize,
    replicator: peer.user,
    granter: ceiling === undefined ? null : local.user,
    peerSays: life.peerSays,
  };
}

/** A server that was shut down in order and has not come up again: where its log ends is in its files. */
async function factsOfStopped({ name, server, life }: Context): Promise<ServiceFacts> {
  const { lastFacts } = life;
  if (lastFacts === null || (await server.isRunning())) return nothing(name, "unknown");
  const control = await server.controlData();
  if (control?.state !== "shut down") return nothing(name, "unknown");
  const { checkpoint, timeline } = control;
  return { ...nothing(name, lastFacts.role), position: checkpoint, timeline };
}

function nothing(name: string, role: ServiceFacts["role"]): ServiceFacts {
  return {
    name,
    role,
    sync: null,
    standbyReady: null,
    position: null,
    timeline: null,
    ready: false,
  };
}
