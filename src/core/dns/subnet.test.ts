import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSubnet, writeSubnet } from "./subnet.ts";

test.each([
  "",
  "80.81.82",
  "80.81.82.0/33",
  "80.81.82.0/",
  "80.81.82.0/-1",
  "80.81.82.0/2 4",
  "80.81.82.0/24/24",
  "2001:db8::/129",
  "fe80::1%eth0/64",
  "shop.example",
  "0x50.81.82.0/24",
])("%j is no subnet", (text) => {
  expect(parseSubnet(text)).toMatchObject({ ok: false, because: expect.stringMatching(/subnet/) });
});

test.each([
  ["80.81.82.0/24", "80.81.82.0/24"],
  ["80.81.82.83/24", "80.81.82.0/24"],
  ["80.81.82.83", "80.81.82.83/32"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["2001:DB8:0:0::1/56", "2001:db8::/56"],
  ["2001:db8::1", "2001:db8::1/128"],
])("%s is the subnet %s", (text, written) => {
  const parsed = parseSubnet(text);
  expect(parsed.ok && writeSubnet(parsed.value)).toBe(written);
});

test("any text is a subnet or a refusal, and a subnet reads back as itself", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 40 })).map(([ip, p]) => `${ip}/${p}`),
    fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 140 })).map(([ip, p]) => `${ip}/${p}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const parsed = parseSubnet(text);
      if (!parsed.ok) return;
      expect(parseSubnet(writeSubnet(parsed.value))).toEqual(parsed);
    }),
  );
});
