/** A client's subnet, as it stands in the EDNS Client Subnet option (RFC 7871 §6): no bits behind the prefix. */
import ipaddr from "ipaddr.js";
import type { Parsed } from "../names/names.ts";

export type Subnet = {
  /** Network address in canonical writing. */
  readonly address: string;
  readonly prefixLength: number;
};

/** The subnet of `80.81.82.0/24`, `2001:db8::/56` or of a single address; host bits are taken off. */
export function parseSubnet(text: string): Parsed<Subnet> {
  const [address = "", prefix, ...rest] = text.trim().split("/");
  const isV4 = ipaddr.IPv4.isValidFourPartDecimal(address);
  const isV6 = /^[0-9A-Fa-f:.]+$/.test(address) && ipaddr.IPv6.isValid(address);
  if (rest.length > 0 || (!isV4 && !isV6)) {
    return { ok: false, because: "a subnet is written like 80.81.82.0/24 or 2001:db8::/56" };
  }
  const bits = isV4 ? 32 : 128;
  const prefixLength = prefix === undefined ? bits : Number(prefix);
  if (prefix !== undefined && !(/^[0-9]{1,3}$/.test(prefix) && prefixLength <= bits)) {
    return { ok: false, because: `the prefix of such a subnet is a number from 0 to ${bits}` };
  }
  const network = isV4
    ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${prefixLength}`).toString()
    : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${prefixLength}`).toRFC5952String();
  return { ok: true, value: { address: network, prefixLength } };
}

/** `80.81.82.0/24`. */
export function writeSubnet({ address, prefixLength }: Subnet): string {
  return `${address}/${prefixLength}`;
}
