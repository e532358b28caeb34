/**
 * catalyst-dns as a region runs it, in this process: the real controller on a file journal, PowerDNS's API and DNS, with
 * documents from memory and a clock that runs ten times as fast, so that its pauses fit into a test.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/adapters/clock.ts";
import { udpDnsClient } from "../../src/adapters/dns-client.ts";
import { openFileJournal } from "../../src/adapters/journal/file-journal.ts";
import { readEvents } from "../../src/adapters/journal/read-events.ts";
import { makeLog } from "../../src/adapters/log.ts";
import { makeMetrics } from "../../src/adapters/metrics.ts";
import { powerDnsNameServer } from "../../src/adapters/powerdns/name-server.ts";
import { systemRandom } from "../../src/adapters/random.ts";
import type { AgentReader } from "../../src/control/agents/agent-port.ts";
import { makeAgentWatch } from "../../src/control/agents/agent-watch.ts";
import { makeDnsController } from "../../src/control/dns-controller.ts";
import type { Clock, DocumentSource } from "../../src/control/env.ts";
import type { DnsStatus } from "../../src/core/dns/status.ts";
import type { JournalEvent } from "../../src/core/kernel/event.ts";
import type { Sovereign } from "../../src/core/resources/sovereign.ts";
import { sovereignOf } from "../catalogue.ts";
import type { PdnsServer } from "./pdns-server.ts";

export type ControlFacts = {
  readonly cluster: string;
  readonly source: DocumentSource;
  readonly readKey: () => string;
  /** Limit of one request to the API. */
  readonly timeoutMs: number;
  /** How much faster its clock runs; ten times unless said otherwise. */
  readonly timesAsFast?: number;
  /** How often it compares everything although nothing changed, by its own clock. */
  readonly reconcileMs?: number;
  /** Region agents that it hears. */
  readonly agents?: readonly AgentReader[];
};

export type Control = {
  readonly current: () => DnsStatus;
  readonly events: () => Promise<readonly JournalEvent[]>;
  /** All that it left behind: its log and the files of its journal. */
  readonly written: () => string;
  /** Ends it; fails when it failed. */
  readonly stop: () => Promise<void>;
};

const fastClock = (timesAsFast: number): Clock => ({
  nowMs: systemClock.nowMs,
  monotonicMs: () => systemClock.monotonicMs() * timesAsFast,
  sleep: (ms, signal) => systemClock.sleep(ms / timesAsFast, signal),
});

/** Starts the controller of one region; between rounds it sleeps a second of its clock. */
export async function startControl(facts: ControlFacts): Promise<Control> {
  const { cluster, source, readKey, timeoutMs, timesAsFast = 10, reconcileMs = 10_000 } = facts;
  const folder = mkdtempSync(join(tmpdir(), "sovereign-control-"));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", clean);
  const journal = await openFileJournal({
    folder,
    stream: `control/${cluster}`,
    clock: systemClock,
  });
  let logged = "";
  const write = (line: string): void => {
    logged += line;
  };
  const env = {
    clock: fastClock(timesAsFast),
    random: systemRandom,
    journal,
    log: makeLog("control", { level: "debug", destination: { write } }),
    metrics: makeMetrics(),
  };
  const watching = { everyMs: 1_000, silentAfterMs: 5_000, onTurned: () => undefined };
  const watch = makeAgentWatch(env, facts.agents ?? [], watching);
  const controller = makeDnsController(
    env,
    {
      source,
      nameServer: (id, { apiUrl }) =>
        powerDnsNameServer({ id, apiUrl, readKey: async () => readKey(), timeoutMs }),
      dns: udpDnsClient({ timeoutMs: 2_000 }),
      authority: watch.words,
    },
    { cluster, pollMs: 1_000, reconcileMs, observeOnly: false },
  );
  const abort = new AbortController();
  let failed: unknown;
  const both = Promise.all([controller.run(abort.signal), watch.run(abort.signal)]);
  const running = both.catch((thrown: unknown) => {
    failed = thrown;
  });
  return {
    current() {
      if (failed !== undefined) throw failed;
      return controller.current();
    },
    async events() {
      const events: JournalEvent[] = [];
      for await (const event of readEvents(folder)) events.push(event);
      return events;
    },
    written: () =>
      [logged, ...readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"))].join(
        "\n",
      ),
    async stop() {
      abort.abort();
      await running;
      await journal.close();
      process.removeListener("exit", clean);
      clean();
      if (failed !== undefined) throw failed;
    },
  };
}

export type LiveRegion = {
  readonly cluster: string;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  readonly pdns: PdnsServer;
  /** Default is the server's own. */
  readonly apiUrl?: string;
};

/** A Sovereign whose name servers are real ones. */
export function liveSovereign(regions: readonly LiveRegion[]): Sovereign {
  const base = sovereignOf();
  const live = regions.map(({ cluster, ipv4, ipv6, pdns, apiUrl = pdns.apiUrl }) => ({
    cluster,
    loadBalancer: { ipv4: [...ipv4], ipv6: [...ipv6] },
    nameServers: [{ name: pdns.options.id, ...pdns.dns, apiUrl }],
  }));
  return { ...base, spec: { ...base.spec, regions: live } };
}
