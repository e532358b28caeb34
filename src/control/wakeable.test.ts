import { expect, test } from "vitest";
import { virtualClock } from "../sim/virtual-clock.ts";
import { makeAbort } from "./abort.ts";
import { wakeable } from "./wakeable.ts";

/** A sleeper that begins again whenever it wakes; gives the moments at which it woke. */
function sleeper(pollMs: number, restMs: number) {
  const clock = virtualClock(1);
  const { signal, abort } = makeAbort();
  const pause = wakeable(clock, restMs);
  const wokenAtMs: number[] = [];
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await pause.sleep(pollMs, signal);
      wokenAtMs.push(clock.monotonicMs());
    }
  };
  const running = run();
  return { clock, pause, wokenAtMs, abort, running };
}

test("without a call it is a sleep like any other", async () => {
  const { clock, wokenAtMs } = sleeper(60_000, 200);
  await clock.advance(180_000);
  expect(wokenAtMs).toEqual([60_000, 120_000, 180_000]);
});

test("a call ends the sleep at once, and the next one is whole again", async () => {
  const { clock, pause, wokenAtMs } = sleeper(60_000, 200);
  await clock.advance(5_000);
  pause.wake();
  await clock.advance(60_000);
  expect(wokenAtMs).toEqual([5_000, 65_000]);
});

test("a burst of calls is one waking, and one more for what came after it", async () => {
  const { clock, pause, wokenAtMs } = sleeper(60_000, 200);
  await clock.advance(5_000);
  for (let call = 0; call < 50; call++) pause.wake();
  await clock.advance(10);
  for (let call = 0; call < 50; call++) pause.wake();
  await clock.advance(50_000);
  expect(wokenAtMs).toEqual([5_000, 5_200]);
});

test("calls without end wake no more often than the rest allows", async () => {
  const { clock, pause, wokenAtMs } = sleeper(60_000, 200);
  for (let call = 0; call < 1_000; call++) {
    pause.wake();
    await clock.advance(1);
  }
  expect(wokenAtMs).toEqual([200, 400, 600, 800, 1_000]);
});

test("a call while nobody sleeps shortens the next sleep: what was pushed is never left to the poll", async () => {
  const clock = virtualClock(1);
  const pause = wakeable(clock, 200);
  pause.wake();
  let wokenAtMs = -1;
  const sleeping = pause.sleep(60_000).then(() => {
    wokenAtMs = clock.monotonicMs();
  });
  await clock.advance(300);
  await sleeping;
  expect(wokenAtMs).toBe(200);
});

test("the caller's signal ends it at any moment, and nothing keeps sleeping", async () => {
  for (const afterMs of [0, 100, 5_000]) {
    const { clock, abort, running } = sleeper(60_000, 200);
    await clock.advance(afterMs);
    abort();
    await running;
    expect(clock.sleepers).toBe(0);
  }
});

test("a poll shorter than the rest keeps its own time", async () => {
  const { clock, pause, wokenAtMs } = sleeper(50, 200);
  pause.wake();
  await clock.advance(100);
  expect(wokenAtMs).toEqual([50, 100]);
});
