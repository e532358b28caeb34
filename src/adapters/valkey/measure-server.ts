/**
 * The facts of one server as they are now. Its replication is asynchronous: commits wait for nobody, and what a failover would lose is
 * the difference of two positions at best, never nothing.
 */
import type { Signal } from "../../control/env.ts";
import type { ServiceReading } from "../../control/failover/data-service.ts";
import type { ServiceFacts } from "../../core/failover/facts.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { ServerInfo } from "./info-text.ts";
import { settingOf } from "./keep-copy.ts";
import { lastPromotion } from "./promotions-list.ts";
import { readInfo, withServer } from "./valkey-connection.ts";
import { type Context, isFollowerOf } from "./valkey-context.ts";
import { valkeyProcesses } from "./valkey-processes.ts";

/** Never fails for a server that is down. */
export async function measureServer(context: Context, signal?: Signal): Promise<ServiceReading> {
  const { name, life, clock, limits, local } = context;
  // After a fence that ended it, it comes up again, and its position is what is asked for.
  if (life.restarting !== null) await Promise.race([life.restarting, clock.sleep(limits.askMs)]);
  try {
    return await withServer(local, { limitMs: limits.askMs, signal }, async (ask) => {
      const info = await readInfo(ask);
      const last = info.isLoading ? null : await lastPromotion(ask);
      const minReplicas = info.isLoading ? "" : await settingOf(ask, "min-replicas-to-write");
      const facts = await factsOf(context, info, last?.line ?? null);
      return { facts, notReady: await reasonsOf(context, info, minReplicas) };
    });
  } catch (thrown) {
    const { message } = Failure.from(thrown, name);
    return { facts: unknown(name), notReady: [`${name}: ${message}`] };
  }
}

async function factsOf(
  context: Context,
  info: ServerInfo,
  timeline: number | null,
): Promise<ServiceFacts> {
  const { name, peer, life, clock, server } = context;
  const isLinked = isFollowerOf(info, peer) && info.isLinked;
  if (isLinked) life.streamedAtMs = clock.monotonicMs();
  const isStandby = info.isReplica && (isFollowerOf(info, peer) || (await server.wasFollowing()));
  const streams = info.replicas.some(({ port, isOnline }) => isOnline && port === peer.port);
  const lagMs =
    life.streamedAtMs === null ? null : isLinked ? 0 : clock.monotonicMs() - life.streamedAtMs;
  return {
    name,
    role: isStandby ? "standby" : "writable",
    sync: isStandby ? null : "alone",
    standbyReady: isStandby ? null : streams,
    position: info.offset,
    timeline,
    ...(isStandby ? { lagMs } : {}),
    ready: !info.isLoading && !info.isFilling && !life.isBehind,
  };
}

async function reasonsOf(
  { name, server, place, life }: Context,
  info: ServerInfo,
  minReplicas: string,
): Promise<readonly string[]> {
  const gate = await server.gateProblem();
  const isSeen = (await valkeyProcesses(place.dataFolder)).some(({ pid }) => pid === info.pid);
  const reasons: readonly (readonly [boolean, string])[] = [
    [info.isLoading, "it reads its data"],
    [!isSeen, `what answers is no process of ${place.dataFolder} here: it could not be fenced`],
    [info.isFilling, "it is being filled by its peer"],
    [info.isCluster, "it runs in cluster mode, which this adapter does not serve"],
    [
      Number(minReplicas) > 0,
      `min-replicas-to-write is ${minReplicas}: promoted without its peer it would take no writes`,
    ],
    [gate !== null, `its configuration opens the gate: ${gate ?? ""}`],
    [life.isBehind, "this copy is not what the peer went on from, and does not follow it yet"],
  ];
  return reasons.flatMap(([holds, because]) => (holds ? [`${name}: ${because}`] : []));
}

function unknown(name: string): ServiceFacts {
  return {
    name,
    role: "unknown",
    sync: null,
    standbyReady: null,
    position: null,
    timeline: null,
    ready: false,
  };
}
