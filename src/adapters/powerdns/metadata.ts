/** A zone beside its records on a PowerDNS server: being there, denial, transfers, metadata, NOTIFY (facts §7). */
import { z } from "zod";
import type { Signal } from "../../control/env.ts";
import type { SetupRrset, ZoneFacts } from "../../core/dns/setup/facts.ts";
import type { WantedRrset } from "../../core/dns/setup/wanted-zone.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { readKeys } from "./dnssec.ts";
import { readReply } from "./reply.ts";
import { type PowerDnsOptions, rest } from "./rest.ts";
import { writableContent } from "./zone-json.ts";

const zoneSchema = z.object({
  kind: z.string(),
  nsec3param: z.string().default(""),
  nsec3narrow: z.boolean().default(false),
  api_rectify: z.boolean().default(false),
  master_tsig_key_ids: z.array(z.string()).default([]),
  rrsets: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      ttl: z.number(),
      records: z.array(z.object({ content: z.string() })),
      comments: z.array(z.object({ account: z.string() })).default([]),
    }),
  ),
});
const metadataSchema = z.array(z.object({ kind: z.string(), metadata: z.array(z.string()) }));
const configSchema = z.array(z.object({ name: z.string(), value: z.string() }));

/** All that the server's API tells of the zone; undefined when it does not hold it. */
export async function readZoneFacts(
  options: PowerDnsOptions,
  zone: string,
  signal?: Signal,
): Promise<ZoneFacts | undefined> {
  const path = zonePath(zone);
  const { status, text } = await rest(options, { method: "GET", path, signal }, [404]);
  if (status === 404) return undefined;
  const raw = readReply(zoneSchema, text, options.id);
  const reply = await rest(options, { method: "GET", path: `${path}/metadata`, signal });
  const metadata = readReply(metadataSchema, reply.text, options.id);
  return {
    // Its kinds for zones of others are Secondary and Consumer, and an older word with the same letter.
    isCopy: /^[sc]/i.test(raw.kind),
    rrsets: raw.rrsets.map(rrsetOf),
    keys: await readKeys(options, zone, signal),
    nsec3param: raw.nsec3param,
    nsec3narrow: raw.nsec3narrow,
    rectifies: raw.api_rectify,
    transferKeys: raw.master_tsig_key_ids,
    metadata: Object.fromEntries(metadata.map((one) => [one.kind, one.metadata])),
  };
}

function rrsetOf(raw: z.infer<typeof zoneSchema>["rrsets"][number]): SetupRrset {
  return {
    name: raw.name.toLowerCase().replace("\\052", "*"),
    type: raw.type.toUpperCase(),
    ttlSeconds: raw.ttl,
    records: raw.records.map(({ content }) => content),
    accounts: raw.comments.map(({ account }) => account),
  };
}

/** The server's own configuration, by name of the setting. */
export async function readSettings(
  options: PowerDnsOptions,
  signal?: Signal,
): Promise<ReadonlyMap<string, string>> {
  const { text } = await rest(options, { method: "GET", path: "/config", signal });
  const settings = readReply(configSchema, text, options.id);
  return new Map(settings.map(({ name, value }) => [name, value]));
}

/** Creates a Native zone with its SOA and nothing else. */
export async function createZone(
  options: PowerDnsOptions,
  soa: WantedRrset,
  account: string,
  signal?: Signal,
): Promise<void> {
  const { changetype: _, ...rrset } = rrsetJson(soa, account);
  const zone = { name: soa.name, kind: "Native", nameservers: [], soa_edit_api: "DEFAULT" };
  const body = { ...zone, rrsets: [rrset] };
  await rest(options, { method: "POST", path: "/zones", body, signal });
}

/** Writes rrsets with the account of their maker, all or none. */
export async function writeRrsets(
  options: PowerDnsOptions,
  zone: string,
  rrsets: readonly { readonly rrset: WantedRrset; readonly account: string }[],
  signal?: Signal,
): Promise<void> {
  if (rrsets.length === 0) return;
  const body = { rrsets: rrsets.map(({ rrset, account }) => rrsetJson(rrset, account)) };
  await rest(options, { method: "PATCH", path: zonePath(zone), body, signal });
}

function rrsetJson({ name, type, ttlSeconds, records }: WantedRrset, account: string) {
  return {
    name,
    type,
    ttl: ttlSeconds,
    changetype: "REPLACE",
    records: records.map((content) => ({
      content: writableContent(type, content),
      disabled: false,
    })),
    comments: [{ content: "written once by sovereign dns init-zone", account }],
  };
}

/** Sets fields of the zone: `nsec3param`, `api_rectify`, …. */
export async function setZoneFields(
  options: PowerDnsOptions,
  zone: string,
  fields: JsonObject,
  signal?: Signal,
): Promise<void> {
  await rest(options, { method: "PUT", path: zonePath(zone), body: fields, signal });
}

/** Which TSIG keys may transfer the zone; names without the closing dot. */
export async function setTransferKeys(
  options: PowerDnsOptions,
  zone: string,
  names: readonly string[],
  signal?: Signal,
): Promise<void> {
  const fields = { master_tsig_key_ids: names.map((name) => `${name}.`) };
  await setZoneFields(options, zone, fields, signal);
}

/** Sets a kind of metadata; no value takes it away. */
export async function setMetadata(
  options: PowerDnsOptions,
  zone: string,
  kind: string,
  values: readonly string[],
  signal?: Signal,
): Promise<void> {
  const path = `${zonePath(zone)}/metadata/${kind}`;
  const body = { kind, metadata: values };
  await rest(
    options,
    values.length === 0
      ? { method: "DELETE", path, signal }
      : { method: "PUT", path, body, signal },
  );
}

/** Tells the zone's secondaries that something changed; the server sends and repeats it by itself. */
export async function notifySecondaries(
  options: PowerDnsOptions,
  zone: string,
  signal?: Signal,
): Promise<void> {
  await rest(options, { method: "PUT", path: `${zonePath(zone)}/notify`, signal });
}

function zonePath(zone: string): string {
  return `/zones/${encodeURIComponent(zone)}`;
}
