import fc from "fast-check";
import { expect, test } from "vitest";
import { keyInSignature } from "./ssh-blob.ts";

const armoured = (body: Buffer): string =>
  `-----BEGIN SSH SIGNATURE-----\n${body.toString("base64")}\n-----END SSH SIGNATURE-----\n`;

function blob(
  key: Buffer,
  parts: { readonly magic?: string; readonly version?: number } = {},
): Buffer {
  const head = Buffer.from(parts.magic ?? "SSHSIG", "latin1");
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(parts.version ?? 1, 0);
  numbers.writeUInt32BE(key.length, 4);
  return Buffer.concat([head, numbers, key]);
}

test("the key in a signature is found, whatever follows it", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 600 });
  fc.assert(
    fc.property(bytes, fc.uint8Array({ maxLength: 200 }), (key, rest) => {
      const signature = armoured(Buffer.concat([blob(Buffer.from(key)), rest]));
      expect(keyInSignature(signature)).toBe(Buffer.from(key).toString("base64"));
    }),
  );
});

test.each<[string, string]>([
  ["nothing", ""],
  ["no armour", blob(Buffer.from("key")).toString("base64")],
  ["another kind of armour", armoured(blob(Buffer.from("key"))).replaceAll("SSH", "PGP")],
  ["other bytes in front", armoured(blob(Buffer.from("key"), { magic: "SSHSIX" }))],
  ["another version", armoured(blob(Buffer.from("key"), { version: 2 }))],
  ["a key that is longer than the signature", armoured(blob(Buffer.alloc(64)).subarray(0, 40))],
  ["a length without a key", armoured(blob(Buffer.alloc(0)).subarray(0, 12))],
  ["two signatures", armoured(blob(Buffer.from("a"))) + armoured(blob(Buffer.from("b")))],
  ["more than a signature can be", armoured(blob(Buffer.alloc(20_000)))],
])("%s is no signature", (_, signature) => {
  expect(keyInSignature(signature)).toBeUndefined();
});

test("no text makes reading throw", () => {
  const anyBody = fc.uint8Array({ maxLength: 100 }).map((bytes) => armoured(Buffer.from(bytes)));
  fc.assert(
    fc.property(fc.oneof(fc.string(), anyBody), (text) => {
      keyInSignature(text);
    }),
  );
});
