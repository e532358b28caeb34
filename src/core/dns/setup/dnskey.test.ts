import fc from "fast-check";
import { expect, test } from "vitest";
import { base64Bytes, objectionToKey, parseDnskey, tagsOf, writeDnskey } from "./dnskey.ts";

// Made by PowerDNS 4.7.3 for tests; public halves only.
const known = [
  [
    "bC8C59DpU2xAbB6GVUP0uLMy2a0GAnkq",
    ["zYYL0VHqc2oQQfBbEFQPtgVFRgStG2zZ", "+Um3SUtoqdDkgd0u0EtpWA=="].join(""),
    4650,
  ],
  [
    "dA+FTAyg6ozMNaHk1bPg/MZhfrEBSFlM",
    ["T8nvmIQ7Huk+13m9YWjgrDGZUjRsGgg/", "s9r/X4YosTcrdewNwIvHrw=="].join(""),
    6331,
  ],
] as const;

test.each(known)("the tag of %s… is that of PowerDNS", (head, tail, keyTag) => {
  const key = parseDnskey(writeDnskey(`${head}${tail}`));
  expect(key).toMatchObject({ keyTag, algorithm: 13 });
  expect(key === undefined ? "no key" : objectionToKey(key)).toBeUndefined();
});

test.each([
  ["another flag", "256 3 13 AAAA", "flags 256"],
  ["another algorithm", "257 3 8 AAAA", "algorithm 8"],
  ["too few bytes", "257 3 13 AAAA", "3 bytes"],
])("%s is read, so that it can be named, and objected to", (_, text, words) => {
  const key = parseDnskey(text);
  expect(key === undefined ? "not read" : objectionToKey(key)).toContain(words);
});

test.each(["", "257 3 13", "257 3 13 AAA", "257 3 13 AA!A", "70000 3 13 AAAA", "257 3 13 AB=="])(
  "%j is no DNSKEY data",
  (text) => {
    expect(parseDnskey(text)).toBeUndefined();
  },
);

test("base64 is read as Node reads it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(base64Bytes(Buffer.from(bytes).toString("base64"))).toEqual([...bytes]);
    }),
  );
});

test("anything at all is read or refused, never thrown", () => {
  fc.assert(fc.property(fc.string(), (text) => void parseDnskey(text)));
});

test("tags are told in order", () => {
  expect(tagsOf([])).toBe("no key");
  const keys = known.map(([head, tail]) => parseDnskey(writeDnskey(`${head}${tail}`)));
  expect(tagsOf(keys.reverse().flatMap((key) => key ?? []))).toBe("4650 and 6331");
});
