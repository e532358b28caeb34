/** What the freeze windows of a FailoverGroup must fulfil: exactly one form, and an end after the beginning. */
import { isTimeZone, timeZoneNames } from "../../kernel/zone-time.ts";
import { didYouMean } from "../../names/nearest.ts";
import type { JsonPath } from "../document.ts";
import { type FreezeSpec, parseInstantMs } from "../failover-group-freezes.ts";
import type { Finding } from "../problem.ts";
import type { FailoverGroupFacts } from "./failover-group-facts.ts";
import type { DocumentRule } from "./rule.ts";

function about(
  reason: string,
  check: (freeze: FreezeSpec, path: JsonPath) => readonly Finding[],
): DocumentRule<FailoverGroupFacts> {
  return {
    reason,
    check: ({ group }) =>
      (group.spec.freezes ?? []).flatMap((freeze, f) => check(freeze, ["spec", "freezes", f])),
  };
}

export const freezeRules: readonly DocumentRule<FailoverGroupFacts>[] = [
  about("NotExactlyOne", ({ once, weekly }, path) =>
    (once === undefined) === (weekly === undefined)
      ? [{ path, expected: "exactly one of once and weekly" }]
      : [],
  ),
  about("InstantInvalid", ({ once }, path) =>
    once === undefined
      ? []
      : (["from", "until"] as const).flatMap((field) =>
          parseInstantMs(once[field]) === undefined
            ? [{ path: [...path, "once", field], expected: "a day and a time that exist" }]
            : [],
        ),
  ),
  about("WindowEmpty", checkEnds),
  about("UnknownTimeZone", ({ weekly }, path) =>
    weekly === undefined || isTimeZone(weekly.zone)
      ? []
      : [
          {
            path: [...path, "weekly", "zone"],
            expected: `an IANA time zone${didYouMean(weekly.zone, timeZoneNames())}`,
          },
        ],
  ),
];

function checkEnds({ once, weekly }: FreezeSpec, path: JsonPath): readonly Finding[] {
  if (weekly !== undefined && weekly.from === weekly.until) {
    const expected = "another moment than `from`: a window of a whole week would never end";
    return [{ path: [...path, "weekly", "until"], expected }];
  }
  if (once === undefined) return [];
  const [fromAtMs, untilAtMs] = [parseInstantMs(once.from), parseInstantMs(once.until)];
  if (fromAtMs === undefined || untilAtMs === undefined || fromAtMs < untilAtMs) return [];
  return [{ path: [...path, "once", "until"], expected: `an instant after ${once.from}` }];
}
