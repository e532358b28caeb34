import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseIpv4, parseIpv6 } from "./address.ts";

test.each([
  ["2001:db8::1", "is an IPv6 address in an IPv4 list"],
  ["::ffff:127.1.2.3", "is an IPv6 address in an IPv4 list"],
  ["010.0.0.1", "not an IPv4 address"],
  ["0x7f.0.0.1", "not an IPv4 address"],
  ["127.1", "not an IPv4 address"],
  ["2130706433", "not an IPv4 address"],
  ["203.0.113.256", "not an IPv4 address"],
  [" 203.0.113.1", "not an IPv4 address"],
  ["203.0.113.1\n", "not an IPv4 address"],
  ["", "not an IPv4 address"],
  ["0.0.0.0", "unspecified"],
  ["224.0.0.1", "multicast"],
  ["255.255.255.255", "broadcast"],
])("%j is refused as an IPv4 address: %s", (text, because) => {
  expect(parseIpv4(text)).toMatchObject({
    ok: false,
    because: expect.stringContaining(because),
  });
});

test.each([
  ["203.0.113.1", "is an IPv4 address in an IPv6 list"],
  ["fe80::1%eth0", "zone id"],
  ["::ffff:010.0.0.1", "not an IPv6 address"],
  ["::ffff:0x7f.0.0.1", "not an IPv6 address"],
  ["2001:db8::1::2", "not an IPv6 address"],
  ["2001:db8", "not an IPv6 address"],
  ["[2001:db8::1]", "not an IPv6 address"],
  ["2001:db8::/32", "not an IPv6 address"],
  ["", "not an IPv6 address"],
  ["::", "unspecified"],
  ["0:0:0:0:0:0:0:0", "unspecified"],
  ["ff02::1", "multicast"],
  ["::ffff:255.255.255.255", "broadcast"],
  ["::ffff:0.0.0.0", "unspecified"],
])("%j is refused as an IPv6 address: %s", (text, because) => {
  expect(parseIpv6(text)).toMatchObject({
    ok: false,
    because: expect.stringContaining(because),
  });
});

test.each([
  ["2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["::ffff:127.1.2.3", "::ffff:127.1.2.3"],
  ["::FFFF:7f01:203", "::ffff:127.1.2.3"],
  ["0:0:0:0:0:ffff:127.1.2.3", "::ffff:127.1.2.3"],
  ["::1", "::1"],
])("the canonical writing of %s is %s", (text, canonical) => {
  expect(parseIpv6(text)).toEqual({ ok: true, value: canonical });
});

test("an IPv4 address keeps its writing", () => {
  expect(parseIpv4("203.0.113.10")).toEqual({ ok: true, value: "203.0.113.10" });
  expect(parseIpv4("127.10.1.80")).toEqual({ ok: true, value: "127.10.1.80" });
});

test("every writing of an IPv6 address parses to one canonical writing, which parses to itself", () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.boolean(), (groups, upper) => {
      const full = groups.map((g) => g.toString(16).padStart(4, "0")).join(":");
      const parsed = parseIpv6(upper ? full.toUpperCase() : full);
      if (!parsed.ok) return;
      expect(isIPv6(parsed.value)).toBe(true);
      expect(parseIpv6(parsed.value)).toEqual(parsed);
      expect(parseIpv6(groups.map((g) => g.toString(16)).join(":"))).toEqual(parsed);
    }),
  );
});

test("whatever is typed, what is accepted is an address of the one family and harmless in a record", () => {
  const typed = fc.oneof(
    fc.string(),
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6(),
    fc.stringMatching(/^[0-9a-fxX:.%[\]/ ]{0,45}$/),
    fc.tuple(fc.ipV6(), fc.string()).map(([address, tail]) => address + tail),
  );
  fc.assert(
    fc.property(typed, (text) => {
      const four = parseIpv4(text);
      const six = parseIpv6(text);
      expect(four.ok && six.ok).toBe(false);
      if (four.ok) {
        expect(isIPv4(four.value)).toBe(true);
        expect(four.value).toMatch(/^[0-9.]{7,15}$/);
        expect(parseIpv4(four.value)).toEqual(four);
      }
      if (six.ok) {
        expect(isIPv6(six.value)).toBe(true);
        expect(six.value).toMatch(/^[0-9a-f:.]{2,39}$/);
        expect(parseIpv6(six.value)).toEqual(six);
      }
    }),
    { numRuns: 2_000 },
  );
});
