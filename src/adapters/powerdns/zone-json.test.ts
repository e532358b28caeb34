import { expect, test } from "vitest";
import { readZoneJson } from "./zone-json.ts";

const zoneWith = (comments: readonly object[]): string =>
  JSON.stringify({
    rrsets: [{ name: "Shop.X.", type: "a", ttl: 5, records: [{ content: "192.0.2.1" }], comments }],
  });

test("what others wrote into a comment can not command a terminal and is not longer than a line", () => {
  const account = `\u001b[2J${"x".repeat(100)}`;
  const [rrset] = readZoneJson(zoneWith([{ account, content: "y" }]), "ns1");
  expect(rrset).toMatchObject({ name: "shop.x.", type: "A" });
  const [shown = ""] = rrset?.foreignAccounts ?? [];
  expect(shown).toMatch(/^\\u001b\[2Jx+$/);
  expect(shown).toHaveLength(60);
});

test.each(["", "<html>", "{}", '{"rrsets":[{"name":1}]}'])("%j is no zone", (text) => {
  expect(() => readZoneJson(text, "ns1")).toThrow("ns1 answers something that is not a PowerDNS");
});
