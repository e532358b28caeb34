/** New checks are known once the server and its secondaries say that all are up, or after their time. */
import { expect, test } from "vitest";
import { Failure } from "../../core/kernel/failure.ts";
import { seededRandom } from "../../core/kernel/random.ts";
import { memoryJournal } from "../../sim/memory-journal.ts";
import { memoryLog } from "../../sim/memory-log.ts";
import { memoryMetrics } from "../../sim/memory-metrics.ts";
import { makeAbort } from "../abort.ts";
import type { DnsClient, NameServer } from "../env.ts";
import type { Warming } from "./memory.ts";
import { askWarming } from "./warm-round.ts";

const own = { address: "192.0.2.1", port: 53 };
const copy = { address: "192.0.2.2", port: 53 };
const begun: Warming = {
  name: "shop.acme.example.",
  whyName: "_why.shop.acme.example.",
  application: "acme-prod/shop",
  begun: true,
  because: "",
  sinceMs: undefined,
  limitMs: 0,
  isKnown: false,
};

/** Asks at these instants; what each address says is looked up at each question. */
async function asked(says: Readonly<Record<string, string | undefined>>, atMs: readonly number[]) {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
  const dns: DnsClient = {
    query: ({ address }, name) => {
      const data = says[address];
      if (data === undefined) return Promise.reject(new Failure("TimedOut", "no answer"));
      return Promise.resolve({
        rcode: "NOERROR",
        records: [{ name, type: "TXT", ttlSeconds: 5, data }],
      });
    },
  };
  const env = {
    clock,
    random: seededRandom(1),
    journal: memoryJournal("control", clock),
    log: memoryLog(),
    metrics: memoryMetrics(),
  };
  const api: NameServer = {
    id: "ns1",
    readZone: () => Promise.resolve([]),
    change: () => Promise.resolve(),
    forget: () => Promise.resolve(),
    leftZones: () => Promise.resolve([]),
    probeIntervalMs: () => Promise.resolve(1_000),
  };
  const spec = { name: "ns1", address: own.address, port: 53, apiUrl: "http://192.0.2.1:8081" };
  const server = { id: "ns1", cluster: "hz-fsn-rtz-prod", spec, endpoint: own, followers: [copy] };
  const options = { cluster: server.cluster, pollMs: 1, reconcileMs: 1, observeOnly: false };
  const source = { read: () => Promise.reject(new Failure("SourceUnavailable", "none")) };
  const ports = { source, nameServer: () => api, dns };
  const signal = makeAbort().signal;
  const asking = { world: { env, ports, options }, server, api, signal };
  let warming: ReadonlyMap<string, Warming> = new Map([["key", begun]]);
  for (const at of atMs) {
    nowMs = at;
    warming = await askWarming(asking, warming);
  }
  return warming.get("key");
}

const up = "A 198.51.100.1=up 198.51.100.2=up";
const half = "A 198.51.100.1=up 198.51.100.2=not-up";
const before = "A 198.51.100.9=up";

test.each([
  ["both say that all are up", { [own.address]: up, [copy.address]: up }, [0], true],
  [
    "the secondary's probes have not ended",
    { [own.address]: up, [copy.address]: half },
    [0],
    false,
  ],
  [
    "the secondary has not copied the record",
    { [own.address]: up, [copy.address]: before },
    [0],
    false,
  ],
  ["the secondary is silent", { [own.address]: up }, [0], false],
  ["the secondary is silent for the time of a probe", { [own.address]: up }, [0, 4_000], true],
  ["the server itself is not that far", { [own.address]: half, [copy.address]: up }, [0], false],
  ["the server itself does not answer", { [copy.address]: up }, [0, 60_000], false],
])("while %s", async (_, says, atMs, isKnown) => {
  expect(await asked(says, atMs)).toMatchObject({ isKnown });
});

test("it says which secondary is awaited", async () => {
  const one = await asked({ [own.address]: up, [copy.address]: half }, [0]);
  expect(one?.because).toContain("the secondary at 192.0.2.2:53 does not say so yet");
});
