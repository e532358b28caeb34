import { expect, test } from "vitest";
import { eventQueue } from "./event-queue.ts";

test("what an event brings is handled after it, in the order of arrival", () => {
  const handled: string[] = [];
  const queue = eventQueue<string>(10, (item) => {
    if (item === "a") {
      queue.put("b", false);
      queue.put("c", false);
    }
    handled.push(item);
  });
  queue.put("a", false);
  expect(handled).toEqual(["a", "b", "c"]);
});

test("a full queue drops what may be lost, and stops at anything else", () => {
  const outcomes: unknown[] = [];
  const queue = eventQueue<number>(2, (item) => {
    if (item !== 0) return;
    outcomes.push(queue.put(1, true), queue.put(2, true), queue.put(3, true));
    expect(() => queue.put(4, false)).toThrow("holds");
  });
  queue.put(0, false);
  expect(outcomes).toEqual([true, true, false]);
});

test("after an event that throws, the next one is handled", () => {
  const handled: number[] = [];
  const queue = eventQueue<number>(2, (item) => {
    if (item === 1) throw new Error("a bug");
    handled.push(item);
  });
  expect(() => queue.put(1, false)).toThrow("a bug");
  queue.put(2, false);
  expect(handled).toEqual([2]);
});
