import { describe, expect, test } from "vitest";
import { sovereignOf, zone } from "../../../../test/catalogue.ts";
import { sovereignDnsSchema } from "../../resources/sovereign-dns.ts";
import { type PublicKey, parseDnskey, writeDnskey } from "./dnskey.ts";
import type { SetupFacts, SetupRrset, StoredKey, ZoneFacts } from "./facts.ts";
import { planSetup, zoneAccount } from "./plan.ts";
import { secondaryConfig } from "./secondary-config.ts";
import { wordsOf } from "./step.ts";
import { followedServer, wantedZone } from "./wanted-zone.ts";

const keyOf = (byte: number): PublicKey => {
  const key = parseDnskey(writeDnskey(Buffer.alloc(64, byte).toString("base64")));
  if (key === undefined) throw new Error("it is a key");
  return key;
};
const [first, second] = [keyOf(1), keyOf(2)];
const stored = (key: PublicKey, active = true): StoredKey => ({
  ...key,
  id: 7,
  active,
  published: active,
  ds: [],
});

const sovereign = (dns: object = {}) => {
  const base = sovereignOf();
  return { ...base, spec: { ...base.spec, dns: sovereignDnsSchema.parse(dns) } };
};
const empty: ZoneFacts = {
  isCopy: false,
  rrsets: [],
  keys: [],
  nsec3param: "",
  nsec3narrow: false,
  rectifies: false,
  transferKeys: [],
  metadata: {},
};
const facts = (
  zoneFacts: Partial<ZoneFacts> | undefined,
  more: Partial<SetupFacts> = {},
): SetupFacts => ({
  zone: zoneFacts === undefined ? undefined : { ...empty, ...zoneFacts },
  tsig: {},
  openTransfers: "",
  sendsNotify: true,
  published: [],
  ...more,
});
const plan = (dns: object, from: SetupFacts, keys: readonly PublicKey[] = [first]) =>
  planSetup(wantedZone(sovereign(dns), "ns1"), from, keys);
const verbs = (dns: object, from: SetupFacts, keys?: readonly PublicKey[]): readonly string[] =>
  plan(dns, from, keys).steps.map((step) => wordsOf(step).join(" "));
const rrset = (
  name: string,
  type: string,
  records: readonly string[],
  account = "",
): SetupRrset => ({
  name,
  type,
  ttlSeconds: 60,
  records,
  accounts: [account],
});

describe("signing", () => {
  const signed = { dnssec: {} };
  test.each([
    ["a new server gets the first key", facts({}), [first, second], first],
    [
      "a server that joins gets what others publish",
      facts({}, { published: [second] }),
      [first, second],
      second,
    ],
  ])("%s", (_, from, keys, wanted) => {
    const imports = verbs(signed, from, keys).filter((verb) => verb.startsWith("+ import"));
    expect(imports).toEqual([`+ import key ${wanted.keyTag}`]);
  });

  test("a key that is there is never imported again; one that is silent is let sign", () => {
    expect(verbs(signed, facts({ keys: [stored(first)] })).join()).not.toContain("import");
    expect(verbs(signed, facts({ keys: [stored(first, false)] }))).toContain(
      `~ activate key ${first.keyTag}`,
    );
  });

  test("a server that has finished a roll does not get the old key back from one that has not", () => {
    const from = facts({ keys: [stored(second)] }, { published: [first, second] });
    expect(verbs(signed, from, [first, second]).join()).not.toContain("import");
  });

  test.each([
    [
      "a key that is not of the set",
      signed,
      facts({ keys: [stored(second)] }),
      [first],
      "ForeignKey",
    ],
    ["no key set", signed, facts({}), [], "KeySetMissing"],
    [
      "a signed zone that is declared unsigned",
      {},
      facts({ keys: [stored(first)] }),
      [first],
      "SignedButNotDeclared",
    ],
    ["a zone that is a copy", {}, facts({ isCopy: true }), [], "ZoneIsACopy"],
  ])("%s is refused", (_, dns, from, keys, reason) => {
    expect(plan(dns, from, keys).refusals).toMatchObject([{ reason }]);
  });

  test("a narrow NSEC3 is widened, because it can not be transferred", () => {
    const from = facts({ keys: [stored(first)], nsec3param: "1 0 0 -", nsec3narrow: true });
    expect(verbs(signed, from)).toContain("~ set NSEC3 1 0 0 -");
  });
});

describe("records", () => {
  test("a zone that is missing is created before anything is written into it", () => {
    const steps = verbs({}, facts(undefined));
    expect(steps[0]).toBe(`+ create zone ${zone}`);
    expect(steps.filter((step) => step.startsWith("+ write"))).toHaveLength(1 + 2 + 12);
  });

  test.each([
    [
      "of others: missing ones are added, theirs are kept",
      "",
      [`ns1.${zone}`, `ns2.${zone}`, "ns.other."],
    ],
    ["of ours: they become what is declared", zoneAccount, [`ns1.${zone}`, `ns2.${zone}`]],
  ])("NS %s", (_, account, expected) => {
    const from = facts({ rrsets: [rrset(zone, "NS", ["ns.other."], account)] });
    const step = plan({}, from).steps.find(({ reason }) => reason === "NameServersDiffer");
    expect(step?.effect).toMatchObject({ rrset: { records: [...expected].sort() } });
  });

  test.each(["A", "AAAA", "CNAME", "LUA"])("a canonical name with %s is left alone", (type) => {
    const from = facts({ rrsets: [rrset(`api.${zone}`, type, ["other"], "somebody")] });
    const { steps, kept } = plan({}, from);
    expect(steps.map((step) => wordsOf(step)[1]).join()).not.toContain(`api.${zone}`);
    expect(kept).toMatchObject([{ name: `api.${zone}`, type }]);
  });

  test("declared canonical addresses take the place of the load balancers'", () => {
    const canonical = [{ label: "gitea", ipv4: ["198.51.100.9"] }];
    const step = plan({ canonical }, facts(undefined)).steps.find(
      ({ effect }) => effect.kind === "writeRrset" && effect.rrset.name === `gitea.${zone}`,
    );
    expect(step?.effect).toMatchObject({ rrset: { records: ["198.51.100.9"] } });
  });
});

describe("transfers", () => {
  const secondaries = [{ name: "ns9", address: "2001:db8::9", tsigKey: "transfer" }];
  test("a secondary gets its key, its notification and its place in NS", () => {
    const steps = verbs({ secondaries }, facts({}, { tsig: { transfer: "absent" } }));
    expect(steps).toContain("+ write TSIG key transfer");
    expect(steps).toContain("~ open transfers with transfer");
    expect(steps).toContain("~ set ALSO-NOTIFY [2001:db8::9]:53");
    expect(steps).toContain(`+ write ns9.${zone} AAAA`);
  });

  test("it follows the first server of its region only", () => {
    const one = { ...secondaries[0], region: "hz-hel-rtz-prod" };
    const declared = sovereign({ secondaries: [one] });
    const [spec] = declared.spec.dns.secondaries;
    expect(spec === undefined ? "" : followedServer(spec, declared)?.name).toBe("ns2");
    expect(wantedZone(declared, "ns1").secondaries).toEqual([]);
    expect(wantedZone(declared, "ns2").secondaries).toMatchObject([{ name: "ns9" }]);
  });

  test("transfers without TSIG are closed, and a door that the server itself holds open is told", () => {
    const metadata = { "ALLOW-AXFR-FROM": ["192.0.2.0/24"], "ALSO-NOTIFY": ["192.0.2.9:53"] };
    const from = facts({ metadata, transferKeys: ["old."] }, { openTransfers: "127.0.0.0/8" });
    expect(verbs({}, from)).toEqual(
      expect.arrayContaining([
        "- clear ALSO-NOTIFY",
        "- clear ALLOW-AXFR-FROM",
        "- close transfers by TSIG",
      ]),
    );
    expect(plan({}, from).warnings[0]).toContain("allow-axfr-ips=127.0.0.0/8");
  });

  test("the printed configuration of an unsigned zone has no filter and no key", () => {
    const source = { name: "ns1", address: "192.0.2.1", port: 53 };
    const base = { zone, name: "ns9", address: "192.0.2.9", port: 53, tsigKey: "transfer", source };
    const plain = secondaryConfig({ ...base, denial: undefined });
    expect(plain.filter + plain.pdnsConf + plain.commands.join()).not.toMatch(
      /dnssec|zone-key|nsec3/,
    );
    expect(secondaryConfig({ ...base, denial: "nsec3" }).commands.join()).toContain("set-nsec3");
    expect(secondaryConfig({ ...base, denial: "nsec" }).commands.join()).not.toContain("set-nsec3");
  });
});
