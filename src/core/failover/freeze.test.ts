import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dayMs, shownAt } from "../kernel/zone-time.ts";
import { isFrozen } from "./freeze.ts";
import type { FreezeWindow, WeeklyFreeze } from "./group.ts";

const at = (text: string): number => Date.parse(text);
const once = (from: string, until: string, because = "a release"): FreezeWindow => ({
  fromAtMs: at(from),
  untilAtMs: at(until),
  because,
});
const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const weekTime = (text: string) => {
  const [day = "", hour = "", minute = ""] = text.split(/[ :]/);
  return { weekday: days.indexOf(day), minuteOfDay: Number(hour) * 60 + Number(minute) };
};
const weekly = (from: string, until: string, zone = "Europe/Berlin"): WeeklyFreeze => ({
  from: weekTime(from),
  until: weekTime(until),
  zone,
  because: "the weekend",
});
const frozenBy = (weeklyFreezes: readonly WeeklyFreeze[], instant: string) =>
  isFrozen({ freezes: [], weeklyFreezes }, at(instant));

test("a group without windows is never frozen", () => {
  expect(isFrozen({ freezes: [] }, 0)).toBeNull();
});

test("a window once is open from its first moment until before its last", () => {
  const window = once("2026-12-20T00:00:00Z", "2027-01-04T00:00:00Z");
  const group = { freezes: [window] };
  expect(isFrozen(group, window.fromAtMs - 1)).toBeNull();
  expect(isFrozen(group, window.fromAtMs)).toEqual(window);
  expect(isFrozen(group, window.untilAtMs - 1)).toEqual(window);
  expect(isFrozen(group, window.untilAtMs)).toBeNull();
});

test("of several open windows the one that ends last is told", () => {
  const short = once("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
  const long = once("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z", "stocktaking");
  expect(isFrozen({ freezes: [long, short] }, short.fromAtMs)).toEqual(long);
  expect(isFrozen({ freezes: [short, long] }, short.fromAtMs)).toEqual(long);
});

describe("a weekend by the clocks of Berlin", () => {
  const weekend = weekly("Fri 18:00", "Mon 06:00");

  test.each([
    ["a minute before it begins", "2026-07-03T15:59:00Z", null],
    ["at its beginning", "2026-07-03T16:00:00Z", "2026-07-06T04:00:00Z"],
    ["in the middle", "2026-07-05T12:00:00Z", "2026-07-06T04:00:00Z"],
    ["at its end", "2026-07-06T04:00:00Z", null],
    ["in winter, an hour later by UTC", "2026-12-04T17:00:00Z", "2026-12-07T05:00:00Z"],
    ["over clocks put back", "2026-10-25T12:00:00Z", "2026-10-26T05:00:00Z"],
    ["over clocks put forward", "2026-03-29T12:00:00Z", "2026-03-30T04:00:00Z"],
  ])("%s", (_, instant, until) => {
    const window = frozenBy([weekend], instant);
    expect(window?.untilAtMs ?? null).toBe(until === null ? null : at(until));
  });
});

describe("a window of the night in which clocks are put back", () => {
  test("ends at the last moment that shows its end", () => {
    const night = weekly("Sun 01:00", "Sun 02:30");
    expect(frozenBy([night], "2026-10-24T23:00:00Z")).toMatchObject({
      fromAtMs: at("2026-10-24T23:00:00Z"),
      untilAtMs: at("2026-10-25T01:30:00Z"),
    });
    expect(frozenBy([night], "2026-10-25T00:45:00Z")).not.toBeNull();
    expect(frozenBy([night], "2026-10-25T01:30:00Z")).toBeNull();
  });

  test("begins at the first moment that shows its beginning", () => {
    const night = weekly("Sun 02:30", "Sun 04:00");
    expect(frozenBy([night], "2026-10-25T00:29:59Z")).toBeNull();
    expect(frozenBy([night], "2026-10-25T00:30:00Z")).toMatchObject({
      untilAtMs: at("2026-10-25T03:00:00Z"),
    });
  });
});

describe("a window of the night in which clocks are put forward", () => {
  test("begins at the jump when its beginning is skipped", () => {
    const night = weekly("Sun 02:30", "Sun 04:00");
    expect(frozenBy([night], "2026-03-29T00:59:59Z")).toBeNull();
    expect(frozenBy([night], "2026-03-29T01:00:00Z")).toMatchObject({
      fromAtMs: at("2026-03-29T01:00:00Z"),
      untilAtMs: at("2026-03-29T02:00:00Z"),
    });
  });

  test("is never open when all of it is skipped", () => {
    const night = weekly("Sun 02:10", "Sun 02:50");
    for (let minute = -120; minute < 120; minute += 1) {
      const atMs = at("2026-03-29T01:00:00Z") + minute * 60_000;
      expect(isFrozen({ freezes: [], weeklyFreezes: [night] }, atMs)).toBeNull();
    }
  });
});

test("a window over midnight of the week's last day is one window", () => {
  const night = weekly("Sun 22:00", "Mon 02:00", "UTC");
  expect(frozenBy([night], "2026-11-22T23:00:00Z")).not.toBeNull();
  expect(frozenBy([night], "2026-11-23T01:59:00Z")).not.toBeNull();
  expect(frozenBy([night], "2026-11-23T02:00:00Z")).toBeNull();
});

test("a window of almost a week is closed for the minute that is left", () => {
  const almost = weekly("Mon 10:00", "Mon 09:59", "UTC");
  expect(frozenBy([almost], "2026-11-23T09:58:59Z")).not.toBeNull();
  expect(frozenBy([almost], "2026-11-23T09:59:30Z")).toBeNull();
  expect(frozenBy([almost], "2026-11-23T10:00:00Z")).not.toBeNull();
});

test("outside of days on which clocks change, a window is open exactly while clocks show a time within it", () => {
  const minute = fc.integer({ min: 0, max: 1_439 });
  const time = fc.record({ weekday: fc.integer({ min: 0, max: 6 }), minuteOfDay: minute });
  const zones = fc.constantFrom("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu");
  const instants = fc.integer({ min: at("2026-05-01T00:00:00Z"), max: at("2026-09-01T00:00:00Z") });
  const inWeek = ({ weekday, minuteOfDay }: WeeklyFreeze["from"]) => weekday * 1_440 + minuteOfDay;
  fc.assert(
    fc.property(time, time, zones, instants, (from, until, zone, wallAtMs) => {
      fc.pre(inWeek(from) !== inWeek(until));
      const shownMinutes = Math.floor(shownAt(zone, wallAtMs) / 60_000);
      const now = (shownMinutes + 3 * 1_440) % (7 * 1_440);
      const week = 7 * 1_440;
      const within =
        (now - inWeek(from) + week) % week < (inWeek(until) - inWeek(from) + week) % week;
      const freeze = { from, until, zone, because: "x" };
      const window = isFrozen({ freezes: [], weeklyFreezes: [freeze] }, wallAtMs);
      expect(window !== null).toBe(within);
      if (window === null) return;
      expect(window.untilAtMs - window.fromAtMs).toBeLessThan(7 * dayMs);
      expect(isFrozen({ freezes: [], weeklyFreezes: [freeze] }, window.fromAtMs)).toEqual(window);
      expect(isFrozen({ freezes: [], weeklyFreezes: [freeze] }, window.fromAtMs - 1)).toBeNull();
      expect(isFrozen({ freezes: [], weeklyFreezes: [freeze] }, window.untilAtMs)).toBeNull();
    }),
  );
});
