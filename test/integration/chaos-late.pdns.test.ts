/**
 * PowerDNS has no conditional writes: a change that its sender gave up may arrive after a newer one. It is found by looking
 * again and mended at once, although no full round is due for hours.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { powerDnsNameServer } from "../../src/adapters/powerdns/name-server.ts";
import { planZone } from "../../src/core/dns/plan.ts";
import { desiredZone } from "../../src/core/dns/zone.ts";
import { required } from "../../src/core/kernel/assert.ts";
import { pick, seededRandom } from "../../src/core/kernel/random.ts";
import { readCatalogue } from "../../src/core/resources/read.ts";
import { type MemorySource, memorySource } from "../../src/sim/memory-source.ts";
import { documentsOf, fsn, hel, placed, type Spec, zone } from "../catalogue.ts";
import { type ApiProxy, startApiProxy } from "./api-proxy.ts";
import { type Control, liveSovereign, startControl } from "./control-world.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";

const limitMs = 60_000;
const requestLimitMs = 500;
const hoursMs = 100 * 3_600_000;
const random = seededRandom(11);
const names = ["a", "b", "c", "d"];
const specs: readonly Spec[] = [
  { placement: "single-region", regions: [fsn] },
  { placement: "active-passive-warm", regions: [fsn, hel] },
  { placement: "active-active", regions: [fsn, hel] },
];

/** What was started, to be ended in the other direction, also when a start in between failed. */
const ends: (() => Promise<void>)[] = [];
let pdns: PdnsServer;
let other: PdnsServer;
let proxy: ApiProxy;
let source: MemorySource;
let control: Control;
let documents: ReturnType<typeof documentsOf> = [];

/** Any of the names, each as plain records or as code. */
function publish(): void {
  const chosen = names.filter(() => random.below(4) > 0);
  const sovereign = liveSovereign([
    { cluster: fsn, ipv4: ["192.0.2.1"], ipv6: ["2001:db8::1"], pdns, apiUrl: proxy.url },
    { cluster: hel, ipv4: ["192.0.2.2"], ipv6: ["2001:db8::2"], pdns: other },
  ]);
  const applications = chosen.map((name) => placed(name, pick(random, specs)));
  documents = documentsOf(applications, sovereign);
  source.publish(documents);
}

/** What the newest documents still ask for on the server. */
async function left(): Promise<readonly string[]> {
  const wanted = required(desiredZone(readCatalogue(documents, [])), "there is a Sovereign");
  const actual = await powerDnsNameServer(pdns.options).readZone(zone);
  const { changes } = planZone(wanted, actual, { holdRemovals: false });
  return changes.map(({ application, reason }) => `${application} ${reason}`);
}

beforeAll(async () => {
  pdns = await startPdnsServer([zone], "ns1");
  ends.push(pdns.stop);
  other = await startPdnsServer([zone], "ns2");
  ends.push(other.stop);
  proxy = await startApiProxy(pdns.apiUrl, seededRandom(12));
  ends.push(proxy.stop);
  source = memorySource();
  publish();
  control = await startControl({
    cluster: fsn,
    source,
    readKey: () => pdns.apiKey,
    timeoutMs: requestLimitMs,
    reconcileMs: hoursMs,
  });
  ends.push(control.stop);
});
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
});

test("what arrives after newer changes is mended although no full round is due", async ({
  annotate,
}) => {
  await expect.poll(left, { timeout: limitMs, interval: 20 }).toEqual([]);
  for (let turn = 0; turn < 4; turn++) {
    await proxy.setWeather("late");
    for (let commit = 0; commit < 5; commit++) {
      const { roundAtMs } = control.current();
      publish();
      // Once tried the next commit comes, whatever is still on its way.
      await expect
        .poll(() => control.current().roundAtMs, { timeout: limitMs, interval: 5 })
        .not.toBe(roundAtMs);
    }
    await proxy.setWeather("calm");
    await expect.poll(left, { timeout: limitMs, interval: 20 }).toEqual([]);
    await proxy.settled();
    await expect.poll(left, { timeout: limitMs, interval: 20 }).toEqual([]);
  }
  expect(proxy.lateNames.size).toBeGreaterThan(0);
  await annotate(`names in changes that arrived late: ${proxy.lateNames.size}`);
});
