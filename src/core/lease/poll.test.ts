import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retryMs, standbyPollMs } from "./poll.ts";
import { type LeaseTiming, outwaitMs } from "./timing.ts";

const timing: LeaseTiming = {
  ttlMs: 30_000,
  renewEveryMs: 10_000,
  rpcTimeoutMs: 3_000,
  fenceBudgetMs: 10_000,
  clockRateErrorRatio: 0,
  marginMs: 1_000,
};

describe("what failed", () => {
  test.each([
    ["is tried again four times in a renewal's period", {}, 2_500],
    ["is tried again sooner where requests are short", { rpcTimeoutMs: 700 }, 700],
  ])("%s", (_, change, ms) => {
    expect(retryMs({ ...timing, ...change })).toBe(ms);
  });
});

describe("a standby", () => {
  test("looks often at a lease that nobody holds", () => {
    expect(standbyPollMs(timing, null)).toBe(retryMs(timing));
  });

  test("lets the holder's period pass after it saw a change", () => {
    const waitMs = standbyPollMs(timing, 0);
    expect(waitMs).toBeGreaterThan(timing.renewEveryMs * 0.9);
    expect(waitMs).toBeLessThanOrEqual(timing.renewEveryMs);
  });

  test("is quick while a renewal is late", () => {
    expect(standbyPollMs(timing, 11_000)).toBeLessThanOrEqual(timing.renewEveryMs / 10);
  });

  test("looks again at the very moment at which it has waited long enough", () => {
    expect(standbyPollMs(timing, outwaitMs(timing) - 7)).toBe(7);
  });

  test("is in no hurry any more when it waited long enough and may not take over", () => {
    expect(standbyPollMs(timing, outwaitMs(timing))).toBe(retryMs(timing));
  });

  test("comes nearer to the holder's phase from reading to reading, whatever the phases are", () => {
    // The holder renews at 0, 10 s, 20 s, …; a reading shows the last of them.
    const lagAfter = (phaseMs: number): number => {
      let nowMs = phaseMs;
      let seenRev = -1;
      let sinceMs = 0;
      let lagMs = 0;
      for (let reading = 0; reading < 200; reading++) {
        const rev = Math.floor(nowMs / timing.renewEveryMs);
        if (rev !== seenRev) {
          [seenRev, sinceMs] = [rev, nowMs];
          lagMs = nowMs - rev * timing.renewEveryMs;
        }
        nowMs += standbyPollMs(timing, nowMs - sinceMs);
      }
      return lagMs;
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999 }), (phaseMs) => {
        expect(lagAfter(phaseMs)).toBeLessThanOrEqual(timing.renewEveryMs / 10);
      }),
    );
  });
});

test("a reading is never due in the past, and never later than a renewal's period", () => {
  fc.assert(
    fc.property(
      fc.record({
        ttlMs: fc.integer({ min: 5_000, max: 300_000 }),
        renewEveryMs: fc.integer({ min: 1_000, max: 100_000 }),
        rpcTimeoutMs: fc.integer({ min: 100, max: 10_000 }),
        fenceBudgetMs: fc.integer({ min: 1, max: 10_000 }),
        clockRateErrorRatio: fc.double({ min: 0, max: 0.05, noNaN: true }),
        marginMs: fc.integer({ min: 1, max: 10_000 }),
      }),
      fc.option(fc.integer({ min: 0, max: 1_000_000 })),
      (times, unchangedMs) => {
        const ms = standbyPollMs(times, unchangedMs);
        expect(ms).toBeGreaterThanOrEqual(1);
        expect(ms).toBeLessThanOrEqual(Math.max(times.renewEveryMs, times.rpcTimeoutMs));
      },
    ),
  );
});
