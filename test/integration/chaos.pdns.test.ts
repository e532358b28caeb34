/**
 * The API of a real name server fails in every way that it can while documents change: whatever happens, a name holds one
 * complete plan, others' records stay, and the control plane finds its way back by itself and tells the truth about it.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { powerDnsNameServer } from "../../src/adapters/powerdns/name-server.ts";
import type { SourceSnapshot } from "../../src/control/env.ts";
import { planZone } from "../../src/core/dns/plan.ts";
import { type DesiredZone, desiredZone } from "../../src/core/dns/zone.ts";
import { pick, type Random, seededRandom } from "../../src/core/kernel/random.ts";
import type { PlacedApplication } from "../../src/core/resources/catalogue.ts";
import { readCatalogue } from "../../src/core/resources/read.ts";
import { documentsOf, fsn, hel, placed, type Spec, zone } from "../catalogue.ts";
import { type ApiProxy, startApiProxy, type Weather } from "./api-proxy.ts";
import { type Control, liveSovereign, startControl } from "./control-world.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";
import { foreignRrsets, watchZone, writeForeign, type ZoneWatch } from "./zone-watch.ts";

const limitMs = 60_000;
const requestLimitMs = 500;
const commitsPerPhase = 8;
/** Its name holds somebody else's record from the beginning. */
const taken = "taken";

const specs: readonly Spec[] = [
  { placement: "single-region", regions: [fsn] },
  { placement: "single-region", regions: [hel] },
  { placement: "active-active", regions: [fsn, hel] },
  { placement: "active-hotstandby", regions: [fsn, hel] },
  { placement: "active-hotstandby", regions: [hel, fsn] },
  { placement: "active-passive-warm", regions: [fsn, hel], activeRegion: hel },
  { placement: "weighted-canary", regions: [fsn, hel], weights: { [fsn]: 50, [hel]: 50 } },
];

/** What was started, to be ended in the other direction, also when a start in between failed. */
const ends: (() => Promise<void>)[] = [];
let pdns: PdnsServer;
let other: PdnsServer;
let proxy: ApiProxy;
let snapshot: SourceSnapshot;
let control: Control;
let watch: ZoneWatch;
let wanted: DesiredZone;
let revision = 0;
let wrongKey: string | undefined;
const badKey = "wrong-key-of-the-chaos-test";
const seed = Number(process.env["SOVEREIGN_CHAOS_SEED"] ?? 3);
const random = seededRandom(seed);
let applications: ReadonlyMap<string, PlacedApplication> = new Map();
let made = 0;

function publish(): void {
  const sovereign = liveSovereign([
    { cluster: fsn, ipv4: ["192.0.2.1"], ipv6: ["2001:db8::1"], pdns, apiUrl: proxy.url },
    { cluster: hel, ipv4: ["192.0.2.2"], ipv6: ["2001:db8::2"], pdns: other },
  ]);
  const documents = documentsOf([...applications.values()], sovereign);
  const catalogue = readCatalogue(documents, []);
  expect(catalogue.problems).toEqual([]);
  const desired = desiredZone(catalogue);
  if (desired === undefined) throw new Error("there is a Sovereign");
  wanted = desired;
  watch.expect(desired);
  revision += 1;
  snapshot = { revision: `memory-${revision}`, documents, problems: [] };
}

/** Names that went and may come again. */
const gone: string[] = [];

/** One commit: an Application comes, perhaps again, or goes, or several move. */
function change(chosen: Random): void {
  const next = new Map(applications);
  const movable = [...next.keys()].filter((name) => name !== taken);
  const what = chosen.below(10);
  if (what < 2 || movable.length < 4) {
    const again = chosen.below(2) === 0 ? gone.shift() : undefined;
    if (again === undefined) made += 1;
    const name = again ?? `shop${made}`;
    next.set(name, placed(name, pick(chosen, specs)));
  } else if (what < 4 && movable.length > 6) {
    const name = pick(chosen, movable);
    next.delete(name);
    gone.push(name);
  } else {
    for (let moves = 0; moves < 3; moves++) {
      const name = pick(chosen, movable);
      const spec = pick(chosen, specs);
      next.set(name, placed(name, spec));
    }
  }
  applications = next;
  publish();
}

/** Resolves when the controller has worked on the newest revision once, whatever came of it. */
async function untilTried(roundAtMs: number | null): Promise<void> {
  const tried = (): boolean => {
    const now = control.current();
    return now.revision === `memory-${revision}` && now.roundAtMs !== roundAtMs;
  };
  await expect.poll(tried, { timeout: limitMs, interval: 10 }).toBe(true);
}

const failureNow = (): string | undefined => control.current().servers[0]?.failure?.code;
const appliedNow = (): unknown => control.current().servers[0]?.appliedRevision;

beforeAll(async () => {
  pdns = await startPdnsServer([zone], "ns1");
  ends.push(pdns.stop);
  other = await startPdnsServer([zone], "ns2");
  ends.push(other.stop);
  proxy = await startApiProxy(pdns.apiUrl, seededRandom(seed + 1));
  ends.push(proxy.stop);
  await writeForeign(pdns, `${taken}.acme-prod.${zone}`);
  watch = await watchZone(pdns);
  ends.push(watch.end);
  applications = new Map(
    [taken, "a", "b", "c", "d", "e"].map((name) => [name, placed(name, pick(random, specs))]),
  );
  publish();
  const source = { read: () => Promise.resolve(snapshot) };
  const readKey = (): string => wrongKey ?? pdns.apiKey;
  control = await startControl({ cluster: fsn, source, readKey, timeoutMs: requestLimitMs });
  ends.push(control.stop);
});
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
});

const phases: readonly (readonly [string, Weather, boolean])[] = [
  ["is unreachable", "unreachable", false],
  ["fails half of the time before it does anything", "failsBefore", false],
  ["fails half of the time after it has done what was asked", "failsAfter", false],
  ["is slow", "slow", false],
  ["answers too late, and does what was asked later still", "late", false],
  ["refuses the key", "calm", true],
];

test("before the chaos, everything is as declared", async () => {
  await expect.poll(appliedNow, { timeout: limitMs, interval: 20 }).toBe("memory-1");
  expect(watch.violations()).toEqual([]);
});

test.each(phases)("while the API %s, names stay whole", async (_what, weather, isKeyWrong) => {
  await proxy.setWeather(weather);
  wrongKey = isKeyWrong ? badKey : undefined;
  const before = control.current();
  change(random);
  // A round that began in the weather before ends in it.
  await untilTried(before.roundAtMs);
  const seen = new Set<string>();
  for (let commit = 0; commit < commitsPerPhase; commit++) {
    const { roundAtMs } = control.current();
    change(random);
    await untilTried(roundAtMs);
    // PowerDNS has no conditional writes: what arrives late arrives before the next commit, never after it.
    await proxy.settled();
    seen.add(failureNow() ?? "none");
  }
  if (weather === "unreachable") expect([...seen]).toEqual(["NameServerUnreachable"]);
  else if (isKeyWrong) expect([...seen]).toEqual(["NameServerUnauthorized"]);
  else expect(proxy.harmed()).toBeGreaterThan(0);
  await watch.looked();
  expect(watch.violations()).toEqual([]);
});

test("when the chaos ends, everything is as declared by itself, and stays so", async () => {
  await proxy.setWeather("calm");
  wrongKey = undefined;
  await proxy.settled();
  const left = async (): Promise<unknown> => {
    const actual = await powerDnsNameServer(pdns.options).readZone(zone);
    const plan = planZone(wanted, actual, { holdRemovals: false });
    return plan.changes.map((one) => [one.reason, one.application]);
  };
  await expect.poll(appliedNow, { timeout: limitMs, interval: 20 }).toBe(`memory-${revision}`);
  await expect.poll(left, { timeout: limitMs, interval: 20 }).toEqual([]);
  expect(failureNow()).toBeUndefined();
  const { roundAtMs } = control.current();
  await expect
    .poll(() => control.current().roundAtMs, { timeout: limitMs, interval: 20 })
    .not.toBe(roundAtMs);
  expect(await left()).toEqual([]);
  expect(await foreignRrsets(pdns)).toEqual(watch.foreign);
  await watch.looked();
  expect(watch.violations()).toEqual([]);
});

test("the journal tells each change once: what was there, what is there now, from the first to the last", async ({
  annotate,
}) => {
  const events = await control.events();
  const held = new Map<string, string>();
  const breaks: string[] = [];
  let told = 0;
  for (const { type, data } of events) {
    if (type !== "dns.changed" && type !== "dns.driftRepaired") continue;
    // The builder of these events gives them records.
    const records = data["records"] as readonly {
      name: string;
      type: string;
      before: readonly string[];
      after: readonly string[];
    }[];
    for (const record of records) {
      told += 1;
      const key = `${record.name} ${record.type}`;
      const before = JSON.stringify([...record.before].sort());
      const known = held.get(key) ?? "[]";
      if (known !== before) breaks.push(`${key}: told ${known}, and then found ${before}`);
      held.set(key, JSON.stringify([...record.after].sort()));
    }
  }
  expect(breaks).toEqual([]);
  const actual = await powerDnsNameServer(pdns.options).readZone(zone);
  const own = actual.filter(({ ownership }) => ownership !== undefined);
  const contents = own.map(({ name, type, records }) => [
    `${name} ${type}`,
    JSON.stringify([...records].sort()),
  ]);
  const known = [...held].filter(([, records]) => records !== "[]");
  expect(known.sort()).toEqual(contents.sort());
  expect(events.filter(({ type }) => type === "dns.conflict")).toHaveLength(1);
  await annotate(`${revision} commits, ${told} changes told, ${watch.looks()} looks at the zone`);
  await annotate(`names in writes that arrived late: ${proxy.lateNames.size}`);
});

test("neither the journal nor the log holds an API key, the right one or the wrong one", () => {
  const written = control.written();
  expect(written).toContain("dns.applyFailed");
  expect(written).toContain("records changed");
  expect(written.includes(pdns.apiKey) || written.includes(badKey)).toBe(false);
});
