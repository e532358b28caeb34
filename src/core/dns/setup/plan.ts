/**
 * What `sovereign dns init-zone` has to do on one server: facts in, steps with their reasons out. Everything is looked at,
 * nothing that is right is touched, and what others made is kept and named (docs/guides/zone.md, ADR 6, 12 and 13).
 */

import type { PublicKey } from "./dnskey.ts";
import type { SetupFacts, SetupRrset, ZoneFacts } from "./facts.ts";
import { planKeys } from "./plan-keys.ts";
import { planTransfers } from "./plan-transfers.ts";
import { type Step, stepFor } from "./step.ts";
import type { WantedRrset, WantedZone } from "./wanted-zone.ts";

/** Comment account of the six canonical records: catalyst-dns treats them as what they are, those of somebody else. */
export const canonicalAccount = "pool-domain-manager";
/** Comment account of SOA, NS and the name servers' addresses. */
export const zoneAccount = "sovereign-zone";

export type Kept = { readonly name: string; readonly type: string; readonly because: string };
export type Objection = {
  readonly reason: string;
  readonly because: string;
  /** Setting of the server that is at fault, and what to do. */
  readonly field?: string;
  readonly remedy?: string;
};

export type SetupPlan = {
  readonly steps: readonly Step[];
  /** What is there, is not as declared, and stays because it is not ours. */
  readonly kept: readonly Kept[];
  /** Not empty: the server's state speaks against any step, and none is made. */
  readonly refusals: readonly Objection[];
  /** What this plan can not mend: it is in the server's own configuration. */
  readonly warnings: readonly string[];
};

type Part = Partial<SetupPlan>;

/** The plan for one server; `keySet` holds the public halves of the declared key set. */
export function planSetup(
  wanted: WantedZone,
  facts: SetupFacts,
  keySet: readonly PublicKey[],
): SetupPlan {
  const { zone } = facts;
  const parts: readonly Part[] = [
    ...(zone === undefined ? [{ steps: [creation(wanted)] }] : [planSoa(wanted, zone)]),
    planNs(wanted, zone),
    ...wanted.hosts.map((host) => planHost(host, zone)),
    ...wanted.canonical.map((one) => planCanonical(one, zone)),
    planKeys(wanted, facts, keySet),
    planTransfers(wanted, facts),
    { refusals: objectionToKind(zone) },
    planAround(facts),
  ];
  return {
    steps: parts.flatMap(({ steps = [] }) => steps),
    kept: parts.flatMap(({ kept = [] }) => kept),
    refusals: parts.flatMap(({ refusals = [] }) => refusals),
    warnings: parts.flatMap(({ warnings = [] }) => warnings),
  };
}

/** A zone that is another server's copy must not be written here. */
function objectionToKind(zone: ZoneFacts | undefined): readonly Objection[] {
  if (zone?.isCopy !== true) return [];
  return [
    {
      reason: "ZoneIsACopy",
      because:
        "the server holds the zone as a copy of another server's; declare it under secondaries",
    },
  ];
}

/** A server that can not sign is refused before a key is sent to it; the rest can be mended later and is told. */
function planAround({ objections = [] }: SetupFacts): Part {
  const [refusals, warnings] = [true, false].map((signing) =>
    objections.filter(({ reason }) => (reason === "SigningOff") === signing),
  );
  return {
    refusals: refusals ?? [],
    warnings: (warnings ?? []).map(({ because, remedy }) => `${because}. ${remedy}`),
  };
}

function creation(wanted: WantedZone): Step {
  const { zone, ttlSeconds, soa } = wanted;
  const records = [`${soa.before} 1 ${soa.after}`];
  const rrset = { name: zone, type: "SOA", ttlSeconds, records };
  const because = `the server does not hold ${zone} yet`;
  return stepFor({ kind: "createZone", rrset }, "ZoneMissing", because);
}

function planSoa(wanted: WantedZone, zone: ZoneFacts): Part {
  const { soa, ttlSeconds } = wanted;
  const present = find(zone, wanted.zone, "SOA");
  const [mname = "", rname = "", serial = "1", ...times] = (present?.records[0] ?? "").split(" ");
  const same = `${mname} ${rname}` === soa.before && times.join(" ") === soa.after;
  if (!soa.declared || (same && present?.ttlSeconds === ttlSeconds)) return {};
  const records = [`${soa.before} ${serial} ${soa.after}`];
  const rrset = { name: wanted.zone, type: "SOA", ttlSeconds, records };
  return write(rrset, zoneAccount, "SoaDiffers", "the SOA is not the one that is declared");
}

/** NS that we made are brought to what is declared; to those of others the missing ones are added. */
function planNs({ ns }: WantedZone, zone: ZoneFacts | undefined): Part {
  const present = find(zone, ns.name, "NS");
  if (present === undefined) {
    return write(ns, zoneAccount, "RecordMissing", "there are no NS records yet");
  }
  const there = present.records.map((record) => record.toLowerCase());
  const missing = ns.records.filter((record) => !there.includes(record));
  const extra = there.filter((record) => !ns.records.includes(record));
  const ours = present.accounts.includes(zoneAccount);
  const dropped = ours ? extra : [];
  const kept = ours ? [] : extra;
  const others = kept.map((record) => ({
    name: ns.name,
    type: "NS",
    because: `${record} is not declared and was made by ${makerOf(present)}`,
  }));
  if (missing.length + dropped.length === 0) return { kept: others };
  const records = [...ns.records, ...kept].sort();
  const words = [
    ...missing.map((record) => `${record} is missing`),
    ...dropped.map((record) => `${record} is no longer declared`),
  ];
  const written = write({ ...ns, records }, zoneAccount, "NameServersDiffer", words.join(", "));
  return { ...written, kept: others };
}

function planHost(host: WantedRrset, zone: ZoneFacts | undefined): Part {
  const present = find(zone, host.name, host.type);
  if (present === undefined) {
    const because = `${host.name} is a name server and has no address yet`;
    return write(host, zoneAccount, "RecordMissing", because);
  }
  if (sameRecords(host, present)) return {};
  if (present.accounts.includes(zoneAccount)) {
    const because = `the declared address is ${host.records.join(", ")}`;
    return write(host, zoneAccount, "AddressDiffers", because);
  }
  return { kept: [keptBecause(host, present)] };
}

/** Names that answer already are done: canonical records are written once. */
function planCanonical(
  { name, rrsets }: WantedZone["canonical"][number],
  zone: ZoneFacts | undefined,
): Part {
  const rivals = ["A", "AAAA", "CNAME", "LUA", "ALIAS"].flatMap((type) => {
    const present = find(zone, name, type);
    return present === undefined ? [] : [present];
  });
  if (rivals.length === 0) {
    const steps = rrsets.map((rrset) =>
      stepFor(
        { kind: "writeRrset", rrset, account: canonicalAccount },
        "RecordMissing",
        "a canonical record that is not there yet",
      ),
    );
    return { steps };
  }
  const differing = rivals.filter(
    (present) =>
      !rrsets.some((rrset) => rrset.type === present.type && sameRecords(rrset, present)),
  );
  return {
    kept: differing.map((present) => ({
      name,
      type: present.type,
      because: `it was made by ${makerOf(present)} with ${present.records.join(", ")}; canonical records are written once`,
    })),
  };
}

function keptBecause(wanted: WantedRrset, present: SetupRrset): Kept {
  const because = `it was made by ${makerOf(present)} with ${present.records.join(", ")} instead of ${wanted.records.join(", ")}`;
  return { name: wanted.name, type: wanted.type, because };
}

function makerOf({ accounts }: SetupRrset): string {
  return accounts.find((account) => account !== "") ?? "somebody by hand";
}

function find(zone: ZoneFacts | undefined, name: string, type: string): SetupRrset | undefined {
  return zone?.rrsets.find((rrset) => rrset.name === name && rrset.type === type);
}

function sameRecords(one: WantedRrset, other: SetupRrset): boolean {
  const there = new Set(other.records.map((record) => record.toLowerCase()));
  return one.records.length === there.size && one.records.every((record) => there.has(record));
}

function write(rrset: WantedRrset, account: string, reason: string, because: string): Part {
  return { steps: [stepFor({ kind: "writeRrset", rrset, account }, reason, because)] };
}
