/** What the parts of the Valkey adapter share: servers, limits, and what is under way. */
import type { Abort } from "../../control/abort.ts";
import type { Clock } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { gateHost, gatePort } from "./gate-text.ts";
import type { ServerInfo } from "./info-text.ts";
import { type LocalValkey, localValkey } from "./local-valkey.ts";
import type { ServerPlace } from "./stop-writing.ts";
import { type Ask, readInfo, withServer } from "./valkey-connection.ts";
import type { ValkeyAddress, ValkeyLimits, ValkeyServiceOptions } from "./valkey-options.ts";

/** What is under way in this process. */
export type Life = {
  /** Counts fences: a promotion that began before one of them comes to nothing. */
  fences: number;
  fencing: Promise<void> | null;
  /** A start after a fence. */
  restarting: Promise<void> | null;
  /** The epoch in which it was promoted and not fenced since. */
  servedEpoch: number | null;
  /** The order to take writes while nobody knows what came of it: it may be carried out late. */
  order: "none" | "sent" | "lost";
  /** Ends following as far as it can be ended. */
  following: Abort | null;
  /** When something last came from the peer, by the monotonic clock. */
  streamedAtMs: number | null;
  /** The peer went on from something else, and this copy does not follow it yet. */
  isBehind: boolean;
};

export type Context = {
  readonly name: string;
  readonly region: string;
  readonly server: LocalValkey;
  readonly place: ServerPlace;
  readonly local: ValkeyAddress;
  readonly peer: ValkeyAddress;
  readonly holdsTenure: (epoch: number) => Promise<boolean>;
  readonly hasTenure: () => Promise<boolean>;
  readonly clock: Clock;
  readonly limits: ValkeyLimits;
  readonly life: Life;
};

const defaultLimits: ValkeyLimits = {
  fenceMs: 4_000,
  askMs: 3_000,
  startMs: 120_000,
  streamMs: 30_000,
  copyMs: 3_600_000,
  letGoMs: 3_000,
  letGoMostMs: 20_000,
};

/** Fails with ConfigInvalid. */
export function valkeyContext(options: ValkeyServiceOptions): Context {
  const { name, region, peerRegion, dataFolder, local, peer, clock } = options;
  if (region === peerRegion) throw new Failure("ConfigInvalid", "both regions have one name");
  const limits = { ...defaultLimits, ...options.limits };
  const stateFolder = options.stateFolder ?? `${dataFolder.replace(/\/+$/, "")}.sovereign`;
  const { configFile, program, start, user } = options;
  return {
    name,
    region,
    server: localValkey({
      dataFolder,
      stateFolder,
      configFile,
      program,
      start,
      user,
      startMs: limits.startMs,
      clock,
    }),
    place: { dataFolder, stateFolder, address: local },
    local,
    peer,
    holdsTenure: options.holdsTenure,
    hasTenure: options.hasTenure,
    clock,
    limits,
    life: {
      fences: 0,
      fencing: null,
      restarting: null,
      servedEpoch: null,
      order: "none",
      following: null,
      streamedAtMs: null,
      isBehind: false,
    },
  };
}

/** Questions to the server here. */
export function here<T>(context: Context, use: (ask: Ask) => Promise<T>): Promise<T> {
  return withServer(context.local, { limitMs: context.limits.askMs }, use);
}

export const infoHere = (context: Context): Promise<ServerInfo> => here(context, readInfo);

/** Whether this server is told to follow the peer's, whether or not it can. */
export function isFollowerOf(info: ServerInfo, { host, port }: ValkeyAddress): boolean {
  return info.follows?.port === port && info.follows.host === host;
}

/** Remembers when the peer was last heard, by what the server here says of its stream. */
export function heardNow({ peer, life, clock }: Context, info: ServerInfo): void {
  if (!isFollowerOf(info, peer)) return;
  const isHeard = info.isFilling || (info.isLinked && info.silentMs !== null);
  if (!isHeard) return;
  // While it is filled it has what it had before; the age counts from then on.
  const atMs = clock.monotonicMs() - (info.isFilling ? 0 : (info.silentMs ?? 0));
  life.streamedAtMs = Math.max(life.streamedAtMs ?? atMs, atMs);
}

/** Makes it a replica of nobody, which keeps its data and refuses writes. */
export async function closeGate(ask: Ask): Promise<void> {
  await ask("CONFIG", "SET", "replica-read-only", "yes");
  await ask("REPLICAOF", gateHost, String(gatePort));
}
