/** The records of the placements by client and by promotion, byte for byte, and what a user can write into them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { catalogueOf, fsn, hel, placed, type Spec, sovereignOf } from "../../../test/catalogue.ts";
import { chooseAnswer } from "./choice.ts";
import { parseHealth } from "./health.ts";
import { chunkBytesMax, joinedContent, objectionToLua, tokenizeLua } from "./lua.ts";
import { withoutMarker } from "./marker.ts";
import { explainName } from "./why.ts";
import { type DesiredApplication, type DesiredZone, desiredZone } from "./zone.ts";

const ash = "hz-ash-rtz-prod";
const three = {
  [fsn]: { ipv4: ["192.0.2.1", "192.0.2.3"], ipv6: ["2001:db8::1"] },
  [hel]: { ipv4: ["192.0.2.2"], ipv6: ["2001:db8::2"] },
  [ash]: { ipv4: ["192.0.2.4"] },
};
function zoneOf(spec: Spec, more: object = { geoip: true }): DesiredZone {
  const base = sovereignOf(three);
  const sovereign = { ...base, spec: { ...base.spec, ...more } };
  const desired = desiredZone(catalogueOf([placed("shop", spec)], sovereign));
  if (desired === undefined) throw new Error("a Sovereign is declared");
  return desired;
}
function shopOf(spec: Spec, more?: object): DesiredApplication {
  const [shop] = zoneOf(spec, more).applications;
  if (shop === undefined) throw new Error("shop can be placed");
  return shop;
}
const contents = (spec: Spec): readonly string[] =>
  shopOf(spec).rrsets.flatMap(({ name, type, records, ttlSeconds }) =>
    records.map((record) => `${name} ${ttlSeconds} ${type} ${joinedContent(record)}`),
  );

const order: Spec = {
  placement: "active-active",
  regions: [fsn, hel, ash],
  geo: {
    order: [
      { continents: ["EU", "AF"], regions: [hel] },
      { continents: ["NA"], regions: [ash, fsn] },
    ],
  },
};
const near: Spec = { placement: "active-active", geo: { byDistance: {} } };
const canary: Spec = { placement: "weighted-canary", weights: { [fsn]: 80, [hel]: 20 } };
const warm: Spec = { placement: "active-passive-warm", activeRegion: hel };
const tcp: Spec["healthCheck"] = { scheme: "https", path: "/healthz", tcp: { port: 587 } };

describe("the records of each placement, byte for byte", () => {
  test("active-active by continent", () => {
    expect(contents(order)).toMatchInlineSnapshot(`
      [
        "shop.acme-prod.sovereign.test. 5 LUA A ";local function g(t) t[#t+1]='255.255.255.255' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) if r[#r]~='255.255.255.255' then return r end end local g1=g({'192.0.2.1','192.0.2.3'}) local g2=g({'192.0.2.2'}) local g3=g({'192.0.2.4'}) if continent({'AF','EU'}) then return g2 or g1 or g3 or {'192.0.2.2'} end if continent({'NA'}) then return g3 or g1 or g2 or {'192.0.2.4'} end return g1 or g2 or g3 or {'192.0.2.1','192.0.2.3'} --[[ catalyst app=acme-prod/shop placement=active-active ]]"",
        "shop.acme-prod.sovereign.test. 5 LUA AAAA ";local function g(t) t[#t+1]='ff02::1' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) if r[#r]~='ff02::1' then return r end end local g1=g({'2001:db8::1'}) local g2=g({'2001:db8::2'}) if continent({'AF','EU'}) then return g2 or g1 or {'2001:db8::2'} end if continent({'NA'}) then return g1 or g2 or {'2001:db8::1'} end return g1 or g2 or {'2001:db8::1'} --[[ catalyst app=acme-prod/shop placement=active-active ]]"",
        "_why.shop.acme-prod.sovereign.test. 5 LUA TXT ";local b={'192.0.2.1','192.0.2.2','192.0.2.3','192.0.2.4'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='255.255.255.255' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='255.255.255.255' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'A '..table.concat(b,' ')..' continent='..continentCode() --[[ catalyst app=acme-prod/shop placement=active-active ]]"",
        "_why.shop.acme-prod.sovereign.test. 5 LUA TXT ";local b={'2001:db8::1','2001:db8::2'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='ff02::1' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='ff02::1' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'AAAA '..table.concat(b,' ')..' continent='..continentCode() --[[ catalyst app=acme-prod/shop placement=active-active ]]"",
      ]
    `);
  });
  test("active-active by distance", () => {
    expect(contents(near)).toMatchInlineSnapshot(`
      [
        "shop.acme-prod.sovereign.test. 5 LUA A "pickclosest(ifurlup('https://shop.acme-prod.sovereign.test/healthz',{'192.0.2.1','192.0.2.3','192.0.2.2'},{selector='all',backupSelector='all'})) --[[ catalyst app=acme-prod/shop placement=active-active ]]"",
        "shop.acme-prod.sovereign.test. 5 LUA AAAA "pickclosest(ifurlup('https://shop.acme-prod.sovereign.test/healthz',{'2001:db8::1','2001:db8::2'},{selector='all',backupSelector='all'})) --[[ catalyst app=acme-prod/shop placement=active-active ]]"",
        "_why.shop.acme-prod.sovereign.test. 5 LUA TXT ";local b={'192.0.2.1','192.0.2.2','192.0.2.3'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='255.255.255.255' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='255.255.255.255' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'A '..table.concat(b,' ')..' continent='..continentCode() --[[ catalyst app=acme-prod/shop placement=active-active ]]"",
        "_why.shop.acme-prod.sovereign.test. 5 LUA TXT ";local b={'2001:db8::1','2001:db8::2'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='ff02::1' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='ff02::1' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'AAAA '..table.concat(b,' ')..' continent='..continentCode() --[[ catalyst app=acme-prod/shop placement=active-active ]]"",
      ]
    `);
  });
  test("weighted-canary, whatever the order of its regions", () => {
    expect(contents(canary)).toMatchInlineSnapshot(`
      [
        "shop.acme-prod.sovereign.test. 5 LUA A ";local function g(t) t[#t+1]='255.255.255.255' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) if r[#r]~='255.255.255.255' then return r end end local g1=g({'192.0.2.1','192.0.2.3'}) local g2=g({'192.0.2.2'}) if not g1 and not g2 then g1={'192.0.2.1','192.0.2.3'} g2={'192.0.2.2'} end if not g1 then return g2 end if not g2 then return g1 end if pickwhashed({{80,'192.0.2.1'},{20,'192.0.2.2'}})=='192.0.2.1' then return g1 end return g2 --[[ catalyst app=acme-prod/shop placement=weighted-canary ]]"",
        "shop.acme-prod.sovereign.test. 5 LUA AAAA ";local function g(t) t[#t+1]='ff02::1' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) if r[#r]~='ff02::1' then return r end end local g1=g({'2001:db8::1'}) local g2=g({'2001:db8::2'}) if not g1 and not g2 then g1={'2001:db8::1'} g2={'2001:db8::2'} end if not g1 then return g2 end if not g2 then return g1 end if pickwhashed({{80,'2001:db8::1'},{20,'2001:db8::2'}})=='2001:db8::1' then return g1 end return g2 --[[ catalyst app=acme-prod/shop placement=weighted-canary ]]"",
        "_why.shop.acme-prod.sovereign.test. 5 LUA TXT ";local b={'192.0.2.1','192.0.2.2','192.0.2.3'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='255.255.255.255' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='255.255.255.255' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'A '..table.concat(b,' ') --[[ catalyst app=acme-prod/shop placement=weighted-canary ]]"",
        "_why.shop.acme-prod.sovereign.test. 5 LUA TXT ";local b={'2001:db8::1','2001:db8::2'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='ff02::1' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='ff02::1' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'AAAA '..table.concat(b,' ') --[[ catalyst app=acme-prod/shop placement=weighted-canary ]]"",
      ]
    `);
    const reordered = { ...canary, regions: [hel, fsn] };
    expect(contents(reordered)[0]).toBe(contents(canary)[0]);
  });
  test("active-passive-warm", () => {
    expect(contents(warm)).toMatchInlineSnapshot(`
      [
        "shop.acme-prod.sovereign.test. 5 A 192.0.2.2",
        "shop.acme-prod.sovereign.test. 5 AAAA 2001:db8::2",
        "_why.shop.acme-prod.sovereign.test. 5 LUA TXT ";local b={'192.0.2.1','192.0.2.2','192.0.2.3'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='255.255.255.255' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='255.255.255.255' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'A '..table.concat(b,' ') --[[ catalyst app=acme-prod/shop placement=active-passive-warm ]]"",
        "_why.shop.acme-prod.sovereign.test. 5 LUA TXT ";local b={'2001:db8::1','2001:db8::2'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='ff02::1' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='ff02::1' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'AAAA '..table.concat(b,' ') --[[ catalyst app=acme-prod/shop placement=active-passive-warm ]]"",
      ]
    `);
    expect(shopOf({ placement: "active-passive-warm" }).expected.A).toEqual([
      "192.0.2.1",
      "192.0.2.3",
    ]);
  });
  test("TCP", () => {
    expect(contents({ healthCheck: tcp })).toMatchInlineSnapshot(`
      [
        "shop.acme-prod.sovereign.test. 5 LUA A ";local function g(t) t[#t+1]='255.255.255.255' local r=ifportup(587,t,{selector='all',backupSelector='all'}) if r[#r]~='255.255.255.255' then return r end end local g1=g({'192.0.2.1','192.0.2.3'}) local g2=g({'192.0.2.2'}) return g1 or g2 or {'192.0.2.1','192.0.2.3'} --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]"",
        "shop.acme-prod.sovereign.test. 5 LUA AAAA "ifportup(587,{'2001:db8::1','2001:db8::2'},{selector='all',backupSelector='all'})[1] --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]"",
        "_why.shop.acme-prod.sovereign.test. 5 LUA TXT ";local b={'192.0.2.1','192.0.2.2','192.0.2.3'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='255.255.255.255' local r=ifportup(587,t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='255.255.255.255' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'A '..table.concat(b,' ') --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]"",
        "_why.shop.acme-prod.sovereign.test. 5 LUA TXT ";local b={'2001:db8::1','2001:db8::2'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='ff02::1' local r=ifportup(587,t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='ff02::1' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'AAAA '..table.concat(b,' ') --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]"",
      ]
    `);
  });
});

test("the TTL is the Application's own, else its placement's, else the Sovereign's", () => {
  const more = { ttl: "5s", ttls: { "active-passive-warm": "1m" } };
  expect(shopOf({ placement: "active-active" }, more).ttlSeconds).toBe(5);
  expect(shopOf(warm, more).rrsets.map(({ ttlSeconds }) => ttlSeconds)).toEqual([60, 60, 60]);
  expect(shopOf({ ...warm, ttl: "10m" }, more).ttlSeconds).toBe(600);
});

describe("what can not be a record is refused", () => {
  const wrong = (spec: object): Spec => spec as Spec; // As a document that nobody has checked.
  test.each<[string, Spec, string]>([
    ["weights of 99", { ...canary, weights: { [fsn]: 80, [hel]: 19 } }, "together 100"],
    ["no weights", { placement: "weighted-canary" }, "together 100"],
    ["a weight of half", { ...canary, weights: { [fsn]: 99.5, [hel]: 0.5 } }, "whole"],
    ["a negative weight", { ...canary, weights: { [fsn]: 101, [hel]: -1 } }, "whole"],
    ["code as a weight", wrong({ ...canary, weights: { [fsn]: "80", [hel]: 20 } }), "whole"],
    ["a weight of nobody", { ...canary, weights: { [fsn]: 80, [hel]: 20, x: 0 } }, "one for each"],
    ["three regions for a canary", { ...canary, regions: [fsn, hel, ash] }, "two regions"],
    ["an active region elsewhere", { ...warm, activeRegion: ash }, "not one of"],
    ["both kinds of geo", { ...near, geo: { byDistance: {}, order: [] } }, "exactly one"],
    ["no kind of geo", { ...near, geo: {} }, "exactly one"],
    [
      "code as a continent",
      wrong({ ...near, geo: { order: [{ continents: ["EU'}) os.exit()"], regions: [fsn] }] } }),
      "continent",
    ],
    [
      "a continent twice",
      { ...near, geo: { order: [{ continents: ["EU", "EU"], regions: [fsn] }] } },
      "twice",
    ],
    [
      "a region elsewhere",
      { ...near, geo: { order: [{ continents: ["EU"], regions: [ash] }] } },
      "region",
    ],
    ["port 0", { healthCheck: { scheme: "https", path: "/", tcp: { port: 0 } } }, "port"],
  ])("%s", (_, spec, because) => {
    const { applications, refusals } = zoneOf(spec);
    expect(applications).toEqual([]);
    expect(refusals[0]?.because).toContain(because);
  });

  test("geo without GeoIP on the name servers", () => {
    for (const more of [{}, { geoip: false }]) {
      expect(zoneOf(near, more).refusals[0]?.because).toContain("GeoIP");
    }
  });
});

describe("the rule that chooses", () => {
  const health = (text: string): ReturnType<typeof parseHealth> =>
    parseHealth({
      rcode: "NOERROR",
      records: [{ name: "", type: "TXT", ttlSeconds: 5, data: text }],
    });
  const a = ["192.0.2.1", "192.0.2.3"];
  const up = "192.0.2.1=up 192.0.2.3=up 192.0.2.2=up 192.0.2.4=up";
  const aDown = "192.0.2.1=not-up 192.0.2.3=not-up 192.0.2.2=up 192.0.2.4=up";
  const helDown = "192.0.2.1=up 192.0.2.3=up 192.0.2.2=not-up 192.0.2.4=up";
  const down = up.replaceAll("=up", "=not-up");
  test.each<[string, Spec, string, readonly (readonly string[])[]]>([
    ["ContinentOrder", order, `${up} continent=eu`, [["192.0.2.2"]]],
    ["ContinentOrder", order, `${helDown} continent=af`, [a]],
    ["ContinentOrder", order, `${up} continent=na`, [["192.0.2.4"]]],
    ["ContinentOrder", order, `${up} continent=oc`, [a]],
    ["ContinentOrder", order, `${up} continent=--`, [a]],
    ["ContinentOrder", order, up, [["192.0.2.2"], ["192.0.2.4"], a]],
    ["FallbackOrder", order, `${down} continent=na`, [["192.0.2.4"]]],
    ["FallbackOrder", order, `${down} continent=as`, [a]],
    ["Nearest", near, `${aDown} continent=eu`, [["192.0.2.2"]]],
    ["Nearest", near, down, [["192.0.2.1"], ["192.0.2.3"], ["192.0.2.2"]]],
    ["Weights", canary, up, [a, ["192.0.2.2"]]],
    ["Weights", canary, down, [a, ["192.0.2.2"]]],
    ["OnlyHealthy", canary, aDown, [["192.0.2.2"]]],
    ["Weights", { ...canary, weights: { [fsn]: 100, [hel]: 0 } }, up, [a]],
    ["OnlyHealthy", { ...canary, weights: { [fsn]: 100, [hel]: 0 } }, aDown, [["192.0.2.2"]]],
    ["ActiveRegion", warm, up, [["192.0.2.2"]]],
    ["ActiveRegion", warm, helDown, [["192.0.2.2"]]],
  ])("%s for %o when %s", (rule, spec, text, answers) => {
    const choice = chooseAnswer(shopOf(spec), "A", health(`A ${text}`));
    expect(choice.rule).toBe(rule);
    expect(choice.alternatives ?? [choice.addresses]).toEqual(answers);
  });
});

test("why calls every answer right that the client may get, and tells the rule with its facts", () => {
  const text = "A 192.0.2.1=up 192.0.2.3=up 192.0.2.2=up continent=eu";
  const rules = (spec: Spec, addresses: readonly string[]): readonly string[] => {
    const shop = shopOf(spec);
    const records = addresses.map((data) => ({ name: "", type: "A", ttlSeconds: 5, data }));
    const why = [{ name: "", type: "TXT", ttlSeconds: 5, data: text }];
    const { servers, right, idiom } = explainName(zoneOf(spec), shop, [
      {
        server: "ns1",
        stored: shop.rrsets,
        answers: {
          A: { rcode: "NOERROR", records },
          AAAA: { rcode: "NOERROR", records: [] },
        },
        health: parseHealth({ rcode: "NOERROR", records: why }),
      },
    ]);
    const [family] = servers[0]?.families ?? [];
    return [idiom, `${right}`, family?.reason.rule ?? "", family?.reason.because ?? ""];
  };
  const ipv4Only = (spec: Spec, addresses: readonly string[]): readonly string[] =>
    rules(spec, addresses).slice(2);
  expect(ipv4Only(canary, ["192.0.2.2"])).toEqual([
    "Weights",
    `by weights: 80 % to ${fsn}, 20 % to ${hel}; a client network stays where it is`,
  ]);
  expect(ipv4Only(canary, ["192.0.2.1", "192.0.2.3"])[0]).toBe("Weights");
  expect(ipv4Only(canary, ["192.0.2.1"])[0]).toBe("FollowsHealth");
  expect(ipv4Only(near, ["192.0.2.3"])).toEqual(["Nearest", "the nearest that is up answers"]);
  expect(
    ipv4Only(
      {
        ...order,
        regions: [fsn, hel],
        geo: { order: [{ continents: ["EU"], regions: [hel] }] },
      },
      ["192.0.2.2"],
    ),
  ).toEqual([
    "ContinentOrder",
    `the client is in EU; ${hel} is the first that is up in the order of that continent`,
  ]);
  expect(ipv4Only(warm, ["192.0.2.1"])[0]).toBe("InPlan");
  expect(rules(warm, ["192.0.2.2"])[0]).toContain(`only a promotion moves it: ${hel}`);
});

/** The code with every literal and number blanked. */
function skeleton(content: string): string {
  const code = /^\S+ "(.*)"$/s.exec(joinedContent(content))?.[1] ?? "";
  return (tokenizeLua(code) ?? [])
    .map(({ kind, text }) => (kind === "literal" ? "L" : text.replace(/\d+/g, "N")))
    .join("");
}

test("whatever a user writes is refused, or the code is exactly ours around plain literals and numbers", () => {
  const nasty = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom(
      "'",
      '"',
      "--",
      "]]",
      "'..os.exit()..'",
      "__proto__",
      "constructor",
      -1,
      1.5,
      Number.NaN,
    ),
  );
  const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
    fc.oneof({ arbitrary: good, weight: 20 }, { arbitrary: nasty, weight: 1 });
  const continent = mostly(fc.constantFrom("AF", "AN", "AS", "EU", "NA", "OC", "SA"));
  const cluster = mostly(fc.constantFrom(fsn, hel));
  const spec = fc.oneof(
    fc.record({
      placement: fc.constant("active-active"),
      geo: fc.record({
        order: fc.array(
          fc.record({
            continents: fc.array(continent, { maxLength: 2 }),
            regions: fc.array(cluster, { maxLength: 2 }),
          }),
          { minLength: 1, maxLength: 3 },
        ),
      }),
    }),
    fc.record({
      placement: fc.constant("weighted-canary"),
      weights: fc.oneof(
        fc.integer({ min: 0, max: 100 }).map((one) => ({ [fsn]: one, [hel]: 100 - one })),
        fc.dictionary(
          fc.oneof(fc.constantFrom(fsn, hel), fc.string()),
          mostly(fc.nat(120)) as fc.Arbitrary<number>,
        ),
      ),
    }),
    fc.record({ placement: fc.constant("active-passive-warm"), activeRegion: cluster }),
    fc.record({
      placement: fc.constantFrom("active-active", "active-hotstandby"),
      healthCheck: fc.record({
        tcp: fc.record({ port: mostly(fc.integer({ min: -5, max: 70_000 })) }),
      }),
    }),
  );
  const allowed =
    /^(local|function|return|end|if|then|not|and|or|g|t|r|gN|ifurlup|ifportup|continent|pickwhashed|selector|backupSelector|i|a|b|in|for|do|ipairs|up|true|table|concat|continentCode|N)$/;
  let accepted = 0;
  fc.assert(
    fc.property(spec, (written) => {
      const { applications } = zoneOf({ regions: [fsn, hel], ...written } as Spec);
      for (const { rrsets } of applications) {
        accepted += 1;
        for (const { type, records } of rrsets) {
          for (const record of records) {
            if (type !== "LUA") continue;
            const bare = withoutMarker(joinedContent(record));
            const words = skeleton(bare).match(/[A-Za-z_]+/g) ?? [];
            expect(words.filter((word) => word !== "L" && !allowed.test(word))).toEqual([]);
            expect(objectionToLua(/^\S+ "(.*)"$/s.exec(bare)?.[1] ?? "")).toBeUndefined();
            const chunks = [...record.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? "");
            expect(chunks.every((chunk) => chunk.length <= chunkBytesMax)).toBe(true);
          }
        }
      }
    }),
    { numRuns: 500 },
  );
  expect(accepted).toBeGreaterThan(50);
});
