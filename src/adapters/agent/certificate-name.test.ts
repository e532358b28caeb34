import fc from "fast-check";
import { expect, test } from "vitest";
import { certificateName } from "./certificate-name.ts";

test.each([
  ["one DNS name", "DNS:hz-fsn-rtz-prod", "hz-fsn-rtz-prod"],
  ["one DNS name among others", "IP Address:127.0.0.1, DNS:a.test, URI:x:y", "a.test"],
  ["nothing", undefined, undefined],
  ["no DNS name", "IP Address:127.0.0.1", undefined],
  ["two regions", "DNS:hz-fsn-rtz-prod, DNS:hz-hel-rtz-prod", undefined],
  ["all names", "DNS:*.test", undefined],
  ["capitals", "DNS:HZ", undefined],
  ["an empty one", "DNS:", undefined],
  ["one in quotes, which may hide another", 'URI:"x, DNS:hz-fsn-rtz-prod"', undefined],
])("a certificate of %s", (_what, text, name) => {
  expect(certificateName(text)).toBe(name);
});

test("whatever is written there, a name is a single one that stands there by itself", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `DNS:${text}`),
      ),
      (text) => {
        const name = certificateName(text);
        if (name !== undefined) expect(`, ${text}, `).toContain(`, DNS:${name}, `);
      },
    ),
  );
});
