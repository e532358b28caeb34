/** A decoded DNS packet as the `DnsAnswer` that planners and explainers compare. */
import type { Answer, DecodedPacket } from "dns-packet";
import { parseIpv6 } from "../../core/dns/address.ts";
import type { DnsAnswer } from "../../core/dns/model.ts";

/** The answer section; names in lower case with the closing dot, data in presentation form. */
export function readAnswer(packet: DecodedPacket): DnsAnswer {
  const records = (packet.answers ?? []).flatMap((answer) =>
    answer.type === "OPT" ? [] : [recordOf(answer)],
  );
  return { rcode: rcodeOf(packet), records };
}

type Plain = Exclude<Answer, { readonly type: "OPT" }>;

function recordOf(answer: Plain): DnsAnswer["records"][number] {
  return {
    name: absolute(answer.name),
    type: answer.type,
    ttlSeconds: answer.ttl ?? 0,
    data: dataOf(answer),
  };
}

function dataOf(answer: Plain): string {
  switch (answer.type) {
    case "A":
      return answer.data;
    case "AAAA": {
      const parsed = parseIpv6(answer.data);
      return parsed.ok ? parsed.value : answer.data;
    }
    case "CNAME":
    case "DNAME":
    case "NS":
    case "PTR":
      return absolute(answer.data);
    case "TXT":
      return [answer.data]
        .flat()
        .map((part) => part.toString())
        .join("");
    case "MX":
      return `${answer.data.preference ?? 0} ${absolute(answer.data.exchange)}`;
    case "SRV": {
      const { priority = 0, weight = 0, port, target } = answer.data;
      return `${priority} ${weight} ${port} ${absolute(target)}`;
    }
    case "SOA": {
      const { mname, rname, serial, refresh, retry, expire, minimum } = answer.data;
      return [absolute(mname), absolute(rname), serial, refresh, retry, expire, minimum].join(" ");
    }
    case "DNSKEY": {
      const { flags, algorithm, key } = answer.data;
      // The protocol is 3 in every DNSKEY (RFC 4034 §2.1.2); the library leaves it out.
      return `${flags} 3 ${algorithm} ${key.toString("base64")}`;
    }
    case "DS": {
      const { keyTag, algorithm, digestType, digest } = answer.data;
      return `${keyTag} ${algorithm} ${digestType} ${digest.toString("hex")}`;
    }
    default:
      // RFC 3597 §5 is the writing of what has none of its own; signatures and such are not compared.
      return Buffer.isBuffer(answer.data)
        ? `\\# ${answer.data.length} ${answer.data.toString("hex")}`
        : JSON.stringify(answer.data);
  }
}

function absolute(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower : `${lower}.`;
}

/** dns-packet gives the name of the code in a field that its types leave out. */
function rcodeOf(packet: DecodedPacket): string {
  return "rcode" in packet && typeof packet.rcode === "string" ? packet.rcode : "UNKNOWN";
}
