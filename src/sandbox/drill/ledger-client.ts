/**
 * The client that counts: several writers at a fixed rate, each write resolved through the recursor and sent through the
 * gateway, once. It remembers nothing between two writes, so that the recursor's answer is the only one that is honoured.
 */
import { randomUUID } from "node:crypto";
import type { Clock, DnsClient, DnsEndpoint } from "../../control/env.ts";
import { type LedgerWrite, readAcknowledgement } from "../../core/drill/ledger-write.ts";
import { askJson } from "./post-json.ts";
import { startTicker, type Ticker } from "./ticker.ts";
import type { WriteLog } from "./write-log.ts";

export type LedgerClientPlan = {
  readonly fqdn: string;
  readonly recursor: DnsEndpoint;
  readonly loadBalancerPort: number;
  readonly writers: number;
  /** Of all writers together. */
  readonly writesPerSecond: number;
  readonly writeLimitMs: number;
};

export type LedgerClientTools = {
  readonly clock: Clock;
  readonly dns: DnsClient;
  readonly log: Pick<WriteLog, "append">;
};

/** Open writes of one writer; a write and its question to a recursor that waits for a dead server last some seconds. */
const inFlightMax = 64;

type Sent = Pick<LedgerWrite, "id" | "sentMs">;
type Outcome = Omit<LedgerWrite, "id" | "sentMs" | "endMs">;

export class LedgerClient {
  readonly #tools: LedgerClientTools;
  readonly #plan: LedgerClientPlan;
  readonly #writes: LedgerWrite[] = [];
  readonly #tickers: readonly Ticker[];
  #turn = 0;

  /** Begins to write at once; instants are those of the monotonic clock. */
  constructor(tools: LedgerClientTools, plan: LedgerClientPlan) {
    this.#tools = tools;
    this.#plan = plan;
    const everyMs = (1_000 * plan.writers) / plan.writesPerSecond;
    this.#tickers = Array.from({ length: plan.writers }, () =>
      startTicker(tools.clock, {
        everyMs,
        inFlightMax,
        work: () => this.#write(),
        full: () => this.#keep(this.#begin(), { outcome: "notStarted", addresses: [] }),
      }),
    );
  }

  /** What is finished so far, in the order in which it was. */
  writes(): readonly LedgerWrite[] {
    return this.#writes;
  }

  /** Ends the writers and waits for what they have open. */
  async stop(): Promise<void> {
    await Promise.all(this.#tickers.map((ticker) => ticker.stop()));
  }

  async #write(): Promise<void> {
    const sent = this.#begin();
    const addresses = await this.#resolve();
    // Users are spread over the addresses of an answer, so one write after the other takes the next one.
    const address = addresses.toSorted()[this.#turn++ % Math.max(1, addresses.length)];
    if (address === undefined) this.#keep(sent, { outcome: "noAnswer", addresses: [] });
    else
      this.#keep(sent, {
        addresses: [...addresses],
        address,
        ...(await this.#post(sent.id, address)),
      });
  }

  async #post(id: string, address: string): Promise<Omit<Outcome, "addresses" | "address">> {
    const { fqdn, loadBalancerPort, writeLimitMs } = this.#plan;
    const reply = await askJson({
      target: { address, port: loadBalancerPort },
      host: fqdn,
      path: "/entries",
      body: JSON.stringify({ id }),
      limitMs: writeLimitMs,
    });
    if (reply.kind === "failed") return { outcome: reply.outcome };
    const { status, body } = reply;
    if (status !== 200) return { outcome: "badStatus", status };
    const said = readAcknowledgement(id, body);
    return said === undefined
      ? { outcome: "falseAnswer", status }
      : { outcome: "acknowledged", status, ...said };
  }

  /** The A records of the Application; empty when there was no such answer, for whatever reason. */
  async #resolve(): Promise<readonly string[]> {
    const { recursor, fqdn } = this.#plan;
    try {
      const { rcode, records } = await this.#tools.dns.query(recursor, fqdn, "A");
      return rcode === "NOERROR"
        ? records.filter(({ type }) => type === "A").map(({ data }) => data)
        : [];
    } catch {
      return []; // That there was no answer is what is measured.
    }
  }

  #begin(): Sent {
    return { id: randomUUID(), sentMs: this.#now() };
  }

  #keep(sent: Sent, outcome: Outcome): void {
    const write = { ...sent, endMs: this.#now(), ...outcome };
    this.#writes.push(write);
    this.#tools.log.append(write);
  }

  #now(): number {
    return Math.round(this.#tools.clock.monotonicMs());
  }
}
