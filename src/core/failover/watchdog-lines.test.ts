import fc from "fast-check";
import { expect, test } from "vitest";
import type { Tenure } from "./watchdog.ts";
import {
  longestLineCharacters,
  parseWatchdogAnswer,
  parseWatchdogRequest,
  type WatchdogAnswer,
  type WatchdogRequest,
} from "./watchdog-lines.ts";

const tenure: Tenure = {
  epoch: 5,
  rev: 9,
  instance: "agent-1",
  round: null,
  kind: "lease",
  untilAtMs: 1_000.5,
};
const line = (change: object): string => JSON.stringify({ seq: 1, do: "set", tenure, ...change });

test.each([
  ["text that is not JSON", "{"],
  ["JSON that is no object", "[]"],
  ["a request without a number", JSON.stringify({ do: "read" })],
  ["a number below nothing", line({ seq: -1 })],
  ["a request that nobody knows", line({ do: "sit" })],
  ["a field too many", line({ by: "me" })],
  ["a tenure with a field too many", line({ tenure: { ...tenure, more: 1 } })],
  ["a tenure without a deadline", line({ tenure: { ...tenure, untilAtMs: undefined } })],
  ["a deadline that is text", line({ tenure: { ...tenure, untilAtMs: "1" } })],
  ["an epoch that is no whole number", line({ tenure: { ...tenure, epoch: 0.5 } })],
  ["a kind that nobody knows", line({ tenure: { ...tenure, kind: "forever" } })],
  ["a set without a tenure", JSON.stringify({ seq: 1, do: "set" })],
  ["a line that is too long", line({ tenure: { ...tenure, instance: "x".repeat(2_000) } })],
  ["a number that JSON can not hold", '{"seq":1e999,"do":"read"}'],
])("%s is no request", (_, text) => {
  expect(parseWatchdogRequest(text)).toBeUndefined();
});

const count = fc.nat();
const instant = fc.integer({ min: 0, max: 2 ** 45 });
const anyTenure = fc.record({
  epoch: count,
  rev: count,
  instance: fc.stringMatching(/^[a-z0-9-]{0,60}$/),
  round: fc.option(count),
  kind: fc.constantFrom(...(["lease", "sticky", "granted", "own", "ownAsked"] as const)),
  untilAtMs: instant,
});
const anyRequest: fc.Arbitrary<WatchdogRequest> = fc.oneof(
  fc.record({ seq: count, do: fc.constant("own" as const), claim: instant }),
  fc.record({ seq: count, do: fc.constant("set" as const), tenure: fc.option(anyTenure) }),
  fc.record({ seq: count, do: fc.constant("read" as const) }),
);
const because = fc.stringMatching(/^[a-z ]{0,60}$/);
const anyAnswer: fc.Arbitrary<WatchdogAnswer> = fc.oneof(
  fc.record({
    seq: count,
    ok: fc.constant(true as const),
    tenure: fc.option(anyTenure),
    fence: fc.option(
      fc.record({
        because,
        dueAtMs: instant,
        begunAtMs: instant,
        fencedAtMs: fc.option(instant),
        attempts: count,
      }),
    ),
  }),
  fc.record({
    seq: count,
    ok: fc.constant(false as const),
    because: fc.constantFrom("superseded" as const, "refused" as const),
  }),
  fc.record({ event: fc.constant("fencing" as const), because }),
);

test("what is said is understood as it was meant, and fits into a line", () => {
  fc.assert(
    fc.property(anyRequest, anyAnswer, (request, answer) => {
      expect(parseWatchdogRequest(JSON.stringify(request))).toEqual(request);
      expect(parseWatchdogAnswer(JSON.stringify(answer))).toEqual(answer);
      expect(JSON.stringify(answer).length).toBeLessThan(longestLineCharacters);
    }),
  );
});

test("no line makes it fail, and none that is not whole is understood", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), anyRequest, count, (text, request, place) => {
      expect(parseWatchdogRequest(text)).toBeUndefined();
      expect(parseWatchdogAnswer(text)).toBeUndefined();
      const whole = JSON.stringify(request);
      expect(parseWatchdogRequest(whole.slice(0, place % whole.length))).toBeUndefined();
    }),
  );
});

test("an answer may say by which configuration the watchdog works, and one of before does not", () => {
  const answer = { seq: 1, ok: true, tenure: null, fence: null } as const;
  expect(parseWatchdogAnswer(JSON.stringify(answer))).toEqual(answer);
  const more = { ...answer, config: "abc" };
  expect(parseWatchdogAnswer(JSON.stringify(more))).toEqual(more);
  expect(parseWatchdogAnswer(JSON.stringify({ ...answer, config: 3 }))).toBeUndefined();
  expect(parseWatchdogAnswer(JSON.stringify({ ...more, other: 1 }))).toBeUndefined();
});
