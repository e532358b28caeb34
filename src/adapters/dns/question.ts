/** A DNS question as bytes, and whether a packet is its answer. */
import { randomInt } from "node:crypto";
import {
  type DecodedPacket,
  decode,
  encode,
  type OptAnswer,
  RECURSION_DESIRED,
  type RecordType,
} from "dns-packet";
import { parseSubnet } from "../../core/dns/subnet.ts";
import { Failure } from "../../core/kernel/failure.ts";

export type Question = {
  readonly bytes: Buffer;
  /** The packet when it answers this question; undefined for anything else, also for what is no DNS at all. */
  readonly answeredBy: (packet: Buffer) => DecodedPacket | undefined;
  /** The same question with another id. */
  readonly again: () => Question;
};

/** The types that Sovereign asks for. */
const types = [
  "A",
  "AAAA",
  "CNAME",
  "DNSKEY",
  "DS",
  "MX",
  "NS",
  "PTR",
  "SOA",
  "SRV",
  "TXT",
] as const;

/**
 * A question with a random id, with EDNS only when a client's subnet is to be told (RFC 7871).
 * Fails with NameInvalid for what no server could be asked.
 */
export function makeQuestion(name: string, type: string, ecs?: string): Question {
  const asked = checkedName(name);
  const askedType = checkedType(type);
  const id = randomInt(65_536);
  const bytes = encode({
    type: "query",
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name: asked, type: askedType, class: "IN" }],
    ...(ecs === undefined ? {} : { additionals: [optionOf(ecs)] }),
  });
  return {
    bytes,
    answeredBy(packet) {
      const answer = decodeOrNothing(packet);
      if (answer?.id !== id || !answer.flag_qr) return undefined;
      const [question] = answer.questions ?? [];
      const same =
        question?.name.toLowerCase() === asked.toLowerCase() && question.type === askedType;
      // A server that could not read the question may leave it out of its refusal.
      return same || question === undefined ? answer : undefined;
    },
    again: () => makeQuestion(name, type, ecs),
  };
}

/** The largest datagram that no path is known to break up. */
const udpPayloadBytes = 1_232;

function optionOf(ecs: string): OptAnswer {
  const subnet = parseSubnet(ecs);
  if (!subnet.ok) throw new Failure("NameInvalid", subnet.because, { where: ecs.slice(0, 80) });
  const { address, prefixLength } = subnet.value;
  return {
    type: "OPT",
    name: ".",
    udpPayloadSize: udpPayloadBytes,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    // 8 is CLIENT_SUBNET.
    options: [{ code: 8, ip: address, sourcePrefixLength: prefixLength }],
  };
}

function decodeOrNothing(packet: Buffer): DecodedPacket | undefined {
  try {
    return decode(packet);
  } catch {
    return undefined; // Not DNS: as if it had not come.
  }
}

/** The name without its closing dot, when it keeps the limits of RFC 1035 §2.3.4. */
function checkedName(name: string): string {
  const plain = name.endsWith(".") ? name.slice(0, -1) : name;
  const labels = plain === "" ? [] : plain.split(".");
  const fits = labels.every((label) => label !== "" && Buffer.byteLength(label) <= 63);
  if (fits && Buffer.byteLength(plain) <= 253) return plain;
  throw new Failure("NameInvalid", "a DNS name has labels of 1 to 63 bytes, 253 in all", {
    where: name.length > 80 ? `${name.slice(0, 80)}…` : name,
  });
}

function checkedType(type: string): RecordType {
  const known = types.find((one) => one === type.toUpperCase());
  if (known !== undefined) return known;
  throw new Failure("NameInvalid", `"${type}" is not a record type that can be asked for`, {
    remedy: `Ask for one of ${types.join(", ")}.`,
  });
}
