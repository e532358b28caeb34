import fc from "fast-check";
import { expect, test } from "vitest";
import { assert, required, unreachable } from "./assert.ts";
import { backoffMs } from "./backoff.ts";
import { anchorOf, type Code, codes } from "./codes.ts";
import { formatDurationMs, humanDurationMs, parseDurationMs } from "./duration.ts";
import { Failure } from "./failure.ts";
import { newId } from "./ids.ts";
import { canonicalJson, type Json } from "./json.ts";
import { pick, seededRandom } from "./random.ts";
import { decide, type Rule } from "./verdict.ts";

test("an assertion that fails says why it must hold", () => {
  expect(() => assert(false, "leases have one holder")).toThrow("leases have one holder");
  expect(() => required(undefined, "the zone is known here")).toThrow("the zone is known here");
  expect(() => unreachable("x" as never)).toThrow("nobody handles");
});

test("every code has a sensible status, an exit code that is not success, and its own anchor", () => {
  const names = Object.keys(codes) as Code[];
  for (const name of names) {
    const { httpStatus, exitCode, meaning, remedy } = codes[name];
    expect(httpStatus, name).toBeGreaterThanOrEqual(400);
    expect(exitCode, name).toBeGreaterThan(0);
    expect(exitCode, name).toBeLessThan(256);
    expect(meaning.endsWith("."), name).toBe(true);
    expect(remedy.endsWith("."), name).toBe(true);
  }
  expect(new Set(names.map(anchorOf)).size).toBe(names.length);
});

test("Failure.from leaves a failure alone and gives everything else a code and a place", () => {
  const known = new Failure("ZoneMissing", "no zone", { where: "ns1" });
  expect(Failure.from(known, "elsewhere")).toBe(known);
  const wrapped = Failure.from(new TypeError("boom"), "reading a file");
  expect(wrapped).toMatchObject({ code: "Unexpected", where: "reading a file", message: "boom" });
  expect(wrapped.cause).toBeInstanceOf(TypeError);
  expect(Failure.from("text", "x").message).toBe("text");
  const timeout = new Error("slow");
  timeout.name = "TimeoutError";
  expect(Failure.from(timeout, "x").code).toBe("TimedOut");
});

test.each([
  ["30s", 30_000],
  ["1h30m", 5_400_000],
  ["250ms", 250],
  ["2d", 172_800_000],
])("%s is %d ms", (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
  expect(formatDurationMs(ms)).toBe(text);
});

test.each(["", "5", "s", "-5s", "5 s", "1.5s", "99999999999999999999d"])(
  "%j is not a duration",
  (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  },
);

test("any duration in milliseconds survives writing and reading", () => {
  fc.assert(fc.property(fc.nat(1e12), (ms) => parseDurationMs(formatDurationMs(ms)) === ms));
});

test("durations for people keep one decimal below a minute", () => {
  expect([0, 999, 4_240, 90_000].map(humanDurationMs)).toEqual([
    "0 ms",
    "999 ms",
    "4.2 s",
    "1m 30s",
  ]);
});

test("the same seed gives the same numbers, another seed others", () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 20 }, () => random.below(1_000));
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(pick(seededRandom(1), ["only"])).toBe("only");
});

test("ids made later sort later", () => {
  const random = seededRandom(1);
  expect(newId("drill", 1_000, random) < newId("drill", 2_000_000, random)).toBe(true);
});

test("back-off grows, never passes its ceiling and is never shorter than half", () => {
  const random = seededRandom(3);
  for (let attempt = 1; attempt < 60; attempt++) {
    const waitMs = backoffMs(attempt, { firstMs: 100, ceilingMs: 5_000 }, random);
    expect(waitMs).toBeLessThanOrEqual(5_000);
    expect(waitMs).toBeGreaterThanOrEqual(Math.min(2_500, 50 * 2 ** Math.min(attempt - 1, 20)));
  }
});

test("canonical JSON does not depend on the order of keys", () => {
  expect(canonicalJson({ b: [1, { d: 1, c: null }], a: "x" })).toBe(
    '{"a":"x","b":[1,{"c":null,"d":1}]}',
  );
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as Json;
      expect(JSON.parse(canonicalJson(json))).toEqual(json);
    }),
  );
});

test("a verdict keeps the whole trace, also behind the first refusal", () => {
  const rules: readonly Rule<number>[] = [
    {
      rule: "Positive",
      evaluate: (n) => ({ outcome: n > 0 ? "passed" : "failed", because: `${n} > 0` }),
    },
    {
      rule: "Even",
      evaluate: (n) => ({ outcome: n % 2 === 0 ? "passed" : "failed", because: `${n} is even` }),
    },
  ];
  expect(decide(rules, 2)).toMatchObject({ kind: "allowed", reason: "Allowed" });
  const refused = decide(rules, -1);
  expect(refused).toMatchObject({
    kind: "refused",
    reason: "Positive",
    because: "-1 > 0 (and 1 more)",
  });
  expect(refused.trace.map((r) => r.outcome)).toEqual(["failed", "failed"]);
});
