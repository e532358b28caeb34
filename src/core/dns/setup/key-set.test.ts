import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDnskey, writeDnskey } from "./dnskey.ts";
import { parseKeySet, type SigningKey, writeKeySet, writePrivateKey } from "./key-set.ts";

const keyOf = (byte: number): SigningKey => {
  const dnskey = writeDnskey(Buffer.alloc(64, byte).toString("base64"));
  const key = parseDnskey(dnskey);
  if (key === undefined) throw new Error("it is a key");
  return { ...key, privateKey: writePrivateKey(Buffer.alloc(32, byte).toString("base64")) };
};
const [one, two, three] = [keyOf(1), keyOf(2), keyOf(3)];

test.each([[[one]], [[one, two]]])("what is written is read", (keys) => {
  expect(parseKeySet(writeKeySet(keys))).toEqual({ ok: true, value: keys });
});

test.each([
  ["no JSON", "secret-thing", "not JSON"],
  ["no key", writeKeySet([]), "no key"],
  ["three keys", writeKeySet([one, two, three]), "3 keys"],
  ["a key twice", writeKeySet([one, one]), "there twice"],
  ["another tag", writeKeySet([{ ...one, keyTag: 1 }]), "keyTag"],
  ["a key of another kind", writeKeySet([{ ...one, dnskey: "256 3 13 AAAA" }]), "flags 256"],
  ["a private key of another form", writeKeySet([{ ...one, privateKey: "secret-thing" }]), "BIND"],
  ["a field too many", '{"format":"sovereign-zone-keys/v1","keys":[],"more":1}', "field"],
])("%s is refused without being quoted", (_, text, words) => {
  const parsed = parseKeySet(text);
  expect(parsed.ok ? "" : parsed.because).toContain(words);
  expect(JSON.stringify(parsed)).not.toContain("secret-thing");
});

test("anything at all is read or refused, never thrown", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseKeySet(text)));
});
