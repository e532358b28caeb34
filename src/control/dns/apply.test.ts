import { expect, test } from "vitest";
import { catalogueOf, placed, zone } from "../../../test/catalogue.ts";
import { nameOf } from "../../core/dns/batches.ts";
import type { Rrset } from "../../core/dns/model.ts";
import { planZone } from "../../core/dns/plan.ts";
import { type DesiredZone, desiredZone } from "../../core/dns/zone.ts";
import { required } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { seededRandom } from "../../core/kernel/random.ts";
import { fakeNameServer } from "../../sim/fake-name-server.ts";
import { type ApplyFacts, applyToServer } from "./apply.ts";

const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: () => Promise.resolve() };
const desiredOf = (...applications: ReturnType<typeof placed>[]): DesiredZone =>
  required(desiredZone(catalogueOf(applications)), "a Sovereign is declared");
const rrsetsOf = (desired: DesiredZone): readonly Rrset[] =>
  desired.applications.flatMap(({ rrsets }) => rrsets);

const atFirst = desiredOf(placed("shop"));
/** Sent at the first revision, and then the server was silent. */
const unconfirmed = planZone(atFirst, [], { holdRemovals: false }).changes;

function serverWith(rrsets: readonly Rrset[]) {
  const server = fakeNameServer("ns1", seededRandom(1), clock);
  server.createZone(zone);
  for (const rrset of rrsets) server.put(zone, rrset);
  return server;
}

function factsOf(desired: DesiredZone): ApplyFacts {
  const onPlanned = () => Promise.resolve();
  return { clock, desired, holdRemovals: false, observeOnly: false, unconfirmed, onPlanned };
}

test("changes of unknown fate that were not made are not claimed when nobody wants them any more", async () => {
  const outcome = await applyToServer(serverWith([]), factsOf(desiredOf()));
  expect(outcome.applied).toEqual([]);
});

test("changes of unknown fate that were made are on record although the next revision wants others", async () => {
  const server = serverWith(rrsetsOf(atFirst));
  const moved = desiredOf(placed("shop", { healthCheck: { scheme: "https", path: "/live" } }));
  const { applied } = await applyToServer(server, factsOf(moved));
  expect(applied.map((change) => change.reason)).toEqual([
    "RecordMissing",
    "RecordMissing",
    "ContentDiffers",
    "ContentDiffers",
  ]);
  expect(
    server
      .rrsets(zone)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(
    rrsetsOf(moved)
      .map(({ name }) => name)
      .sort(),
  );
});

test("a server that says yes and keeps something else is named with the record", async () => {
  const server = serverWith([]);
  const forgetful = { ...server, change: () => Promise.resolve() };
  const outcome = await applyToServer(forgetful, { ...factsOf(atFirst), unconfirmed: [] });
  expect(outcome.applied).toEqual([]);
  expect(outcome.pending.map(nameOf)).toHaveLength(2);
  expect(outcome.failure?.message).toContain("and 1 more as written");
});

test.each([
  ["NameServerUnreachable", 2],
  ["NameServerRefused", 0],
] as const)(
  "of changes that failed with %s and are not there yet, %d may come late and are told then",
  async (code, late) => {
    const failing = {
      ...serverWith([]),
      change: () => Promise.reject(new Failure(code, "no answer")),
    };
    const first = await applyToServer(failing, { ...factsOf(atFirst), unconfirmed: [] });
    expect(first.applied).toEqual([]);
    expect(first.unconfirmed).toHaveLength(late);
    const arrived = serverWith(rrsetsOf(atFirst));
    const facts = { ...factsOf(atFirst), unconfirmed: first.unconfirmed };
    const second = await applyToServer(arrived, facts);
    expect(second.applied).toHaveLength(late);
    expect(second.unconfirmed).toEqual([]);
  },
);
