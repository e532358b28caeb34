import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { catalogueOf, fsn, hel, placed, sovereignOf } from "../../../test/catalogue.ts";
import type { PlacementKind } from "../resources/application.ts";
import { joinedContent, objectionToLua, tokenizeLua } from "./lua.ts";
import { withoutMarker } from "./marker.ts";
import type { Rrset } from "./model.ts";
import { type DesiredZone, desiredZone, type ZoneOptions } from "./zone.ts";

function zoneOf(
  applications: Parameters<typeof catalogueOf>[0],
  sovereign = sovereignOf(),
  options: ZoneOptions = {},
): DesiredZone {
  const desired = desiredZone(catalogueOf(applications, sovereign), options);
  if (desired === undefined) throw new Error("a Sovereign is declared");
  return desired;
}

const rrsetsOf = (zone: DesiredZone): readonly Rrset[] =>
  zone.applications.flatMap(({ rrsets }) => rrsets);
const contents = (zone: DesiredZone): readonly string[] =>
  rrsetsOf(zone).flatMap(({ name, type, records }) =>
    records.map((record) => `${name} ${type} ${record}`),
  );

const twoEach = sovereignOf({
  [fsn]: { ipv4: ["192.0.2.1", "192.0.2.3"], ipv6: ["2001:DB8::1"] },
  [hel]: { ipv4: ["192.0.2.2", "192.0.2.4"], ipv6: ["2001:db8::2"] },
});

describe("what cannot be a record is refused, and the others go on", () => {
  test.each([
    ["a path with a quote", { healthCheck: { scheme: "http", path: "/a'b" } }, "path"],
    ["a path with a space", { healthCheck: { scheme: "http", path: "/a b" } }, "path"],
    ["a host with a quote", { healthCheck: { scheme: "http", path: "/", host: "a'.b" } }, "host"],
    ["port 0", { healthCheck: { scheme: "http", path: "/", port: 0 } }, "port"],
    ["an unknown region", { regions: [fsn, "hz-sin-rtz-prod"] }, "no region"],
    ["one region for two", { regions: [fsn] }, "at least two regions"],
    ["a region twice", { regions: [fsn, fsn] }, "named twice"],
    ["two for one", { placement: "single-region" }, "names one region, not 2"],
  ] as const)("%s", (_, spec, because) => {
    const bad = placed("bad", spec as Parameters<typeof placed>[1]);
    const zone = zoneOf([bad, placed("good")]);
    expect(zone.applications.map(({ fqdn }) => fqdn)).toEqual(["good.acme-prod.sovereign.test"]);
    expect(zone.refusals).toMatchObject([
      { application: "acme-prod/bad", origin: { file: "apps/bad.yaml" } },
    ]);
    expect(zone.refusals[0]?.because).toContain(because);
  });

  test.each([
    ["an IPv6 address in the IPv4 list", { ipv4: ["2001:db8::9"] }],
    ["a sentinel as an address", { ipv4: ["255.255.255.255"] }],
    ["a multicast address", { ipv6: ["ff02::1"] }],
    ["code as an address", { ipv4: ["1.2.3.4'}) os.exit() --"] }],
    ["no address at all", {}],
  ])("%s", (_, addresses) => {
    const sovereign = sovereignOf({ [fsn]: { ipv4: ["192.0.2.1"] }, [hel]: addresses });
    const zone = zoneOf([placed("shop")], sovereign);
    expect(zone.applications).toEqual([]);
    expect(zone.refusals).toHaveLength(1);
  });

  test("two Applications of one name", () => {
    expect(zoneOf([placed("shop"), placed("shop")]).refusals).toHaveLength(1);
  });

  test("a hot standby without a family in common", () => {
    const sovereign = sovereignOf({
      [fsn]: { ipv4: ["192.0.2.1"] },
      [hel]: { ipv6: ["2001:db8::2"] },
    });
    expect(zoneOf([placed("shop")], sovereign).refusals[0]?.because).toContain("in common");
    const both = zoneOf([placed("shop", { placement: "active-active" })], sovereign);
    expect(both.applications[0]?.expected).toEqual({ A: ["192.0.2.1"], AAAA: ["2001:db8::2"] });
  });
});

describe("the records of each placement, byte for byte", () => {
  test("single-region is plain", () => {
    expect(
      contents(zoneOf([placed("shop", { placement: "single-region", regions: [hel] })])),
    ).toMatchInlineSnapshot(`
      [
        "shop.acme-prod.sovereign.test. A 192.0.2.2",
        "shop.acme-prod.sovereign.test. AAAA 2001:db8::2",
      ]
    `);
  });

  test("active-active", () => {
    expect(
      contents(zoneOf([placed("shop", { placement: "active-active" })])),
    ).toMatchInlineSnapshot(`
      [
        "shop.acme-prod.sovereign.test. LUA A "ifurlup('https://shop.acme-prod.sovereign.test/healthz',{'192.0.2.1','192.0.2.2'},{selector='all',backupSelector='all'}) --[[ catalyst app=acme-prod/shop placement=active-active ]]"",
        "shop.acme-prod.sovereign.test. LUA AAAA "ifurlup('https://shop.acme-prod.sovereign.test/healthz',{'2001:db8::1','2001:db8::2'},{selector='all',backupSelector='all'}) --[[ catalyst app=acme-prod/shop placement=active-active ]]"",
        "_why.shop.acme-prod.sovereign.test. LUA TXT ";local b={'192.0.2.1','192.0.2.2'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='255.255.255.255' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if " "r[#r]~='255.255.255.255' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'A '..table.concat(b,' ') --[[ catalyst app=acme-prod/shop placement=active-active ]]"",
        "_why.shop.acme-prod.sovereign.test. LUA TXT ";local b={'2001:db8::1','2001:db8::2'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='ff02::1' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='ff02::1' then for " "i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'AAAA '..table.concat(b,' ') --[[ catalyst app=acme-prod/shop placement=active-active ]]"",
      ]
    `);
  });

  test("active-hotstandby with one address a region", () => {
    expect(contents(zoneOf([placed("shop")]))).toMatchInlineSnapshot(`
      [
        "shop.acme-prod.sovereign.test. LUA A "ifurlup('https://shop.acme-prod.sovereign.test/healthz',{'192.0.2.1','192.0.2.2'},{selector='all',backupSelector='all'})[1] --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]"",
        "shop.acme-prod.sovereign.test. LUA AAAA "ifurlup('https://shop.acme-prod.sovereign.test/healthz',{'2001:db8::1','2001:db8::2'},{selector='all',backupSelector='all'})[1] --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]"",
        "_why.shop.acme-prod.sovereign.test. LUA TXT ";local b={'192.0.2.1','192.0.2.2'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='255.255.255.255' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if " "r[#r]~='255.255.255.255' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'A '..table.concat(b,' ') --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]"",
        "_why.shop.acme-prod.sovereign.test. LUA TXT ";local b={'2001:db8::1','2001:db8::2'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='ff02::1' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='ff02::1' then for " "i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'AAAA '..table.concat(b,' ') --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]"",
      ]
    `);
  });

  test("active-hotstandby with several addresses a region", () => {
    expect(contents(zoneOf([placed("shop")], twoEach))).toMatchInlineSnapshot(`
      [
        "shop.acme-prod.sovereign.test. LUA A ";local function g(t) t[#t+1]='255.255.255.255' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) if r[#r]~='255.255.255.255' then return r end end local g1=g({'192.0.2.1','192.0.2.3'}) local " "g2=g({'192.0.2.2','192.0.2.4'}) return g1 or g2 or {'192.0.2.1','192.0.2.3'} --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]"",
        "shop.acme-prod.sovereign.test. LUA AAAA "ifurlup('https://shop.acme-prod.sovereign.test/healthz',{'2001:db8::1','2001:db8::2'},{selector='all',backupSelector='all'})[1] --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]"",
        "_why.shop.acme-prod.sovereign.test. LUA TXT ";local b={'192.0.2.1','192.0.2.2','192.0.2.3','192.0.2.4'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='255.255.255.255' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} " "if r[#r]~='255.255.255.255' then for i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'A '..table.concat(b,' ') --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]"",
        "_why.shop.acme-prod.sovereign.test. LUA TXT ";local b={'2001:db8::1','2001:db8::2'} local t={} for i,a in ipairs(b) do t[i]=a end t[#t+1]='ff02::1' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) local up={} if r[#r]~='ff02::1' then for " "i,a in ipairs(r) do up[a]=true end end for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end return 'AAAA '..table.concat(b,' ') --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]"",
      ]
    `);
  });

  test("another fallback order changes who answers when nothing is up, and no check", () => {
    const fallbackOrders = new Map([["acme-prod/shop", [hel]]]);
    const [other] = contents(zoneOf([placed("shop")], sovereignOf(), { fallbackOrders }));
    expect(other).toMatchInlineSnapshot(
      `"shop.acme-prod.sovereign.test. LUA A ";local function g(t) t[#t+1]='255.255.255.255' local r=ifurlup('https://shop.acme-prod.sovereign.test/healthz',t,{selector='all',backupSelector='all'}) if r[#r]~='255.255.255.255' then return r end end local g1=g({'192.0.2.1'}) local " "g2=g({'192.0.2.2'}) return g1 or g2 or {'192.0.2.2'} --[[ catalyst app=acme-prod/shop placement=active-hotstandby ]]""`,
    );
    const reversed = zoneOf([placed("shop")], twoEach, { fallbackOrders });
    expect(withoutMarker(joinedContent(rrsetsOf(reversed)[0]?.records[0] ?? ""))).toMatch(
      / or \{'192\.0\.2\.2','192\.0\.2\.4'\}"$/,
    );
    const same = new Map([["acme-prod/shop", [fsn, "hz-gone-rtz-prod"]]]);
    expect(rrsetsOf(zoneOf([placed("shop")], twoEach, { fallbackOrders: same }))).toEqual(
      rrsetsOf(zoneOf([placed("shop")], twoEach)),
    );
  });

  test("a probe with everything said, and a default port that is left out", () => {
    const probeOf = (healthCheck: Parameters<typeof placed>[1]): string =>
      /'(https?:[^']*)'/.exec(contents(zoneOf([placed("shop", healthCheck)])).join(" "))?.[1] ?? "";
    const all = { scheme: "http", host: "Probe.Example", port: 8080, path: "/up?deep=1" } as const;
    expect(probeOf({ healthCheck: all })).toBe("http://probe.example:8080/up?deep=1");
    expect(probeOf({ healthCheck: { ...all, port: 80 } })).toBe("http://probe.example/up?deep=1");
    expect(probeOf({})).toBe("https://shop.acme-prod.sovereign.test/healthz");
  });

  test("a hot standby answers no family that a region lacks", () => {
    const sovereign = sovereignOf({
      [fsn]: { ipv4: ["192.0.2.1"], ipv6: ["2001:db8::1"] },
      [hel]: { ipv4: ["192.0.2.2"] },
    });
    const [shop] = zoneOf([placed("shop")], sovereign).applications;
    expect(shop?.expected).toEqual({ A: ["192.0.2.1", "192.0.2.2"], AAAA: [] });
    expect(shop?.rrsets[0]?.records).toHaveLength(1);
  });

  test("the longest name that is legal still fits, without the record that explains it", () => {
    const label = "a".repeat(63);
    const long = placed(label);
    const fqdn = [label, label, label, "a".repeat(46), "sovereign.test"].join(".");
    const zone = zoneOf([{ ...long, fqdn }]);
    expect(fqdn.length).toBe(253);
    expect(zone.refusals).toEqual([]);
    expect(rrsetsOf(zone).map(({ name }) => name)).toEqual([`${fqdn}.`]);
    expect(zone.applications[0]?.whyName).toBeUndefined();
  });

  test("a catalogue without a Sovereign asks for nothing", () => {
    expect(desiredZone({ ...catalogueOf([]), sovereign: undefined })).toBeUndefined();
  });
});

/** The code with every literal blanked, and literals that are joined counted as one. */
function skeleton(content: string): string {
  const code = /^\S+ "(.*)"$/s.exec(joinedContent(content))?.[1] ?? "";
  const tokens = tokenizeLua(code) ?? [];
  const text = tokens.map((token) => (token.kind === "literal" ? "L" : token.text)).join("");
  return text.replace(/L(\.\. L)+/g, "L");
}

test("whatever a user writes is refused, or the code is exactly ours around plain literals", () => {
  const nasty = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.constantFrom("'", '"', "\\", "--", "]]", "[[x]]", "\n", "'..os.exit()..'", "/a]]b"),
  );
  const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<T | string> =>
    fc.oneof({ arbitrary: good, weight: 12 }, { arbitrary: nasty, weight: 1 });
  const goodPath = fc.stringMatching(/^\/[A-Za-z0-9._~!$&()*+,;=:@%/?-]{0,511}$/);
  const model = fc.record({
    placement: fc.constantFrom<PlacementKind>("active-active", "active-hotstandby"),
    path: mostly(fc.oneof(goodPath, fc.constant("/ok--fine"))),
    host: fc.option(mostly(fc.domain()), { nil: undefined }),
    port: fc.option(fc.integer({ min: -10, max: 70_000 }), { nil: undefined }),
    ipv4: fc.array(mostly(fc.ipV4()), { minLength: 1, maxLength: 3 }),
    ipv6: fc.array(mostly(fc.ipV6()), { maxLength: 3 }),
    ttl: mostly(fc.constant("30s")),
  });
  let accepted = 0;
  fc.assert(
    fc.property(model, ({ placement, path, host, port, ipv4, ipv6, ttl }) => {
      const base = sovereignOf({ [fsn]: { ipv4: ["192.0.2.1"], ipv6 }, [hel]: { ipv4 } });
      const sovereign = { ...base, spec: { ...base.spec, ttl } };
      const healthCheck = {
        scheme: "http" as const,
        path,
        ...(host === undefined ? {} : { host }),
        ...(port === undefined ? {} : { port }),
      };
      const [application] = zoneOf(
        [placed("shop", { placement, healthCheck })],
        sovereign,
      ).applications;
      if (application === undefined) return;
      accepted += 1;
      const plainRegions = application.regions.map(({ addresses, cluster }) => [
        cluster,
        {
          ipv4: addresses.A.map((_, index) => `198.51.100.${index + (cluster === fsn ? 1 : 100)}`),
          ipv6: addresses.AAAA.map(
            (_, index) => `2001:db8::${index + (cluster === fsn ? 1 : 100)}`,
          ),
        },
      ]);
      const plain = zoneOf(
        [placed("shop", { placement })],
        sovereignOf(Object.fromEntries(plainRegions) as Parameters<typeof sovereignOf>[0]),
      ).applications[0];
      const records = application.rrsets.flatMap((rrset) => rrset.records);
      const expected = (plain?.rrsets ?? []).flatMap((rrset) => rrset.records);
      expect(records.map(skeleton)).toEqual(expected.map(skeleton));
      for (const record of records) {
        const bare = withoutMarker(joinedContent(record));
        const code = /^\S+ "(.*)"$/s.exec(bare)?.[1] ?? "";
        expect(bare).not.toBe(joinedContent(record));
        expect(objectionToLua(code)).toBeUndefined();
        for (const token of tokenizeLua(code) ?? []) {
          if (token.kind === "literal") expect(token.text).toMatch(/^[\x20-\x7e]*$/);
        }
      }
    }),
    { numRuns: 500 },
  );
  expect(accepted).toBeGreaterThan(50);
});
