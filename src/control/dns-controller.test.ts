import { expect, test } from "vitest";
import { fsn, hel, placed, zone } from "../../test/catalogue.ts";
import { makeWorld } from "../../test/dns-controller-world.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { FakeNameServer } from "../sim/fake-name-server.ts";

const shop = placed("shop");
const blog = placed("blog", { placement: "active-active" });

test("a commit is written to the own region's servers once, and a steady round does nothing", async () => {
  const world = makeWorld();
  world.commit([shop, blog]);
  world.servers.ns2.put(zone, { name: zone, type: "NS", ttlSeconds: 5, records: ["ns.x."] });
  await world.pass(1);
  expect(world.news()).toEqual([
    "source.revisionRead",
    "dns.planned",
    "dns.changed",
    "dns.changed",
  ]);
  expect(world.servers.ns1.rrsets(zone)).toHaveLength(4);
  expect(world.servers.ns2.writes()).toBe(0);
  await world.pass(9);
  expect(world.servers.ns1.writes()).toBe(1);
  expect(world.news()).toEqual([]);
  const { servers, applications, revision } = world.current();
  expect(revision).toBe("r1");
  expect(applications.map(({ fqdn }) => fqdn)).toEqual([blog.fqdn, shop.fqdn]);
  expect(servers).toMatchObject([
    { server: `ns1 of ${fsn}`, own: true, reachable: true, appliedRevision: "r1" },
    { server: `ns2 of ${hel}`, own: false, reachable: true, appliedRevision: null },
  ]);
  expect(servers[0]?.answers.map(({ state }) => state)).toEqual(Array(4).fill("right"));
});

test("another region's wrong answers are reported after a while, never repaired, and right again", async () => {
  const world = makeWorld();
  world.commit([shop]);
  await world.pass(11);
  expect(world.news().slice(-2)).toEqual(["dns.answerWrong", "dns.answerWrong"]);
  expect(world.servers.ns2.writes()).toBe(0);
  await world.pass(40);
  expect(world.news()).toEqual([]);
  for (const rrset of world.servers.ns1.rrsets(zone)) {
    world.servers.ns2.put(zone, rrset);
  }
  await world.pass(20);
  expect(world.news()).toEqual(["dns.answerRight", "dns.answerRight"]);
});

test("drift is repaired and called drift, and so is the next one", async () => {
  const world = makeWorld();
  world.commit([shop]);
  await world.pass(5);
  for (const _ of [1, 2]) {
    world.news();
    const [answer] = world.servers.ns1.rrsets(zone);
    if (answer === undefined) throw new Error("the record was written");
    world.servers.ns1.put(zone, { ...answer, ttlSeconds: 3_600 });
    await world.pass(10);
    expect(world.news().filter((type) => !type.startsWith("dns.answer"))).toEqual([
      "dns.planned",
      "dns.driftRepaired",
    ]);
    expect(world.servers.ns1.rrsets(zone)[0]?.ttlSeconds).toBe(5);
  }
});

test("while a document is wrong nothing is removed, and the mistake is told once", async () => {
  const world = makeWorld();
  world.commit([shop, blog]);
  await world.pass(1);
  world.news();
  world.commit([shop], true);
  await world.pass(12);
  const news = world.news().filter((type) => !type.startsWith("dns.answer"));
  expect(news).toEqual(["source.revisionRead", "source.documentBroken"]);
  expect(world.servers.ns1.rrsets(zone)).toHaveLength(4);
  expect(world.current().servers[0]?.heldRemovals).toBe(2);
  expect(world.current().problems).toHaveLength(1);
  world.commit([shop, blog], true);
  await world.pass(12);
  expect(world.news()).not.toContain("source.documentBroken");
  world.commit([shop]);
  await world.pass(2);
  expect(world.servers.ns1.rrsets(zone)).toHaveLength(2);
});

test("without a Sovereign nothing is changed", async () => {
  const world = makeWorld();
  world.commit([shop]);
  await world.pass(1);
  world.withoutSovereign();
  await world.pass(20);
  expect(world.servers.ns1.rrsets(zone)).toHaveLength(2);
  expect(world.current().failure?.code).toBe("DocumentInvalid");
});

test("what was told before the Sovereign broke is not told again when it is mended", async () => {
  const world = makeWorld();
  world.servers.ns1.put(zone, { name: `${shop.fqdn}.`, type: "A", ttlSeconds: 60, records: ["x"] });
  world.commit([shop]);
  await world.pass(1);
  expect(world.news()).toContain("dns.conflict");
  world.withoutSovereign();
  await world.pass(20);
  world.commit([shop]);
  await world.pass(20);
  expect(world.news()).not.toContain("dns.conflict");
});

test("a region that the Sovereign does not have writes nothing and says so", async () => {
  const world = makeWorld({ cluster: "hz-sin-rtz-prod" });
  world.commit([shop]);
  await world.pass(3);
  expect(world.current().failure).toMatchObject({ code: "ConfigInvalid", field: "cluster" });
  expect(world.servers.ns1.writes()).toBe(0);
});

test("a server that is away is told once, tried with growing pauses, and caught up by itself", async () => {
  const world = makeWorld();
  world.servers.ns1.setReachable(false);
  world.commit([shop]);
  await world.pass(60);
  const news = world.news();
  expect(news.filter((type) => type === "dns.applyFailed")).toHaveLength(1);
  expect(world.current().servers[0]).toMatchObject({
    reachable: false,
    failure: { code: "NameServerUnreachable" },
  });
  world.servers.ns1.setReachable(true);
  await world.pass(40);
  expect(world.servers.ns1.rrsets(zone)).toHaveLength(2);
  expect(world.current().servers[0]).toMatchObject({ reachable: true, failure: null });
});

test("a new revision is tried at once, however long a server has been away", async () => {
  const world = makeWorld();
  world.servers.ns1.setReachable(false);
  world.commit([shop]);
  await world.pass(60);
  world.servers.ns1.setReachable(true);
  world.commit([shop, blog]);
  await world.pass(1);
  expect(world.servers.ns1.rrsets(zone)).toHaveLength(4);
});

test.each([
  ["a wrong key", "NameServerUnauthorized", (ns: FakeNameServer) => ns.setAuthorized(false)],
  [
    "a server that fails before it changes anything",
    "NameServerUnreachable",
    (ns: FakeNameServer) => ns.setFaults({ failsBeforePerMille: 1_000 }),
  ],
] as const)("%s is one clear failure and changes nothing", async (_, code, breakIt) => {
  const world = makeWorld();
  breakIt(world.servers.ns1);
  world.commit([shop]);
  await world.pass(30);
  expect(world.servers.ns1.rrsets(zone)).toEqual([]);
  expect(world.current().servers[0]?.failure?.code).toBe(code);
  const failures = world.news().filter((type) => type === "dns.applyFailed");
  expect(failures).toHaveLength(1);
});

test("what a server did although it said no is found by reading, and journalled once", async () => {
  const world = makeWorld();
  world.servers.ns1.setFaults({ failsAfterPerMille: 1_000 });
  world.commit([shop]);
  await world.pass(1);
  expect(world.news()).toEqual([
    "source.revisionRead",
    "dns.planned",
    "dns.changed",
    "dns.applyFailed",
  ]);
  world.servers.ns1.setFaults({});
  await world.pass(9);
  expect(world.news()).toEqual([]);
  expect(world.servers.ns1.writes()).toBe(1);
});

test("a name that belongs to somebody else is told once; the others are written", async () => {
  const world = makeWorld();
  const foreign = { name: `${shop.fqdn}.`, type: "A", ttlSeconds: 60, records: ["192.0.2.77"] };
  world.servers.ns1.put(zone, foreign);
  world.commit([shop, blog]);
  await world.pass(30);
  const news = world.news();
  expect(news.filter((type) => type === "dns.conflict")).toHaveLength(1);
  expect(world.current().servers[0]?.conflicts).toMatchObject([{ name: `${shop.fqdn}.` }]);
  expect(world.servers.ns1.rrsets(zone)).toContainEqual(foreign);
  expect(
    world.current().servers[0]?.answers.filter(({ state }) => state === "wrong"),
  ).toMatchObject([
    { fqdn: shop.fqdn, type: "A", addresses: ["192.0.2.77"] },
    { fqdn: shop.fqdn, type: "AAAA" },
  ]);
});

test("a name that somebody gives free is written as a change, not as drift", async () => {
  const world = makeWorld();
  const foreign = { name: `${shop.fqdn}.`, type: "A", ttlSeconds: 60, records: ["192.0.2.77"] };
  world.servers.ns1.put(zone, foreign);
  world.commit([shop]);
  await world.pass(1);
  world.news();
  await world.servers.ns1.change(zone, [{ kind: "delete", name: foreign.name, type: "A" }]);
  await world.pass(10);
  const news = world.news();
  expect(news).toContain("dns.changed");
  expect(news).not.toContain("dns.driftRepaired");
});

test("observing plans and journals once and changes nothing", async () => {
  const world = makeWorld({ observeOnly: true });
  world.commit([shop]);
  await world.pass(30);
  expect(world.news().filter((type) => type === "dns.planned")).toHaveLength(1);
  expect(world.servers.ns1.writes()).toBe(0);
  expect(world.current()).toMatchObject({
    observeOnly: true,
    servers: [{ pendingChanges: 2 }, {}],
  });
});

test("a silent server costs one event, and one more when it is heard again", async () => {
  const world = makeWorld();
  world.commit([shop]);
  world.silent.add("198.51.100.2");
  await world.pass(30);
  expect(world.news().filter((type) => type.startsWith("dns.server"))).toEqual([
    "dns.serverSilent",
  ]);
  expect(world.current().servers[1]).toMatchObject({ reachable: false });
  expect(world.current().servers[1]?.answers[0]?.state).toBe("silent");
  world.silent.clear();
  await world.pass(20);
  expect(world.news()[0]).toBe("dns.serverAnswers");
});

test("a source that is away is shown as stale while work goes on", async () => {
  const world = makeWorld();
  world.commit([shop]);
  await world.pass(1);
  world.setSource(new Failure("SourceUnavailable", "the repository is away"));
  await world.pass(12);
  expect(world.current()).toMatchObject({ revision: "r1", stale: { code: "SourceUnavailable" } });
});

test("whatever the servers do, everything is right once they stop, and every change is journalled", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const world = makeWorld({}, seed);
    const server = world.servers.ns1;
    server.setFaults({
      unreachablePerMille: 200,
      failsBeforePerMille: 300,
      failsAfterPerMille: 300,
      slowPerMille: 100,
      slowMs: 500,
    });
    for (const applications of [
      [shop],
      [shop, blog],
      [blog],
      [placed("shop", { placement: "single-region", regions: [fsn] })],
    ]) {
      world.commit(applications);
      await world.pass(1 + (seed % 7));
    }
    server.setFaults({});
    await world.pass(60);
    const names = server.rrsets(zone).map(({ name, type }) => `${name} ${type}`);
    expect(names, `seed ${seed}`).toEqual([`${shop.fqdn}. A`, `${shop.fqdn}. AAAA`]);
    expect(world.current().servers[0], `seed ${seed}`).toMatchObject({
      failure: null,
      pendingChanges: 0,
      appliedRevision: "r4",
    });
    const written = world.journal.events.filter(({ type }) => type === "dns.changed").length;
    expect(written, `seed ${seed}`).toBeGreaterThanOrEqual(1);
    expect(world.journal.events.some(({ type }) => type === "dns.driftRepaired")).toBe(false);
  }
});
