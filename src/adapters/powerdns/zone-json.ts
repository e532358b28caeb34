/** A zone in the JSON of the PowerDNS API, read into rrsets and written from changes (facts of PowerDNS §7). */
import { z } from "zod";
import { ownedByMarker } from "../../core/dns/marker.ts";
import { ownerAccount, type Rrset, type RrsetChange } from "../../core/dns/model.ts";
import { parseOwnership, writeOwnership } from "../../core/dns/ownership.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Json } from "../../core/kernel/json.ts";
import { printable } from "../../core/resources/document.ts";

const zoneSchema = z.object({
  rrsets: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      ttl: z.number(),
      records: z.array(z.object({ content: z.string(), disabled: z.boolean().default(false) })),
      comments: z.array(z.object({ content: z.string(), account: z.string() })).default([]),
    }),
  ),
});

type ZoneRrset = z.infer<typeof zoneSchema>["rrsets"][number];

/** Stands behind the content of a record that is switched off: it is not the record that was planned. */
const disabledMark = " ; disabled";

/** The rrsets of a zone. Fails with NameServerRefused when the text is not what a PowerDNS server answers. */
export function readZoneJson(text: string, id: string): readonly Rrset[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw notPowerDns(id, cause);
  }
  const parsed = zoneSchema.safeParse(json);
  if (!parsed.success) throw notPowerDns(id, parsed.error);
  return parsed.data.rrsets.map(rrsetOf);
}

const zoneNamesSchema = z.array(z.object({ name: z.string() }));

/** The names in a list of zones. Fails with NameServerRefused when the text is not what a PowerDNS server answers. */
export function readZoneNames(text: string, id: string): readonly string[] {
  try {
    return zoneNamesSchema.parse(JSON.parse(text)).map(({ name }) => name.toLowerCase());
  } catch (cause) {
    throw notPowerDns(id, cause);
  }
}

function notPowerDns(id: string, cause: unknown): Failure {
  return new Failure("NameServerRefused", `${id} answers something that is not a PowerDNS zone`, {
    where: id,
    remedy: "Check that apiUrl is the address of a PowerDNS server's API.",
    cause,
  });
}

/** PowerDNS's own schemas keep 40 characters; nobody's name is longer than a line. */
const accountLengthMax = 60;

function rrsetOf(raw: ZoneRrset): Rrset {
  const own = raw.comments.find((comment) => comment.account === ownerAccount);
  const foreign = raw.comments
    .map((comment) => printable(comment.account).slice(0, accountLengthMax))
    .filter((account) => account !== ownerAccount);
  return ownedByMarker({
    name: raw.name.toLowerCase(),
    type: raw.type.toUpperCase(),
    ttlSeconds: raw.ttl,
    records: raw.records.map(({ content, disabled }) => content + (disabled ? disabledMark : "")),
    ...(own === undefined ? {} : { ownership: parseOwnership(own.content) }),
    ...(foreign.length === 0 ? {} : { foreignAccounts: foreign }),
  });
}

/** The body of a PATCH that makes all the changes or none. Without ownership, comments stay as they are. */
export function writeChangesJson(changes: readonly RrsetChange[]): Json {
  return {
    rrsets: changes.map((change): Json => {
      if (change.kind === "delete") {
        return { name: change.name, type: change.type, changetype: "DELETE" };
      }
      const { name, type, ttlSeconds, records, ownership } = change.rrset;
      const comments =
        ownership === undefined
          ? {}
          : { comments: [{ content: writeOwnership(ownership), account: ownerAccount }] };
      return {
        name,
        type,
        ttl: ttlSeconds,
        changetype: "REPLACE",
        records: records.map((content) => ({
          content: writableContent(type, content),
          disabled: false,
        })),
        ...comments,
      };
    }),
  };
}

/** PowerDNS gives an IPv4-mapped address with its dotted quad but takes it in hexadecimal only (4.7.3). */
export function writableContent(type: string, content: string): string {
  const quad = /^::ffff:(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(content);
  if (type !== "AAAA" || quad === null) return content;
  const [a = 0, b = 0, c = 0, d = 0] = quad.slice(1).map(Number);
  return `::ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
