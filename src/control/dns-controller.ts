/**
 * catalyst-dns of one region: source → desired → plan → apply to own servers → verify every server.
 * A server that fails stops nobody else; in a steady round nothing is written and nothing is journalled.
 */
import type { DnsStatus } from "../core/dns/status.ts";
import { answerRound } from "./dns/answer-round.ts";
import type { Intent } from "./dns/gather.ts";
import { type Memory, noMemory, type ServerMemory, serverMemory } from "./dns/memory.ts";
import type { DnsOptions, DnsPorts, Server } from "./dns/ports.ts";
import { serverRound } from "./dns/server-round.ts";
import { sourceRound } from "./dns/source-round.ts";
import { dnsStatus } from "./dns/status-view.ts";
import type { Env, Signal } from "./env.ts";

export type DnsController = {
  /** Works until `signal` aborts; fails only when the journal does, or by a bug of ours. */
  run(signal: Signal): Promise<void>;
  /** What it knows now. */
  current(): DnsStatus;
};

/** The controller; nothing happens before `run`. */
export function makeDnsController(env: Env, ports: DnsPorts, options: DnsOptions): DnsController {
  const world = { env, ports, options };
  let memory = noMemory;
  let nextFullAtMs = Number.NEGATIVE_INFINITY;
  const round = async (signal: Signal): Promise<void> => {
    const before = memory.intent?.revision;
    memory = await sourceRound(env, ports, options, memory, signal);
    const nowMs = env.clock.monotonicMs();
    const isNew = memory.intent?.revision !== before;
    const isDue = nowMs >= nextFullAtMs;
    if (memory.intent === undefined || (!isNew && !isDue && !hasRetryDue(memory, nowMs))) return;
    if (isNew || isDue) nextFullAtMs = nowMs + options.reconcileMs;
    memory = await fullRound(world, memory.intent, memory, signal);
  };
  return {
    async run(signal) {
      while (!signal.aborted) {
        await round(signal);
        await env.clock.sleep(options.pollMs, signal);
      }
    },
    current: () => dnsStatus(memory, options),
  };
}

/** Whether a server that failed may be tried again. */
function hasRetryDue(memory: Memory, nowMs: number): boolean {
  return [...memory.servers.values()].some(
    ({ failure, retryAtMs }) => failure !== undefined && nowMs >= retryAtMs,
  );
}

type World = { readonly env: Env; readonly ports: DnsPorts; readonly options: DnsOptions };

async function fullRound(
  world: World,
  intent: Intent,
  memory: Memory,
  signal: Signal,
): Promise<Memory> {
  const { env, options } = world;
  const own = intent.servers.filter((server) => server.cluster === options.cluster);
  const outcomes = await Promise.all(
    own.map(async (server): Promise<readonly [string, ServerMemory]> => {
      const before = serverMemory(memory, server);
      return [server.id, await oneServer(world, server, intent, before, signal)];
    }),
  );
  const known = new Set(intent.servers.map(({ id }) => id));
  const servers = new Map([...memory.servers].filter(([id]) => known.has(id)));
  for (const [id, after] of outcomes) servers.set(id, after);
  const conflicts = [...servers.values()].flatMap(({ plan }) => plan?.conflicts ?? []);
  env.metrics.gauge("sovereign_dns_conflicts", conflicts.length);
  const applied = { ...memory, servers };
  const verified = await answerRound(world, intent, applied, signal);
  return { ...verified, roundAtMs: env.clock.nowMs() };
}

async function oneServer(
  world: World,
  server: Server,
  intent: Intent,
  before: ServerMemory,
  signal: Signal,
): Promise<ServerMemory> {
  const { desired } = intent;
  const isWaiting =
    before.failure !== undefined && world.env.clock.monotonicMs() < before.retryAtMs;
  if (desired === undefined || isWaiting || signal.aborted) return before;
  return serverRound(world, server, { ...intent, desired }, before, signal);
}
