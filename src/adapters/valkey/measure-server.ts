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
import { isBehind } from "./left-behind.ts";
import { lastPromotion } from "./promotions-list.ts";
import { refusedWrites, type WriteSettings } from "./refused-writes.ts";
import { type Ask, readInfo, withServer } from "./valkey-connection.ts";
import { type Context, heardNow, isFollowerOf } from "./valkey-context.ts";
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
      const settings = info.isLoading ? noSettings : await settingsOf(ask);
      const isOld = await isBehind(context);
      const facts = await factsOf(context, { info, timeline: last?.line ?? null, isOld });
      return { facts, notReady: await reasonsOf(context, { info, settings, isOld }) };
    });
  } catch (thrown) {
    const { message } = Failure.from(thrown, name);
    return { facts: unknown(name), notReady: [`${name}: ${message}`] };
  }
}

type Settings = WriteSettings & { readonly minReplicas: string };

const noSettings: Settings = { minReplicas: "", stopOnSaveError: "", saves: "" };

async function settingsOf(ask: Ask): Promise<Settings> {
  return {
    minReplicas: await settingOf(ask, "min-replicas-to-write"),
    stopOnSaveError: await settingOf(ask, "stop-writes-on-bgsave-error"),
    saves: await settingOf(ask, "save"),
  };
}

type Measured = { readonly info: ServerInfo; readonly isOld: boolean };

async function factsOf(
  context: Context,
  { info, timeline, isOld }: Measured & { readonly timeline: number | null },
): Promise<ServiceFacts> {
  const { name, peer, life, clock, server } = context;
  heardNow(context, info);
  const isStandby = info.isReplica && (isFollowerOf(info, peer) || (await server.wasFollowing()));
  const streams = info.replicas.some(({ port, isOnline }) => isOnline && port === peer.port);
  // The age of the last word from there is the bound: a link that was cut without a word looks up for as long as `repl-timeout`.
  const lagMs = life.streamedAtMs === null ? null : clock.monotonicMs() - life.streamedAtMs;
  return {
    name,
    role: isStandby ? "standby" : "writable",
    sync: isStandby ? null : "alone",
    standbyReady: isStandby ? null : streams,
    position: info.offset,
    timeline,
    ...(isStandby ? { lagMs } : {}),
    ready: !info.isLoading && !info.isFilling && !isOld,
  };
}

async function reasonsOf(
  { name, server, place }: Context,
  { info, settings, isOld }: Measured & { readonly settings: Settings },
): Promise<readonly string[]> {
  const gate = await server.gateProblem();
  const isSeen = (await valkeyProcesses(place.dataFolder)).some(({ pid }) => pid === info.pid);
  const { minReplicas } = settings;
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
    ...refusedWrites(info, settings).map(
      (why) => [true, `it would refuse writes: ${why}`] as const,
    ),
    [isOld, "this copy is not what the peer went on from, and does not follow it yet"],
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
