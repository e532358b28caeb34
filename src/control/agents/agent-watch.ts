/**
 * Hears every agent that control.yaml names, once a second and each by itself, and remembers what it said last. It decides
 * nothing: the fallback order and the topology are made of what stands here.
 */
import type { HeardReport } from "../../core/failover/agent-report-schema.ts";
import { type Heard, wordsOf } from "../../core/failover/region-word.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { DnsPorts } from "../dns/ports.ts";
import type { Env, Signal } from "../env.ts";
import type { AgentReader } from "./agent-port.ts";

/** What is known of one agent. */
export type AgentSight = Heard & {
  readonly url: string;
  /** Why it did not answer the last time; null when it did, or was not asked yet. */
  readonly failure: Failure | null;
};

export type AgentWatch = {
  /** Works until `signal` aborts; fails only when the journal does, or by a bug of ours. */
  run(signal: Signal): Promise<void>;
  /** In the order of the configuration, with ages of this moment. */
  sights(): readonly AgentSight[];
  readonly words: NonNullable<DnsPorts["authority"]>;
};

export type AgentWatchOptions = {
  readonly everyMs: number;
  /** After so long without an answer an agent is journalled as silent, once. */
  readonly silentAfterMs: number;
  /** Called when an agent answers otherwise than before about who may serve. */
  readonly onTurned: () => void;
};

type Known = {
  readonly report: HeardReport | null;
  /** Monotonic instant of the request that `report` answers. */
  readonly askedAtMs: number;
  readonly failure: Failure | null;
  /** Monotonic instant since which it does not answer; null while it does. */
  readonly silentSinceMs: number | null;
  readonly toldSilent: boolean;
};

const nothing: Known = {
  report: null,
  askedAtMs: Number.NEGATIVE_INFINITY,
  failure: null,
  silentSinceMs: null,
  toldSilent: false,
};

/** The watch; nothing happens before `run`. */
export function makeAgentWatch(
  env: Env,
  agents: readonly AgentReader[],
  options: AgentWatchOptions,
): AgentWatch {
  const known = agents.map(() => nothing);
  const sights = (): readonly AgentSight[] => {
    const nowMs = env.clock.monotonicMs();
    return agents.map(({ cluster, url }, index) => {
      const { report, askedAtMs, failure } = known[index] ?? nothing;
      return { cluster, url, report, ageMs: nowMs - askedAtMs, failure };
    });
  };
  const hear = async (agent: AgentReader, index: number, signal: Signal): Promise<void> => {
    const before = known[index] ?? nothing;
    const after = await askOne(env, agent, before, signal);
    if (signal.aborted) return;
    known[index] = await tell(env, agent, after, options.silentAfterMs);
    if (stanceOf(after) !== stanceOf(before)) options.onTurned();
  };
  return {
    sights,
    words: () => wordsOf(sights()),
    async run(signal) {
      await Promise.all(
        agents.map(async (agent, index) => {
          while (!signal.aborted) {
            await hear(agent, index, signal);
            await env.clock.sleep(options.everyMs, signal);
          }
        }),
      );
    },
  };
}

function stanceOf({ report }: Known): string {
  const authority = report?.status.authority;
  return `${authority?.kind} ${authority?.epoch} ${report?.status.isServing}`;
}

async function askOne(
  { clock }: Env,
  agent: AgentReader,
  before: Known,
  signal: Signal,
): Promise<Known> {
  const askedAtMs = clock.monotonicMs();
  try {
    const report = await agent.read(signal);
    return { ...before, report, askedAtMs, failure: null, silentSinceMs: null };
  } catch (thrown) {
    const failure = Failure.from(thrown, agent.url);
    if (failure.code === "Unexpected") throw thrown;
    return { ...before, failure, silentSinceMs: before.silentSinceMs ?? askedAtMs };
  }
}

async function tell(
  { clock, journal, log }: Env,
  { cluster, url }: AgentReader,
  known: Known,
  silentAfterMs: number,
): Promise<Known> {
  const { failure, silentSinceMs, report } = known;
  const isSilent = silentSinceMs !== null && clock.monotonicMs() - silentSinceMs >= silentAfterMs;
  if (isSilent && !known.toldSilent) {
    const because = failure?.message ?? "it does not answer";
    await journal.append({ type: "agent.silent", data: { cluster, url, because } });
    log.warn("a region agent is silent", { cluster, url, because });
    return { ...known, toldSilent: true };
  }
  if (silentSinceMs === null && known.toldSilent) {
    const group = report?.status.group ?? null;
    await journal.append({ type: "agent.answers", data: { cluster, url, group } });
    log.info("a region agent answers again", { cluster, url });
    return { ...known, toldSilent: false };
  }
  return known;
}
