/**
 * catalyst-dns of one region: source → desired → plan → apply to own servers → verify every server.
 * A server that fails stops nobody else; in a steady round nothing is written and nothing is journalled.
 */
import type { DnsStatus } from "../core/dns/status.ts";
import { required } from "../core/kernel/assert.ts";
import type { Catalogue } from "../core/resources/catalogue.ts";
import { answerRound } from "./dns/answer-round.ts";
import { isWhole, type WholeIntent } from "./dns/gather.ts";
import { type Memory, noMemory, serverMemory } from "./dns/memory.ts";
import type { DnsOptions, DnsPorts, World } from "./dns/ports.ts";
import { serverRound } from "./dns/server-round.ts";
import { sourceRound } from "./dns/source-round.ts";
import { dnsStatus } from "./dns/status-view.ts";
import type { Clock, Env, Signal } from "./env.ts";

export type DnsController = {
  /**
   * Works until `signal` aborts; fails only when the journal does, or by a bug of ours.
   * Between two rounds it sleeps by `pause`, which a push may cut short; it is the clock unless said otherwise.
   */
  run(signal: Signal, pause?: Pick<Clock, "sleep">): Promise<void>;
  /** What it knows now. */
  current(): DnsStatus;
  /** The documents that it works by; undefined until they were read. */
  catalogue(): Catalogue | undefined;
};

/** The controller; nothing happens before `run`. */
export function makeDnsController(env: Env, ports: DnsPorts, options: DnsOptions): DnsController {
  const world = { env, ports, options };
  let memory = noMemory;
  let nextFullAtMs = Number.NEGATIVE_INFINITY;
  const round = async (signal: Signal): Promise<void> => {
    const before = memory.intent;
    memory = await sourceRound(env, ports, options, memory, signal);
    const nowMs = env.clock.monotonicMs();
    const isNew =
      memory.intent?.revision !== before?.revision || memory.intent?.desired !== before?.desired;
    const isDue = nowMs >= nextFullAtMs;
    // Without a Sovereign nothing is known of the zone: what is remembered of its servers stays until there is one.
    if (!isWhole(memory.intent) || (!isNew && !isDue && !isUnsettled(memory, nowMs))) return;
    if (isNew || isDue) nextFullAtMs = nowMs + options.reconcileMs;
    memory = await fullRound(world, { ...memory, intent: memory.intent }, isNew, signal);
  };
  return {
    async run(signal, pause = env.clock) {
      while (!signal.aborted) {
        await round(signal);
        await pause.sleep(options.pollMs, signal);
      }
    },
    current: () => dnsStatus(memory, options),
    catalogue: () => memory.intent?.catalogue,
  };
}

/** Whether a server that failed may be tried again, or one that did not fail is not done with. */
function isUnsettled(memory: Memory, nowMs: number): boolean {
  return [...memory.servers.values()].some(({ failure, retryAtMs, lateUntilMs, warming }) =>
    failure === undefined ? Number.isFinite(lateUntilMs) || warming.size > 0 : nowMs >= retryAtMs,
  );
}

/** Own servers brought to the intent, then all servers asked; a new revision is tried at once on every own server. */
async function fullRound(
  world: World,
  memory: Memory & { readonly intent: WholeIntent },
  isNew: boolean,
  signal: Signal,
): Promise<Memory> {
  const { env, options } = world;
  const { intent } = memory;
  const nowMs = env.clock.monotonicMs();
  const known = new Set(intent.servers.map(({ id }) => id));
  const servers = new Map([...memory.servers].filter(([id]) => known.has(id)));
  const due = intent.servers.filter((server) => {
    const { failure, retryAtMs } = serverMemory(memory, server);
    const isWaiting = !isNew && failure !== undefined && nowMs < retryAtMs;
    return server.cluster === options.cluster && !isWaiting && !signal.aborted;
  });
  const outcomes = await Promise.all(
    due.map((server) => serverRound(world, server, intent, serverMemory(memory, server), signal)),
  );
  for (const [index, server] of due.entries()) {
    servers.set(server.id, required(outcomes[index], "every server has an outcome"));
  }
  const conflicts = [...servers.values()].flatMap(({ plan }) => plan?.conflicts ?? []);
  env.metrics.gauge("sovereign_dns_conflicts", conflicts.length);
  const verified = await answerRound(world, intent, { ...memory, servers }, signal);
  return { ...verified, roundAtMs: env.clock.nowMs() };
}
