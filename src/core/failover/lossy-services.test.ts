import { expect, test } from "vitest";
import type { ServiceFacts } from "./facts.ts";
import type { GroupService } from "./group.ts";
import { lossyServices } from "./lossy-services.ts";
import { serving } from "./rehearsal.ts";
import { reportOf } from "./rehearsal-report.ts";

const ledger: GroupService = { name: "ledger", kind: "postgresql", mayLose: "nothing", after: [] };
const cache: GroupService = { name: "cache", kind: "valkey", mayLose: "everything", after: [] };
const following: ServiceFacts = {
  name: "cache",
  role: "standby",
  sync: null,
  standbyReady: null,
  position: 900,
  timeline: 1,
  lagMs: 1_500,
  ready: true,
};

function stated(measured: readonly ServiceFacts[], positions: Readonly<Record<string, number>>) {
  const { here, b } = serving("sticky", { services: [ledger, cache] });
  const report = reportOf(here, b);
  const data = { services: measured, notReady: [], ageMs: 0 };
  return lossyServices({ ...report, data, witnessPositions: positions });
}

test("what may lose is stated with the bytes between what was published and what is here", () => {
  expect(stated([following], { cache: 1_000 })).toEqual([
    { name: "cache", lagBytes: 100, lagMs: 1_500 },
  ]);
});

test("what nobody measured or published is not known, and never nothing", () => {
  const unknown = { name: "cache", lagBytes: null, lagMs: null };
  expect(stated([], { cache: 1_000 })).toEqual([unknown]);
  expect(stated([{ ...following, position: null, lagMs: null }], { cache: 1_000 })).toEqual([
    unknown,
  ]);
  expect(stated([following], {})).toEqual([{ ...unknown, lagMs: 1_500 }]);
});
