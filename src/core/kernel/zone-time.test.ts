import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dayMs, instantsShowing, isTimeZone, shownAt, timeZoneNames } from "./zone-time.ts";

const at = (text: string): number => Date.parse(text);
const shown = (text: string): number => Date.parse(`${text}Z`);

test.each(["", "+02:00", "Europe/Berln", "Mars/Base", "__proto__", "constructor"])(
  "%j is no time zone",
  (name) => {
    expect(isTimeZone(name)).toBe(false);
  },
);

test.each(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata"])(
  "%s is a time zone",
  (name) => {
    expect(isTimeZone(name)).toBe(true);
    expect(timeZoneNames().length).toBeGreaterThan(300);
  },
);

describe("clocks of Berlin", () => {
  const zone = "Europe/Berlin";

  test("are two hours ahead of UTC in summer and one in winter", () => {
    expect(shownAt(zone, at("2026-07-01T10:00:00.250Z"))).toBe(shown("2026-07-01T12:00:00.250"));
    expect(shownAt(zone, at("2026-12-01T10:00:00Z"))).toBe(shown("2026-12-01T11:00:00"));
  });

  test("show a time of the night when they are put back twice", () => {
    expect(instantsShowing(zone, shown("2026-10-25T02:30:00"))).toEqual({
      firstMs: at("2026-10-25T00:30:00Z"),
      lastMs: at("2026-10-25T01:30:00Z"),
    });
  });

  test("jump over a time of the night when they are put forward", () => {
    const jump = at("2026-03-29T01:00:00Z");
    for (const skipped of ["02:00:00", "02:30:00", "02:59:59"]) {
      const instants = instantsShowing(zone, shown(`2026-03-29T${skipped}`));
      expect(instants).toEqual({ firstMs: jump, lastMs: jump });
    }
  });
});

test("clocks of Lord Howe are moved by half an hour", () => {
  const instants = instantsShowing("Australia/Lord_Howe", shown("2026-04-05T01:45:00"));
  expect(instants.lastMs - instants.firstMs).toBe(1_800_000);
});

test("what clocks show at an instant is shown at that instant, in every zone", () => {
  const zones = fc.constantFrom(...timeZoneNames());
  const instants = fc.integer({
    min: at("2000-01-01T00:00:00Z"),
    max: at("2036-01-01T00:00:00Z"),
  });
  fc.assert(
    fc.property(zones, instants, (zone, atMs) => {
      const shownMs = shownAt(zone, atMs);
      expect(Math.abs(shownMs - atMs)).toBeLessThanOrEqual(dayMs);
      const { firstMs, lastMs } = instantsShowing(zone, shownMs);
      expect([firstMs, lastMs]).toContain(atMs);
    }),
  );
});

test("every time is shown at some instant, or is the moment at which it is skipped", () => {
  const zones = fc.constantFrom("Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe");
  const minutes = fc.integer({ min: at("2025-01-01T00:00:00Z") / 60_000, max: 30_000_000 });
  fc.assert(
    fc.property(zones, minutes, (zone, minute) => {
      const shownMs = minute * 60_000;
      const { firstMs, lastMs } = instantsShowing(zone, shownMs);
      expect(lastMs).toBeGreaterThanOrEqual(firstMs);
      // From the first instant on clocks show that time or a later one.
      expect(shownAt(zone, firstMs)).toBeGreaterThanOrEqual(shownMs);
      expect(shownAt(zone, firstMs - 1)).toBeLessThan(shownMs);
    }),
  );
});
