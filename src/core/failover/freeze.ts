/**
 * Whether a group is frozen at an instant: once from one instant until another, and every week by the clocks of a zone (ADR 28).
 * Where clocks are put back a window begins at the first and ends at the last moment that shows its time, so it is never shorter
 * than it reads; a time that is skipped is the moment of the jump.
 */
import { dayMs, instantsShowing, shownAt } from "../kernel/zone-time.ts";
import type { FailoverGroup, FreezeWindow, WeeklyFreeze, WeekTime } from "./group.ts";

const minuteMs = 60_000;
const daysOfWeek = 7;
/** 1970-01-01 was a Thursday; Monday is 0. */
const weekdayOfEpoch = 3;

/** The window in which the group is frozen, the one that ends last when there are several; null when it is not. */
export function isFrozen(
  group: Pick<FailoverGroup, "freezes" | "weeklyFreezes">,
  wallAtMs: number,
): FreezeWindow | null {
  const weekly = (group.weeklyFreezes ?? []).flatMap((freeze) => occurrences(freeze, wallAtMs));
  let longest: FreezeWindow | null = null;
  for (const window of [...group.freezes, ...weekly]) {
    const isOpen = window.fromAtMs <= wallAtMs && wallAtMs < window.untilAtMs;
    if (isOpen && (longest === null || window.untilAtMs > longest.untilAtMs)) longest = window;
  }
  return longest;
}

/** The occurrences of a weekly window that may be open at an instant: the last one that began, and the one before. */
function occurrences(freeze: WeeklyFreeze, wallAtMs: number): readonly FreezeWindow[] {
  const { from, until, zone, because } = freeze;
  const day = Math.floor(shownAt(zone, wallAtMs) / dayMs);
  const weekday = (day + weekdayOfEpoch) % daysOfWeek;
  const daysSince = (weekday - from.weekday + daysOfWeek) % daysOfWeek;
  return [daysSince, daysSince + daysOfWeek].map((daysBack): FreezeWindow => {
    const fromShownMs = (day - daysBack) * dayMs + from.minuteOfDay * minuteMs;
    const untilShownMs = fromShownMs + lengthMs(from, until);
    return {
      fromAtMs: instantsShowing(zone, fromShownMs).firstMs,
      untilAtMs: instantsShowing(zone, untilShownMs).lastMs,
      because,
    };
  });
}

/** By the calendar, from 1 minute to a week without one. */
function lengthMs(from: WeekTime, until: WeekTime): number {
  const weekMs = daysOfWeek * dayMs;
  const inWeekMs = ({ weekday, minuteOfDay }: WeekTime): number =>
    weekday * dayMs + minuteOfDay * minuteMs;
  return (inWeekMs(until) - inWeekMs(from) + weekMs) % weekMs;
}
