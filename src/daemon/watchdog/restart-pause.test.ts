import { expect, test } from "vitest";
import { restartPause } from "./restart-pause.ts";

test("one that can not live is restarted at once, and then after pauses of 0.2 s up to 5 s", () => {
  const pauseMs = restartPause();
  const pauses = Array.from({ length: 9 }, () => pauseMs(150));
  expect(pauses).toEqual([0, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  const more = Array.from({ length: 2_000 }, () => pauseMs(150));
  expect(new Set(more)).toEqual(new Set([5_000]));
});

test("one that lived comes back at once, whatever was before", () => {
  const pauseMs = restartPause();
  for (let lives = 0; lives < 9; lives++) pauseMs(150);
  expect(pauseMs(5_000)).toBe(0);
  expect([pauseMs(150), pauseMs(150)]).toEqual([0, 200]);
});
