/**
 * The clients of a drill while they run: requests through the recursor, questions to name servers, all kept.
 * Nothing is remembered between two requests, so the recursor's answer is the only one that is honoured.
 */
import type { Clock, DnsClient, DnsEndpoint } from "../../control/env.ts";
import type { ProbeSample, RequestSample, Samples } from "../../core/drill/sample.ts";
import { httpGet } from "./http-get.ts";
import type { DrillPlan, WatchedServer } from "./plan-drill.ts";
import { startTicker, type Ticker } from "./ticker.ts";

export type RecorderTools = { readonly clock: Clock; readonly dns: DnsClient };

/** At ten requests a second and about six seconds for the slowest, more than this is never open. */
const inFlightMax = 64;

export class Recorder {
  readonly #tools: RecorderTools;
  readonly #plan: DrillPlan;
  readonly #requests: RequestSample[] = [];
  readonly #probes: ProbeSample[] = [];
  readonly #tickers: readonly Ticker[];
  #turn = 0;

  /** Begins to measure at once; instants are those of the monotonic clock until `rebase`. */
  constructor(tools: RecorderTools, plan: DrillPlan) {
    this.#tools = tools;
    this.#plan = plan;
    const everyMs = 1_000 / plan.profile.requestsPerSecond;
    const ticker = (work: () => Promise<void>, full: () => void): Ticker =>
      startTicker(tools.clock, { everyMs, inFlightMax, work, full });
    this.#tickers = [
      ticker(
        () => this.#request(),
        () => this.#keep({ atMs: this.#now(), tookMs: 0, addresses: [], outcome: "notStarted" }),
      ),
      ...plan.watched.map((server) =>
        ticker(
          () => this.#probe(server),
          () => undefined, // A silent server is unknown; one question more would say nothing new.
        ),
      ),
    ];
  }

  /** What is finished so far, in the order of its start. */
  samples(): Samples {
    return {
      requests: [...this.#requests].sort(byStart),
      probes: [...this.#probes].sort(byStart),
    };
  }

  /** Ends the clients and waits for what they have open. */
  async stop(): Promise<void> {
    await Promise.all(this.#tickers.map((ticker) => ticker.stop()));
  }

  async #request(): Promise<void> {
    const { fqdn, loadBalancerPort, profile, recursor } = this.#plan;
    const atMs = this.#now();
    const addresses = await this.#ask(recursor);
    // Users are spread over the addresses of an answer, so one request after the other takes the next one.
    const address = addresses.toSorted()[this.#turn++ % Math.max(1, addresses.length)];
    const result =
      address === undefined
        ? { outcome: "noAnswer" as const }
        : await httpGet({ address, port: loadBalancerPort }, fqdn, profile.requestLimitMs);
    const tookMs = this.#now() - atMs;
    const asked = address === undefined ? {} : { address };
    this.#keep({ atMs, tookMs, addresses: [...addresses], ...asked, ...result });
  }

  async #probe({ name, endpoint }: WatchedServer): Promise<void> {
    const atMs = this.#now();
    const addresses = await this.#ask(endpoint);
    const tookMs = this.#now() - atMs;
    this.#probes.push({ atMs, tookMs, server: name, addresses: [...addresses] });
  }

  /** The A records of the Application; empty when there was no such answer, for whatever reason. */
  async #ask(server: DnsEndpoint): Promise<readonly string[]> {
    try {
      const { rcode, records } = await this.#tools.dns.query(server, this.#plan.fqdn, "A");
      if (rcode !== "NOERROR") return [];
      return records.filter(({ type }) => type === "A").map(({ data }) => data);
    } catch {
      return []; // That there was no answer is what is measured.
    }
  }

  #keep(sample: RequestSample): void {
    this.#requests.push(sample);
  }

  #now(): number {
    return Math.round(this.#tools.clock.monotonicMs());
  }
}

function byStart(a: { readonly atMs: number }, b: { readonly atMs: number }): number {
  return a.atMs - b.atMs;
}

/** The samples with `zeroMs` of the monotonic clock as their zero. */
export function rebase(samples: Samples, zeroMs: number): Samples {
  const move = <T extends { readonly atMs: number }>(sample: T): T => ({
    ...sample,
    atMs: sample.atMs - zeroMs,
  });
  return { requests: samples.requests.map(move), probes: samples.probes.map(move) };
}
