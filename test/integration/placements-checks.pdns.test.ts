/**
 * New checks have no result at first, and a name server then answers the fallback. So an answer goes over to new checks only
 * once their health is known: shown on a real pdns_server, with a region down and a client that asks without a pause.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { powerDnsNameServer } from "../../src/adapters/powerdns/name-server.ts";
import type { Rrset } from "../../src/core/dns/model.ts";
import { required } from "../../src/core/kernel/assert.ts";
import { type MemorySource, memorySource } from "../../src/sim/memory-source.ts";
import { documentsOf, fsn, hel, placed, type Spec, zone } from "../catalogue.ts";
import { type Backends, startBackends } from "./backends.ts";
import { type Control, liveSovereign, startControl } from "./control-world.ts";
import { askAll, askOne, type ClientQuestion } from "./dns-client-query.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";

const limitMs = 60_000;
const both = [fsn, hel];
const names = ["standby", "everywhere", "canary"] as const;
const specs: Readonly<Record<string, Spec>> = {
  standby: { placement: "active-hotstandby", regions: both },
  everywhere: { placement: "active-active", regions: both },
  canary: { placement: "weighted-canary", regions: both, weights: { [fsn]: 90, [hel]: 10 } },
};
const fqdnOf = (name: string): string => `${name}.acme-prod.${zone.slice(0, -1)}`;

let backends: Backends;
let pdns: PdnsServer;
/** The other region's; nobody writes it here. */
let other: PdnsServer;
let source: MemorySource;
let control: Control;
let revision = 0;

const backend = (index: number) => required(backends.list[index], "there is one in each region");
const addressesOf = (index: number): readonly string[] => [
  backend(index).ipv4,
  backend(index).ipv6,
];

function publish(path: string, more: Readonly<Record<string, Spec>> = {}): string {
  const regions = both.map((cluster, index) => {
    const { ipv4, ipv6 } = backend(index);
    return { cluster, ipv4: [ipv4], ipv6: [ipv6], pdns: index === 0 ? pdns : other };
  });
  const healthCheck = { scheme: "http" as const, port: backends.port, path };
  const applications = Object.entries({ ...specs, ...more }).map(([name, spec]) =>
    placed(name, { healthCheck, ...spec }),
  );
  source.publish(documentsOf(applications, liveSovereign(regions)));
  revision += 1;
  return `memory-${revision}`;
}

const start = (): Promise<Control> =>
  startControl({
    cluster: fsn,
    source,
    readKey: () => pdns.apiKey,
    timeoutMs: 20_000,
    timesAsFast: 1,
  });
const statusNow = () => control.current().servers[0];
const untilApplied = (wanted: string): Promise<void> =>
  expect.poll(() => statusNow()?.appliedRevision, { timeout: limitMs, interval: 20 }).toBe(wanted);
const stored = async (): Promise<ReadonlyMap<string, Rrset>> => {
  const rrsets = await powerDnsNameServer(pdns.options).readZone(zone);
  return new Map(rrsets.map((rrset) => [rrset.name, rrset]));
};
const contentOf = async (name: string): Promise<string> =>
  (await stored()).get(`${name}.`)?.records.join(" ") ?? "";

/** Asks for everything without a pause, and remembers what came of an address that must not be answered. */
function startAsking(asked: readonly string[], forbidden: readonly string[]) {
  const questions: readonly ClientQuestion[] = asked.flatMap((name) =>
    (["A", "AAAA"] as const).map((type) => ({ name: fqdnOf(name), type })),
  );
  const wrong = new Set<string>();
  let count = 0;
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      for (const [index, { rcode, data }] of (await askAll(pdns.dns, questions)).entries()) {
        count += 1;
        const isRight =
          rcode === "NOERROR" && data.length > 0 && !data.some((one) => forbidden.includes(one));
        const { name, type } = questions[index] ?? {};
        if (!isRight) wrong.add(`${type} ${name}: ${rcode} ${data.join(" ")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  return async (): Promise<{ readonly count: number; readonly wrong: readonly string[] }> => {
    stopped = true;
    await running;
    return { count, wrong: [...wrong] };
  };
}

/** Resolves when the server answers everything with the other region alone. */
async function untilOnlyHelAnswers(asked: readonly string[]): Promise<void> {
  const answered = async (): Promise<unknown> => {
    const all = await Promise.all(
      asked.map(async (name) => (await askOne(pdns.dns, { name: fqdnOf(name), type: "A" })).data),
    );
    return new Set(all.flat());
  };
  await expect
    .poll(answered, { timeout: limitMs, interval: 20 })
    .toEqual(new Set([backend(1).ipv4]));
}

/** Reasons of the changes that were journalled for an Application since the `from`th event. */
async function reasonsSince(from: number, application: string): Promise<readonly string[]> {
  return (await control.events())
    .slice(from)
    .filter(({ type, data }) => type.startsWith("dns.") && data["application"] === application)
    .map(({ type, data }) => `${type} ${String(data["reason"])}`);
}

beforeAll(async () => {
  backends = await startBackends(2);
  pdns = await startPdnsServer([zone], "ns1");
  other = await startPdnsServer([zone], "ns2");
  source = memorySource();
  const gone: Spec = { placement: "single-region", regions: [hel] };
  publish("/healthz", { gone, alone: gone });
  control = await start();
});
afterAll(async () => {
  await control.stop();
  await pdns.stop();
  await other.stop();
  backends.stop();
});

test("a changed path while a region is down: the region is never answered because of it, and nothing else waits", async ({
  annotate,
}) => {
  await untilApplied("memory-1");
  backend(0).setMode("failing");
  await untilOnlyHelAnswers(names);
  const from = (await control.events()).length;
  const end = startAsking(names, addressesOf(0));
  const changed = publish("/live", { alone: { placement: "single-region", regions: [hel] } });
  await expect
    .poll(() => statusNow()?.warming.length, { timeout: limitMs, interval: 5 })
    .toBe(names.length);
  const during = await stored();
  // The old answer still decides; what explains it checks the new path, and what nobody declares any more is gone.
  expect(during.get(`${fqdnOf("standby")}.`)?.records.join()).toContain("/healthz'");
  expect(during.get(`_why.${fqdnOf("standby")}.`)?.records.join()).toContain("/live'");
  expect(during.has(`${fqdnOf("gone")}.`)).toBe(false);
  expect(statusNow()?.warming[0]?.because).toContain("the old ones decide");
  await untilApplied(changed);
  for (const name of names) expect(await contentOf(fqdnOf(name))).toContain("/live'");
  await untilOnlyHelAnswers(names);
  const { count, wrong } = await end();
  expect(wrong).toEqual([]);
  for (const name of names) {
    expect(await reasonsSince(from, `acme-prod/${name}`)).toEqual([
      "dns.changed ChecksWarmUp",
      "dns.changed ContentDiffers",
    ]);
  }
  await annotate(`${count} answers, none of ${fsn}`);
});

test("a control process that ends between the two steps is followed by one that takes the second", async () => {
  const end = startAsking(names, addressesOf(0));
  const changed = publish("/ready", { alone: { placement: "single-region", regions: [hel] } });
  await expect
    .poll(() => contentOf(`_why.${fqdnOf("standby")}`), { timeout: limitMs, interval: 5 })
    .toContain("/ready'");
  expect(await contentOf(fqdnOf("standby"))).toContain("/live'");
  await control.stop();
  control = await start();
  await untilApplied(changed);
  expect(await contentOf(fqdnOf("standby"))).toContain("/ready'");
  expect((await end()).wrong).toEqual([]);
  const events = await control.events();
  const changes = events.filter(({ type }) => type === "dns.changed");
  expect(new Set(changes.map(({ data }) => data["reason"]))).toEqual(new Set(["ContentDiffers"]));
});

test("a plain record becomes one that follows health only once health is known", async () => {
  const asked = [...names, "alone"];
  const end = startAsking(asked, addressesOf(0));
  const changed = publish("/ready", { alone: { placement: "active-active", regions: both } });
  await untilApplied(changed);
  await untilOnlyHelAnswers(asked);
  expect(await contentOf(fqdnOf("alone"))).toContain("ifurlup");
  expect((await end()).wrong).toEqual([]);
});

test("when everything is up, nothing has to wait for longer than a probe takes, and order alone does not wait", async () => {
  backend(0).setMode("up");
  const from = (await control.events()).length;
  const standby: Spec = { placement: "active-hotstandby", regions: [hel, fsn] };
  const changed = publish("/ready", { standby, alone: specs["everywhere"] ?? {} });
  await untilApplied(changed);
  expect(await reasonsSince(from, "acme-prod/standby")).toEqual(["dns.changed ContentDiffers"]);
});

test("the marker in the code keeps records ours when their comments are lost, and keeps their probes warm", async () => {
  backend(0).setMode("failing");
  await untilOnlyHelAnswers(names);
  const before = await stored();
  const end = startAsking(names, addressesOf(0));
  const from = (await control.events()).length;
  // As after a restore of the records alone: no comment is left.
  for (const name of names) {
    const body = JSON.stringify({
      rrsets: [
        { name: `${fqdnOf(name)}.`, type: "LUA", changetype: "REPLACE", comments: [] },
        { name: `_why.${fqdnOf(name)}.`, type: "LUA", changetype: "REPLACE", comments: [] },
      ],
    });
    const headers = { "X-API-Key": pdns.apiKey, "Content-Type": "application/json" };
    const url = `${pdns.apiUrl}/api/v1/servers/localhost/zones/${zone}`;
    expect((await fetch(url, { method: "PATCH", headers, body })).status).toBe(204);
  }
  const lost = await stored();
  expect(lost.get(`${fqdnOf("canary")}.`)).toMatchObject({
    ownership: { application: "acme-prod/canary" },
    commentMissing: true,
  });
  const repaired = async (): Promise<unknown> => {
    const now = await stored();
    return names.map((name) => now.get(`${fqdnOf(name)}.`)?.commentMissing);
  };
  await expect
    .poll(repaired, { timeout: limitMs, interval: 50 })
    .toEqual(names.map(() => undefined));
  expect(await stored()).toEqual(before);
  await expect
    .poll(() => reasonsSince(from, "acme-prod/standby"), { timeout: limitMs, interval: 20 })
    .toEqual(["dns.driftRepaired CommentMissing"]);
  expect((await end()).wrong).toEqual([]);
});

test("a record from before there were markers gets one, and its probes stay warm meanwhile", async () => {
  const end = startAsking(names, addressesOf(0));
  const from = (await control.events()).length;
  const name = `${fqdnOf("standby")}.`;
  const wanted = required((await stored()).get(name), "it is there");
  const records = wanted.records.map((record) => record.replace(/ --\[\[[^\]]*\]\]/, ""));
  const old = { ...wanted, records: records.map((record) => record.replace(/" ""$/, '"')) };
  await powerDnsNameServer(pdns.options).change(zone, [{ kind: "replace", rrset: old }]);
  expect(await contentOf(name.slice(0, -1))).not.toContain("catalyst app=");
  await expect
    .poll(() => contentOf(name.slice(0, -1)), { timeout: limitMs, interval: 50 })
    .toContain("catalyst app=acme-prod/standby");
  await expect
    .poll(() => reasonsSince(from, "acme-prod/standby"), { timeout: limitMs, interval: 20 })
    .toEqual(["dns.driftRepaired MarkerDiffers"]);
  expect((await end()).wrong).toEqual([]);
});

test("without the two steps, the region that is down is answered: what this file guards against", async () => {
  const wanted = required((await stored()).get(`${fqdnOf("everywhere")}.`), "it is there");
  const records = wanted.records.map((record) => record.replaceAll("/ready'", "/other'"));
  const rrset = { ...wanted, name: `direct.${zone}`, records };
  await powerDnsNameServer(pdns.options).change(zone, [{ kind: "replace", rrset }]);
  const { data } = await askOne(pdns.dns, { name: `direct.${zone.slice(0, -1)}`, type: "A" });
  expect(data).toEqual([backend(0).ipv4, backend(1).ipv4].sort());
});
