/**
 * IP addresses as they may stand in A and AAAA records, parsed by ipaddr.js and written in their one canonical form:
 * dotted quad for IPv4, RFC 5952 for IPv6 (§5: IPv4-mapped addresses keep their dotted quad).
 * Whatever these parsers accept is made of `0-9 a-f : .` only, so that it can be rendered into a LUA record.
 */
import ipaddr from "ipaddr.js";
import type { Parsed } from "../names/names.ts";

const refused = (because: string): { readonly ok: false; readonly because: string } => ({
  ok: false,
  because,
});

/** Ranges that no client can use as the address of a server, with what they are called. */
const unusable: Readonly<Record<string, string>> = {
  unspecified: "the unspecified address",
  multicast: "a multicast address",
  broadcast: "the broadcast address",
};

/** The canonical dotted quad of an IPv4 address; octal, hexadecimal and shortened forms are refused. */
export function parseIpv4(text: string): Parsed<string> {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return refused(
      ipaddr.IPv6.isValid(text)
        ? `"${shorten(text)}" is an IPv6 address in an IPv4 list`
        : `"${shorten(text)}" is not an IPv4 address of four decimal numbers`,
    );
  }
  const address = ipaddr.IPv4.parse(text);
  const unusableAs = unusableName(address);
  if (unusableAs !== undefined) return refused(`"${text}" is ${unusableAs}; nothing answers there`);
  return { ok: true, value: address.toString() };
}

/** The RFC 5952 writing of an IPv6 address, `::ffff:127.1.2.3` for an IPv4-mapped one; zone ids are refused. */
export function parseIpv6(text: string): Parsed<string> {
  if (text.includes("%") && ipaddr.IPv6.isValid(text)) {
    return refused(`"${shorten(text)}" has a zone id, which means something on one machine only`);
  }
  if (!isPlainIpv6(text)) {
    return refused(
      ipaddr.IPv4.isValidFourPartDecimal(text)
        ? `"${shorten(text)}" is an IPv4 address in an IPv6 list`
        : `"${shorten(text)}" is not an IPv6 address`,
    );
  }
  const address = ipaddr.IPv6.parse(text);
  const mapped = address.isIPv4MappedAddress() ? address.toIPv4Address() : undefined;
  const unusableAs = unusableName(mapped ?? address);
  if (unusableAs !== undefined) {
    return refused(`"${shorten(text)}" is ${unusableAs}; nothing answers there`);
  }
  return {
    ok: true,
    value: mapped === undefined ? address.toRFC5952String() : `::ffff:${mapped.toString()}`,
  };
}

/** A network such as `127.1.2.0/24` as the 4 or 16 bytes of its address and the length of its prefix; undefined for others. */
export function networkBytes(
  text: string,
): { readonly bytes: readonly number[]; readonly prefixLength: number } | undefined {
  if (!ipaddr.isValidCIDR(text)) return undefined;
  const [address, prefixLength] = ipaddr.parseCIDR(text);
  return { bytes: address.toByteArray(), prefixLength };
}

/** Whether `text` is IPv6 with, if at all, a plain decimal IPv4 tail: ipaddr.js also takes octal ones. */
function isPlainIpv6(text: string): boolean {
  if (!/^[0-9A-Fa-f:.]+$/.test(text) || !ipaddr.IPv6.isValid(text)) return false;
  return (
    !text.includes(".") || ipaddr.IPv4.isValidFourPartDecimal(text.slice(text.lastIndexOf(":") + 1))
  );
}

function unusableName(address: ipaddr.IPv4 | ipaddr.IPv6): string | undefined {
  const range = address.range();
  return Object.hasOwn(unusable, range) ? unusable[range] : undefined;
}

function shorten(text: string): string {
  return text.length > 48 ? `${text.slice(0, 45)}…` : text;
}
