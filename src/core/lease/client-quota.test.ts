/** One client's part of a daily quota: when it is said aloud, and what a pace takes of it. */
import { expect, test } from "vitest";
import { countRequest, forecastClient, levelReached, type QuotaMeter } from "./client-quota.ts";

test("each level is reached once a day, at 80 % and when nothing is left", () => {
  const day = 86_400_000;
  let meter: QuotaMeter | undefined;
  const reached: (readonly [number, string])[] = [];
  for (let at = 0; at < 2.5 * day; at += day / 100) {
    meter = countRequest(meter, at);
    const level = levelReached(meter, 100);
    if (level !== undefined) reached.push([at / day, level]);
  }
  expect(reached).toEqual([
    [0.79, "tight"],
    [0.99, "used"],
    [1.79, "tight"],
    [1.99, "used"],
  ]);
});

test.each([
  [10_000, 100_000, "fits"],
  [10_000, 11_000, "tight"],
  [10_000, 9_000, "used"],
  [4_000, 25_000, "tight"],
] as const)("renewing each %d ms with %d requests a day is %s", (renewEveryMs, perDay, kind) => {
  expect(forecastClient(renewEveryMs, perDay).kind).toBe(kind);
});

test("the forecast says its arithmetic", () => {
  expect(forecastClient(10_000, 11_000).because).toBe(
    "86.4 % of this client's part is used: 1.1 × 86400 s ÷ 10 s = 9504 of 11000 requests a day.",
  );
});
