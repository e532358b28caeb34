import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  commonFeatures,
  featureState,
  features,
  featuresOf,
  type ServerFacts,
} from "./server-features.ts";
import { objectionsTo, type ServerDemands } from "./server-objections.ts";
import { isSince, parseServerVersion } from "./server-version.ts";

const versionOf = (text: string) => parseServerVersion(text);
const facts = (version: string, settings?: Readonly<Record<string, string>>): ServerFacts => ({
  version: versionOf(version),
  settings: settings === undefined ? undefined : new Map(Object.entries(settings)),
});
const stateOf = (name: string, of: ServerFacts) =>
  featuresOf(of).find((feature) => feature.name === name)?.state;

describe("versions", () => {
  test.each(["", "0.0.20261-g1234", "nightly", "5", "5.1", "v5.1.0", "1.2.3.4"])(
    "%j is no release",
    (text) => {
      expect(versionOf(text)).toBeUndefined();
    },
  );

  test.each([
    ["4.7.3", 4, 7, 3, false],
    ["4.9.0-alpha1", 4, 9, 0, true],
    ["5.1.0~rc1", 5, 1, 0, true],
    ["PowerDNS Authoritative Server 4.8.1 (built now)", 4, 8, 1, false],
  ])("%j is read", (text, major, minor, patch, early) => {
    expect(versionOf(text)).toEqual({ major, minor, patch, early });
  });

  test.each([
    ["4.9.11", false],
    ["4.9.12", true],
    ["4.10.0", false],
    ["5.0.1", false],
    ["5.0.2", true],
    ["5.1.0-rc1", true],
  ])("what came with 4.9.12 and 5.0.2 is in %s: %s", (text, expected) => {
    const version = versionOf(text);
    expect(version !== undefined && isSince(version, ["4.9.12", "5.0.2"])).toBe(expected);
  });

  test("a candidate does not have what its release brought, and any text can be asked", () => {
    expect(stateOf("minimumFailures", facts("5.0.0-rc2"))).toBe("no");
    fc.assert(fc.property(fc.string(), (text) => void versionOf(text)));
  });
});

describe("features", () => {
  test.each([
    ["4.7.3", "no", "no"],
    ["4.9.1", "no", "no"],
    ["5.0.0", "no", "yes"],
    ["5.1.4", "yes", "yes"],
    ["0.0.1", "unknown", "unknown"],
  ])(
    "of %s the setting for updates is %s and the options of checks are %s",
    (version, updates, options) => {
      expect(stateOf("enable-lua-record-updates", facts(version))).toBe(updates);
      for (const name of ["minimumFailures", "interval", "httpcode"]) {
        expect(stateOf(name, facts(version)), name).toBe(options);
      }
    },
  );

  test("a setting that is seen counts more than a version", () => {
    const name = "enable-lua-record-updates";
    expect(stateOf(name, facts("4.9.99", { [name]: "no" }))).toBe("yes");
    expect(stateOf(name, facts("5.1.0", {}))).toBe("no");
    expect(stateOf(name, facts("nightly", { [name]: "yes" }))).toBe("yes");
  });

  test("what one server lacks, or may lack, nobody uses", () => {
    expect(commonFeatures([])).toEqual([]);
    expect(commonFeatures([facts("5.1.0")])).toContain("httpcode");
    expect(commonFeatures([facts("5.1.0"), facts("4.7.3")])).toEqual([]);
    expect(commonFeatures([facts("5.1.0"), facts("nightly")])).toEqual([]);
  });

  test("no feature is lost with a newer version", () => {
    const rising = [
      "4.7.0",
      "4.8.0",
      "4.9.0",
      "4.9.1",
      "4.9.2",
      "5.0.0",
      "5.0.2",
      "5.1.0",
      "6.0.0",
    ];
    for (const feature of features) {
      const states = rising.map((version) => featureState(feature, facts(version)));
      expect(states.lastIndexOf("no"), feature.name).toBeLessThan(
        states.includes("yes") ? states.indexOf("yes") : states.length,
      );
    }
  });

  test("the guide has the table as it is", () => {
    const guide = readFileSync(
      new URL("../../../../docs/guides/server-versions.md", import.meta.url),
      "utf8",
    );
    for (const { name, since, means, here } of features) {
      expect(guide).toContain(`| ${name} | ${since.join(", ")} | ${means} | ${here} |`);
    }
  });
});

const demands: ServerDemands = { signed: false, geoip: false, byClient: false, proxy: undefined };
const proxy = {
  server: "ns1",
  kind: "dnsdist",
  client: "proxyProtocol",
  cacheEntries: undefined,
  front: { address: "192.0.2.1", port: 53 },
  backend: { address: "192.0.2.2", port: 53 },
  source: "192.0.2.1",
} as const;

describe("objections", () => {
  test.each([
    ["names of several regions", { "enable-lua-records": "no" }, {}, ["LuaRecordsOff"]],
    ["Lua by the API", { "enable-lua-record-updates": "no" }, {}, ["LuaUpdatesRefused"]],
    ["a signed zone", { "gsqlite3-dnssec": "no" }, { signed: true }, ["SigningOff"]],
    [
      "a signed zone in one of two",
      { "gmysql-a-dnssec": "no", "gmysql-b-dnssec": "yes" },
      { signed: true },
      [],
    ],
    ["a zone without signatures", { "gsqlite3-dnssec": "no" }, {}, []],
    ["geo", { launch: "gsqlite3" }, { geoip: true }, ["GeoIpMissing"]],
    [
      "geo with a database",
      { launch: "gsqlite3, geoip", "geoip-database-files": "mmdb:/x" },
      { geoip: true },
      [],
    ],
    [
      "geo without a database",
      { launch: "geoip:a", "geoip-database-files": "" },
      { geoip: true },
      ["GeoIpMissing"],
    ],
    [
      "a header that it does not read",
      { "proxy-protocol-from": "" },
      { proxy },
      ["ProxyHeaderNotRead"],
    ],
    ["a header that it reads", { "proxy-protocol-from": "192.0.2.1" }, { proxy }, []],
    ["a header from nobody", { "proxy-protocol-from": "192.0.2.1" }, {}, ["ProxyHeaderExpected"]],
    ["weights", { "edns-subnet-processing": "no" }, { byClient: true }, ["ClientSubnetIgnored"]],
    ["its pace", { "enable-lua-records": "yes" }, {}, ["LuaRecordsSlow"]],
    ["its log", { loglevel: "4" }, {}, ["HealthNotLogged"]],
  ])("to %s with %j", (_, settings, more, expected) => {
    const found = objectionsTo(facts("5.1.0", settings), { ...demands, ...more });
    expect(found.map(({ reason }) => reason)).toEqual(expected);
    for (const { field, remedy, weight } of found) {
      expect(remedy).not.toBe("");
      expect(Object.keys(settings).join() + field).toContain(field);
      expect(["refuses", "warns"]).toContain(weight);
    }
  });

  test.each([
    ["5.0.0", ["ExecLimitFaulty"]],
    ["5.0.1", []],
    ["4.7.3", []],
    ["nightly", ["VersionUnknown"]],
    ["4.6.4", ["VersionOld"]],
  ])("to version %s", (version, expected) => {
    const settings = { "enable-lua-records": "shared", "lua-records-exec-limit": "1000" };
    const found = objectionsTo(facts(version, settings), demands);
    expect(found.map(({ reason }) => reason)).toEqual(expected);
  });

  test("what can not be known is no objection", () => {
    const all = { signed: true, geoip: true, byClient: true, proxy };
    expect(objectionsTo(facts("5.1.0"), all)).toEqual([]);
  });
});
