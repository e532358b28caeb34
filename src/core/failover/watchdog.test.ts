import { describe, expect, test } from "vitest";
import { guard, isOver, type Tenure, type WatchdogState } from "./watchdog.ts";

const tenure = (change: Partial<Tenure> = {}): Tenure => ({
  epoch: 5,
  rev: 9,
  instance: "a1",
  round: null,
  kind: "lease",
  untilAtMs: 1_000,
  ...change,
});
const holding = (change: Partial<Tenure> = {}): WatchdogState => ({ tenure: tenure(change) });

describe("a watchdog", () => {
  test.each([
    ["before the deadline there is nothing to do", holding(), 999, false],
    ["at the deadline it fences", holding(), 1_000, true],
    ["with nothing to guard there is nothing to do", { tenure: null }, 5_000, false],
  ])("%s", (_, state, nowMs, over) => {
    expect(isOver(state, nowMs)).toBe(over);
  });

  test.each([
    ["takes a later deadline in time", holding(), tenure({ untilAtMs: 2_000 }), 999, 2_000],
    ["takes an earlier deadline", holding(), tenure({ untilAtMs: 900 }), 500, 900],
    [
      "takes one that is over already, and fences by it",
      holding(),
      tenure({ untilAtMs: 400 }),
      500,
      400,
    ],
    ["is not revived at the deadline", holding(), tenure({ untilAtMs: 2_000 }), 1_000, null],
    ["keeps the newer epoch", holding(), tenure({ epoch: 4, untilAtMs: 2_000 }), 500, 1_000],
    ["takes a newer epoch", holding(), tenure({ epoch: 6, untilAtMs: 2_000 }), 500, 2_000],
    ["lets go when it is told so", holding(), null, 500, null],
    ["takes the first one that it is given", { tenure: null }, tenure(), 500, 1_000],
  ])("%s", (_, state, given, nowMs, untilAtMs) => {
    expect(guard(state, given, nowMs).tenure?.untilAtMs ?? null).toBe(untilAtMs);
  });
});
