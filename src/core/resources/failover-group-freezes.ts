/** `spec.freezes` of a FailoverGroup: windows in which nothing is moved that does not have to be. */
import { z } from "zod";
import { required } from "../kernel/assert.ts";
import { weekdays } from "./failover-words.ts";
import { fieldPatterns } from "./patterns.ts";

const instantField = z.string().max(35).regex(fieldPatterns.instant.pattern);
const weekTimeField = z.string().max(9).regex(fieldPatterns.weekTime.pattern);

export const freezeSchema = z.strictObject({
  because: z.string().min(1).max(200).describe("Why, for people."),
  once: z
    .strictObject({
      from: instantField.describe("First instant, with its offset from UTC."),
      until: instantField.describe("First instant after it."),
    })
    .optional()
    .describe("One window. Exactly one of once and weekly."),
  weekly: z
    .strictObject({
      from: weekTimeField.describe("Weekday and time at which it begins, such as Fri 18:00."),
      until: weekTimeField.describe("Weekday and time at which it ends, such as Mon 06:00."),
      zone: z
        .string()
        .max(64)
        .regex(fieldPatterns.timeZone.pattern)
        .describe("IANA time zone by whose clocks this is meant; summer time is taken care of."),
    })
    .optional()
    .describe("The same window every week. Exactly one of once and weekly."),
});

export type FreezeSpec = z.infer<typeof freezeSchema>;

const dayNames: readonly string[] = weekdays;

/** Weekday (0 is Monday) and minute of a text such as `Fri 18:00`, whose pattern was checked. */
export function parseWeekTime(text: string): {
  readonly weekday: number;
  readonly minuteOfDay: number;
} {
  const [, day = "", hour = "", minute = ""] = required(
    /^([A-Z][a-z]{2}) ([0-9]{2}):([0-9]{2})$/.exec(text),
    "the schema lets weekdays with times pass only",
  );
  return {
    weekday: dayNames.indexOf(day),
    minuteOfDay: Number(hour) * 60 + Number(minute),
  };
}

/** Wall time of an instant whose pattern was checked; undefined when there is no such day or time. */
export function parseInstantMs(text: string): number | undefined {
  const [, year = "", month = "", day = ""] = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T/.exec(text) ?? [];
  const atMs = Date.parse(text);
  // `Date.parse` counts a 31st of November on into December.
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const exists =
    midnight.getUTCMonth() === Number(month) - 1 && midnight.getUTCDate() === Number(day);
  return Number.isNaN(atMs) || !exists ? undefined : atMs;
}
