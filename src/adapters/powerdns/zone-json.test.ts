import fc from "fast-check";
import { expect, test } from "vitest";
import { sizeOf } from "../../core/dns/batches.ts";
import type { PlannedChange } from "../../core/dns/plan.ts";
import { readZoneJson, writeChangesJson } from "./zone-json.ts";

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

const noReason = { application: "a/b", reason: "NoLongerNeeded", because: "", before: [] } as const;

test("a change takes no more of a request than batches count for it", () => {
  const label = fc.stringMatching(/^[a-z0-9-]{1,63}$/);
  const name = fc.tuple(label, label, label, label).map((labels) => `${labels.join(".")}.`);
  const content = fc.stringMatching(/^[\x20-\x7e]{0,400}$/);
  fc.assert(
    fc.property(
      name,
      fc.array(content, { maxLength: 4 }),
      fc.tuple(label, label, fc.stringMatching(/^[a-z-]{1,63}$/)),
      (name, records, [environment, application, placement]) => {
        const ownership = { application: `${environment}/${application}`, placement };
        const rrset = { name, type: "AAAA", ttlSeconds: 2_147_483_647, records, ownership };
        for (const change of [
          { kind: "replace", rrset },
          { kind: "delete", name, type: "AAAA" },
        ] as const) {
          const planned: PlannedChange = { ...noReason, change, after: records };
          const body = JSON.stringify(writeChangesJson([change]));
          expect(sizeOf(planned)).toBeGreaterThanOrEqual(body.length);
        }
      },
    ),
  );
});
