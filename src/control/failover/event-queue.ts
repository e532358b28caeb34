/** The agent's inbox: one event is handled at a time, in the order of arrival, at once; none ever waits for somebody outside. */
import { assert } from "../../core/kernel/assert.ts";

export type EventQueue<Item> = {
  /**
   * Handles the item now, or after the one that is being handled. False when the queue is full and the item is of a kind that
   * may be lost; a full queue of anything else is a bug.
   */
  put(item: Item, mayBeLost: boolean): boolean;
};

/** A queue of `size` places in front of `handle`, which does not throw for anything but a bug. */
export function eventQueue<Item>(size: number, handle: (item: Item) => void): EventQueue<Item> {
  const waiting: Item[] = [];
  let isHandling = false;
  return {
    put(item, mayBeLost) {
      if (waiting.length >= size) {
        assert(mayBeLost, "the effects of one event do not bring more events than the queue holds");
        return false;
      }
      waiting.push(item);
      if (isHandling) return true;
      isHandling = true;
      try {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) handle(next);
      } finally {
        isHandling = false;
      }
      return true;
    },
  };
}
