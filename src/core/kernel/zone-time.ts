/**
 * What the clocks of an IANA time zone show, and when they show it. The rules of zones are those of the runtime (`Intl`, ECMA-402);
 * what they show is written as milliseconds as if the zone were UTC, so that it can be counted with.
 */

export const dayMs = 86_400_000;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Whether the runtime knows a zone by this name; offsets such as `+02:00` are no zones. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    clockOf(name);
    return true;
  } catch {
    return false; // That it throws is how the runtime says no.
  }
}

/** Names of all zones, for suggestions; other names that the runtime knows mean one of these. */
export function timeZoneNames(): readonly string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone")];
}

/** What the zone's clocks show at an instant. Throws RangeError for a zone that is not known. */
export function shownAt(zone: string, atMs: number): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of clockOf(zone).formatToParts(atMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const withinSecondMs = ((atMs % 1_000) + 1_000) % 1_000;
  return Date.UTC(year, month - 1, day, hour, minute, second) + withinSecondMs;
}

/**
 * The first and the last instant at which the zone's clocks show a time. They differ where clocks are put back; a time that is
 * skipped when they are put forward is the moment of the jump.
 */
export function instantsShowing(
  zone: string,
  shownMs: number,
): { readonly firstMs: number; readonly lastMs: number } {
  const offsetMs = (atMs: number): number => shownAt(zone, atMs) - atMs;
  // No zone is more than a day from UTC, so these are the offsets before and after any change near the time.
  const before = offsetMs(shownMs - dayMs);
  const after = offsetMs(shownMs + dayMs);
  const early = shownMs - Math.max(before, after);
  const late = shownMs - Math.min(before, after);
  const found = [early, late].filter((atMs) => shownAt(zone, atMs) === shownMs);
  const [first, last = first] = found;
  if (first !== undefined && last !== undefined) return { firstMs: first, lastMs: last };
  let [unchanged, changed] = [early, late];
  while (changed - unchanged > 1) {
    const middle = Math.floor((unchanged + changed) / 2);
    if (offsetMs(middle) === after) changed = middle;
    else unchanged = middle;
  }
  return { firstMs: changed, lastMs: changed };
}

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const clock = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  clocks.set(zone, clock);
  return clock;
}
