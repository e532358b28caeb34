import { expect, test } from "vitest";
import { luaContent } from "../../src/core/dns/lua.ts";
import type { Rrset } from "../../src/core/dns/model.ts";
import { seededRandom } from "../../src/core/kernel/random.ts";
import { type FakeNameServer, fakeNameServer } from "../../src/sim/fake-name-server.ts";
import { nameServerContract } from "./name-server.ts";

const zone = "contract.test.";
const rrset: Rrset = { name: `a.${zone}`, type: "A", ttlSeconds: 5, records: ["192.0.2.1"] };

function server(seed = 1): FakeNameServer {
  const fake = fakeNameServer(`ns${seed} of hz-fsn-rtz-prod`, seededRandom(seed));
  fake.createZone(zone);
  return fake;
}

nameServerContract("the fake name server", () => {
  const withWrongKey = server(2);
  withWrongKey.setAuthorized(false);
  const unreachable = server(3);
  unreachable.setReachable(false);
  return Promise.resolve({
    server: server(),
    zone,
    withWrongKey,
    unreachable,
    stop: () => Promise.resolve(),
  });
});

test.each([
  ["failsBeforePerMille", 0],
  ["failsAfterPerMille", 1],
  ["unreachablePerMille", 0],
])("the fault %s leaves %d rrset(s) behind and is NameServerUnreachable", async (fault, left) => {
  const fake = server();
  fake.setFaults({ [fault]: 1_000 });
  await expect(fake.change(zone, [{ kind: "replace", rrset }])).rejects.toMatchObject({
    code: "NameServerUnreachable",
  });
  expect(fake.rrsets(zone)).toHaveLength(left);
});

test("the fake refuses a CNAME beside LUA, as the real server does", async () => {
  const fake = server();
  const lua = { ...rrset, type: "LUA", records: [luaContent("A", "'192.0.2.1'")] };
  const alias = { ...rrset, type: "CNAME", records: ["b.contract.test."] };
  const work = fake.change(zone, [
    { kind: "replace", rrset: lua },
    { kind: "replace", rrset: alias },
  ]);
  await expect(work).rejects.toMatchObject({ code: "NameServerRefused" });
});
