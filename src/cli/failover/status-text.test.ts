import { expect, test } from "vitest";
import type { PeopleReport } from "../../core/failover/people-report.ts";
import { factsOf, serving } from "../../core/failover/rehearsal.ts";
import { reportOf } from "../../core/failover/rehearsal-report.ts";
import { statusText } from "./status-text.ts";

/** A standby that the holder does not wait for. */
function standbyReport(): PeopleReport {
  const { here, a, b } = serving("sticky", {});
  a.measures = (atMs) =>
    factsOf("writable", atMs, { sync: "alone", position: 9_000, standbyReady: false });
  b.measures = (atMs) => factsOf("standby", atMs, { position: 4_000 });
  here.pass(30_000, () => {
    here.answer(a);
    here.answer(b);
  });
  return reportOf(here, b);
}

function screenOf(report: PeopleReport): string {
  const silent = { client: null, failure: null, report: null, region: "a" };
  const regions = [silent, { ...silent, region: "b", report }] as const;
  return statusText({ group: "g", sovereign: "s", regions, reports: [report] }, { colour: false });
}

test("bytes of a holder that publishes no ceiling are told as a part of what would be lost", () => {
  expect(screenOf(standbyReport())).toMatch(/would lose .*5 000 bytes or more/);
});

test("bytes up to a ceiling are told as the most that would be lost", () => {
  const report = standbyReport();
  const { people } = report;
  const ceilings = people.group.services.map(({ name }) => name);
  const witnessNote = { ...people.witnessNote, ceilings };
  const screen = screenOf({ ...report, people: { ...people, witnessNote } });
  expect(screen).toMatch(/would lose .*at most 5 000 bytes/);
  expect(screen).not.toContain("or more");
});
