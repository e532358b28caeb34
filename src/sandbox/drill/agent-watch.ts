/** What both regions' agents say of themselves while a drill goes on: asked again and again, silence kept as silence. */
import type { Clock, DnsEndpoint } from "../../control/env.ts";
import type { AgentSample, TimelineEvent } from "../../core/drill/ledger-evidence.ts";
import type { HeardFrom } from "../../core/drill/ledger-ready.ts";
import { type HeardReport, readAgentReport } from "../../core/failover/agent-report-schema.ts";
import { askJson } from "./post-json.ts";
import { startTicker, type Ticker } from "./ticker.ts";

export type WatchedAgent = { readonly cluster: string; readonly health: DnsEndpoint };

const everyMs = 500;
const askLimitMs = 1_500;
/** An agent that hangs has three questions open, and no more. */
const inFlightMax = 3;

/** What one agent says now. */
export async function askAgent({ cluster, health }: WatchedAgent): Promise<HeardFrom> {
  const host = `${health.address}:${health.port}`;
  const reply = await askJson({ target: health, host, path: "/v1/status", limitMs: askLimitMs });
  const read =
    reply.kind === "answered" && reply.status === 200 ? readAgentReport(reply.body) : undefined;
  return { region: cluster, report: read?.ok === true ? read.value : undefined };
}

type Event = TimelineEvent & { readonly wallAtMs: number };

export class AgentWatch {
  readonly #clock: Clock;
  readonly #agents: readonly WatchedAgent[];
  readonly #samples: AgentSample[] = [];
  readonly #events = new Map<string, Event>();
  readonly #tickers: readonly Ticker[];
  /** The same moment on the wall and on the monotonic clock, to place what agents wrote down. */
  readonly #wallZeroMs: number;

  /** Begins to ask at once; instants are those of the monotonic clock. */
  constructor(clock: Clock, agents: readonly WatchedAgent[]) {
    this.#clock = clock;
    this.#agents = agents;
    this.#wallZeroMs = clock.nowMs() - clock.monotonicMs();
    this.#tickers = agents.map((agent) =>
      startTicker(clock, {
        everyMs,
        inFlightMax,
        work: () => this.#ask(agent),
        full: () => undefined, // Its silence is told by the questions that are open.
      }),
    );
  }

  samples(): readonly AgentSample[] {
    return this.#samples.toSorted((a, b) => a.atMs - b.atMs);
  }

  /** What the agents wrote into their journals since `sinceMs`. */
  events(sinceMs: number): readonly TimelineEvent[] {
    return [...this.#events.values()]
      .filter(({ atMs }) => atMs >= sinceMs)
      .map(({ wallAtMs: _, ...event }) => event)
      .sort((a, b) => a.atMs - b.atMs);
  }

  /** Asks all of them now. */
  async now(): Promise<readonly HeardFrom[]> {
    return Promise.all(this.#agents.map(askAgent));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#tickers.map((ticker) => ticker.stop()));
  }

  async #ask(agent: WatchedAgent): Promise<void> {
    const atMs = Math.round(this.#clock.monotonicMs());
    const { report } = await askAgent(agent);
    this.#samples.push(sampleOf(atMs, agent.cluster, report));
    for (const { atMs: wallAtMs, type, text } of report?.journalTail ?? []) {
      const event = {
        atMs: Math.round(wallAtMs - this.#wallZeroMs),
        source: agent.cluster,
        type,
        text,
        wallAtMs,
      };
      this.#events.set(JSON.stringify([agent.cluster, wallAtMs, type, text]), event);
    }
  }
}

function sampleOf(atMs: number, region: string, report: HeardReport | undefined): AgentSample {
  const status = report?.status;
  return {
    atMs,
    region,
    answered: status !== undefined,
    epoch: status?.authority.epoch ?? null,
    data: status?.data ?? "",
    isServing: status?.isServing ?? false,
    armed: status?.armed ?? false,
    sync: status?.sync.recorded ?? "",
  };
}
