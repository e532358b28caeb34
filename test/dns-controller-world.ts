/** The controller of one region in a world of fakes, with a clock that runs only while it sleeps. */
import type { DnsOptions, DnsPorts } from "../src/control/dns/ports.ts";
import { makeDnsController } from "../src/control/dns-controller.ts";
import type { Clock, DnsClient, Env, Metrics, SourceSnapshot } from "../src/control/env.ts";
import { checkedMetric } from "../src/control/metric-table.ts";
import type { DnsStatus } from "../src/core/dns/status.ts";
import { Failure } from "../src/core/kernel/failure.ts";
import { seededRandom } from "../src/core/kernel/random.ts";
import type { DeclaredGroup, PlacedApplication } from "../src/core/resources/catalogue.ts";
import type { ParsedDocument } from "../src/core/resources/document.ts";
import { fakeDnsClient } from "../src/sim/fake-dns-client.ts";
import { type FakeNameServer, fakeNameServer } from "../src/sim/fake-name-server.ts";
import { fakeProbes } from "../src/sim/fake-probes.ts";
import { type MemoryJournal, memoryJournal } from "../src/sim/memory-journal.ts";
import { documentsOf, fsn, hel, sovereignOf, witnessed, zone } from "./catalogue.ts";

/** Accepts exactly the metrics of the table, as the real one does. */
const metrics: Metrics = {
  count: (name, labels = {}) => void checkedMetric(name, "counter", labels),
  gauge: (name, _value, labels = {}) => void checkedMetric(name, "gauge", labels),
  observe: (name, _value, labels = {}) => void checkedMetric(name, "histogram", labels),
};

const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const documentsWith = (
  groups: readonly DeclaredGroup[],
  applications: readonly PlacedApplication[],
): readonly ParsedDocument[] =>
  documentsOf(applications, groups.length === 0 ? sovereignOf() : witnessed(), groups);

export type ControllerWorld = {
  readonly servers: Readonly<Record<"ns1" | "ns2", FakeNameServer>>;
  readonly journal: MemoryJournal;
  readonly current: () => DnsStatus;
  readonly snapshot: () => SourceSnapshot;
  commit: (applications: readonly PlacedApplication[], broken?: boolean) => void;
  withoutSovereign: () => void;
  setSource: (stale: Failure | undefined) => void;
  readonly silent: Set<string>;
  /** Runs so many poll intervals, one second each; a full round every ten. */
  readonly pass: (polls: number) => Promise<void>;
  /** Types of events since the last call. */
  readonly news: () => readonly string[];
};

/** Two regions with a name server each, and the control plane of the first; everything is a fake but the controller. */
export function makeWorld(
  options: Partial<DnsOptions> = {},
  seed = 1,
  authority: DnsPorts["authority"] = () => new Map(),
  groups: readonly DeclaredGroup[] = [],
): ControllerWorld {
  const random = seededRandom(seed);
  let nowMs = 1_000;
  let left = 0;
  let abort = new AbortController();
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep(ms) {
      nowMs += ms;
      // Shorter ones are within a round.
      if (ms >= 1_000) left -= 1;
      if (left <= 0) abort.abort();
      return Promise.resolve();
    },
  };
  const servers = {
    ns1: fakeNameServer(`ns1 of ${fsn}`, random, clock),
    ns2: fakeNameServer(`ns2 of ${hel}`, random, clock),
  };
  for (const server of Object.values(servers)) server.createZone(zone);
  const silent = new Set<string>();
  const answering = fakeDnsClient({
    servers: new Map(
      Object.values(servers).map((server, index) => [`198.51.100.${index + 1}`, server]),
    ),
    zone,
    probes: fakeProbes(clock, () => true),
    clock: { ...clock, sleep: () => Promise.resolve() },
    random,
    lostPerMille: () => 0,
  });
  const dns: DnsClient = {
    query: (endpoint, name, type) =>
      silent.has(endpoint.address)
        ? Promise.reject(new Failure("TimedOut", "no answer within 2000 ms"))
        : answering.query(endpoint, name, type),
  };
  const journal = memoryJournal("control/test", clock);
  const env: Env = { clock, random, journal, log, metrics };
  let snapshot: SourceSnapshot = { revision: "r0", documents: documentsOf([]), problems: [] };
  let commits = 0;
  const ports = {
    source: { read: () => Promise.resolve(snapshot) },
    nameServer: (_id: string, spec: { readonly name: string }) =>
      servers[spec.name as keyof typeof servers], // The documents name these two only.
    dns,
    authority,
  };
  const all = { cluster: fsn, pollMs: 1_000, reconcileMs: 10_000, observeOnly: false, ...options };
  const controller = makeDnsController(env, ports, all);
  let read = 0;
  return {
    servers,
    journal,
    silent,
    current: controller.current,
    snapshot: () => snapshot,
    commit(applications, broken = false) {
      commits += 1;
      const documents = documentsWith(groups, applications);
      const wrong = { file: "wrong.yaml", value: { kind: "Application" }, lineOf: () => 1 };
      const revision = `r${commits}`;
      snapshot = { revision, documents: broken ? [...documents, wrong] : documents, problems: [] };
    },
    withoutSovereign() {
      snapshot = { ...snapshot, revision: "none", documents: documentsOf([], undefined).slice(1) };
    },
    setSource(stale) {
      const { revision, documents, problems } = snapshot;
      snapshot = { revision, documents, problems, ...(stale === undefined ? {} : { stale }) };
    },
    async pass(polls) {
      left = polls;
      abort = new AbortController();
      await controller.run(abort.signal);
    },
    news() {
      const types = journal.events.slice(read).map(({ type }) => type);
      read = journal.events.length;
      return types;
    },
  };
}
