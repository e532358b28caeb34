/**
 * What the heartbeat's name server answers (RFC 1035, RFC 6891). It holds one small zone, `<region>.<zone>`: SOA and NS for resolvers
 * that follow a delegation, the name server's address, and a signed TXT at every name that is a nonce. Everything else is refused.
 */
import type { Buffer } from "node:buffer";
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  decode,
  encode,
  type OptAnswer,
  type Question,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import { nonceIn } from "../../core/failover/heartbeat-text.ts";

export type HeartbeatZone = {
  readonly zone: string;
  readonly region: string;
  /** Where resolvers reach this server; IPv4 and IPv6. */
  readonly addresses: readonly string[];
  /** The signed text for the question of this name, in lower case. */
  readonly textFor: (name: string) => string;
};

/** Longest answer in a datagram: what every resolver takes without EDNS, and a few times the question at most. */
export const datagramBytesMax = 512;
/** Longest question that is looked at; a name of 255 bytes and EDNS have room. */
export const questionBytesMax = 512;

const rcodes = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
/** Of SOA, NS and addresses; they do not change while the process runs. Negative answers are not kept. */
const zoneTtlSeconds = 60;

/** The answer in bytes; undefined when there is nobody to answer, as to what is no question. `briefly`: only that TCP is to be used. */
export function answerTo(
  packet: Buffer,
  zone: HeartbeatZone,
  way: "udp" | "tcp" | "briefly",
): Buffer | undefined {
  if (packet.length < 12 || packet.length > questionBytesMax) return undefined;
  const flags = packet.readUInt16BE(2);
  // An answer is never answered, so that two servers can not be set on each other.
  if ((flags & 0x8000) !== 0) return undefined;
  const id = packet.readUInt16BE(0);
  const bare = (rcode: number): Buffer => encode({ type: "response", id, flags: rcode });
  if ((flags & 0x7800) !== 0) return bare(rcodes.NOTIMP);
  const query = decodeOrNothing(packet);
  const [question, ...more] = query?.questions ?? [];
  if (query === undefined || question === undefined || more.length > 0) return bare(rcodes.FORMERR);
  // A name of other bytes could not be given back as it came.
  if (question.class !== "IN" || !/^[!-~]+$/.test(question.name)) return bare(rcodes.REFUSED);
  const options = optionOf(query);
  const reply = (part: Part, truncated = false): Buffer =>
    encode({
      type: "response",
      id,
      flags:
        (flags & RECURSION_DESIRED) |
        (part.rcode === "REFUSED" ? 0 : AUTHORITATIVE_ANSWER) |
        (truncated ? TRUNCATED_RESPONSE : 0) |
        rcodes[part.rcode],
      questions: [question],
      answers: [...(part.answers ?? [])],
      authorities: [...(part.authorities ?? [])],
      additionals: [...options],
    });
  if (options.some(({ extendedRcode }) => extendedRcode > 0)) return reply({ rcode: "NOERROR" });
  if (way === "briefly") return reply({ rcode: "NOERROR" }, true);
  const whole = reply(partsOf(question, zone));
  return way === "tcp" || whole.length <= datagramBytesMax
    ? whole
    : reply({ rcode: "NOERROR" }, true);
}

type Part = {
  readonly rcode: keyof typeof rcodes;
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
};

function partsOf({ name, type }: Question, zone: HeartbeatZone): Part {
  const apex = `${zone.region}.${zone.zone}`.toLowerCase();
  const lower = name.toLowerCase();
  const isWithin = lower === apex || lower.endsWith(`.${apex}`);
  const isTransfer = ["AXFR", "IXFR", "ANY"].some((one) => one === type);
  if (!isWithin || isTransfer) return { rcode: "REFUSED" };
  const authorities = [soaOf(apex)];
  const found = recordsAt(name, lower, apex, zone);
  if (found === undefined) return { rcode: "NXDOMAIN", authorities };
  const answers = found.filter((record) => record.type === type);
  return answers.length > 0
    ? { rcode: "NOERROR", answers }
    : { rcode: "NOERROR", answers, authorities };
}

/** Everything at a name, which may be written in any case; undefined when there is no such name. */
function recordsAt(
  name: string,
  lower: string,
  apex: string,
  zone: HeartbeatZone,
): readonly Answer[] | undefined {
  const server = `ns.${apex}`;
  if (lower === apex) {
    return [soaOf(apex), { type: "NS", name, ttl: zoneTtlSeconds, data: server }];
  }
  if (lower === server) {
    return zone.addresses.map((data) => ({
      type: data.includes(":") ? ("AAAA" as const) : ("A" as const),
      name,
      ttl: zoneTtlSeconds,
      data,
    }));
  }
  if (nonceIn(lower, zone.region, zone.zone) === undefined) return undefined;
  return [{ type: "TXT", name, ttl: 0, data: [...stringsOf(zone.textFor(lower))] }];
}

function soaOf(apex: string): Answer {
  return {
    type: "SOA",
    name: apex,
    ttl: zoneTtlSeconds,
    data: {
      mname: `ns.${apex}`,
      rname: `hostmaster.${apex}`,
      serial: 1,
      refresh: 3_600,
      retry: 600,
      expire: 86_400,
      // A name that is missing is asked for again: negative answers are not kept.
      minimum: 0,
    },
  };
}

/** The text in strings of 255 bytes, as a TXT record has them; it is ASCII. */
function stringsOf(text: string): readonly string[] {
  return text.match(/.{1,255}/gs) ?? [""];
}

/** EDNS is answered with EDNS (RFC 6891 §6.1.1); a version that is not ours with BADVERS's upper bits. */
function optionOf({ additionals }: DecodedPacket): readonly OptAnswer[] {
  const asked = additionals?.find((one): one is OptAnswer => one.type === "OPT");
  if (asked === undefined) return [];
  return [
    {
      type: "OPT",
      name: ".",
      udpPayloadSize: datagramBytesMax,
      extendedRcode: asked.ednsVersion > 0 ? 1 : 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    },
  ];
}

function decodeOrNothing(packet: Buffer): DecodedPacket | undefined {
  try {
    return decode(packet);
  } catch {
    return undefined; // No DNS.
  }
}
