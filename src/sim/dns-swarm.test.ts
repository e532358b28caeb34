import { expect, test } from "vitest";
import { simulateDns } from "./dns-world.ts";

const seeds = 25;

test("the same seed gives the same journals, another seed others", async () => {
  const heads = async (seed: number) => (await simulateDns(seed)).journals.map(({ head }) => head);
  expect(await heads(7)).toEqual(await heads(7));
  expect(await heads(7)).not.toEqual(await heads(8));
});

test("whatever fails, no write harms a record, and everything becomes right once faults stop", async () => {
  let events = 0;
  let writes = 0;
  const seen = new Set<string>();
  for (let seed = 1; seed <= seeds; seed++) {
    const history = await simulateDns(seed);
    expect(history.violations, `seed ${seed}`).toEqual([]);
    expect(history.leftOver, `seed ${seed}: changes left over`).toBe(0);
    expect(history.restless, `seed ${seed}: events and writes while nothing changes`).toBe(0);
    // A name that somebody else holds on one server is wrong there for both regions, and named as a conflict.
    const contested = history.statuses.flatMap(({ servers }) =>
      servers.flatMap(({ conflicts }) => conflicts),
    );
    for (const status of history.statuses) {
      expect(status.failure, `seed ${seed}`).toBeNull();
      const wrong = status.servers
        .flatMap(({ answers }) => answers)
        .filter(
          ({ state, fqdn }) =>
            state !== "right" && !contested.some(({ name }) => name.endsWith(`${fqdn}.`)),
        );
      expect(wrong, `seed ${seed}`).toEqual([]);
    }
    writes += history.writes;
    for (const journal of history.journals) {
      events += journal.events.length;
      for (const { type } of journal.events) seen.add(type);
    }
  }
  // The world must really have been rough, or the checks above prove nothing.
  expect(writes).toBeGreaterThan(seeds * 5);
  expect(events).toBeGreaterThan(seeds * 20);
  expect([...seen].sort()).toEqual(
    expect.arrayContaining([
      "dns.applyFailed",
      "dns.changed",
      "dns.conflict",
      "dns.driftRepaired",
      "dns.serverSilent",
      "source.documentBroken",
      "source.revisionRead",
    ]),
  );
});
