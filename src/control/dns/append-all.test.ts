import { expect, test } from "vitest";
import type { NewEvent } from "../../core/kernel/event.ts";
import { memoryJournal } from "../../sim/memory-journal.ts";
import { appendAll, eventsAtOnce } from "./append-all.ts";

test("20,000 events are journalled in their order and never wait all at once", async () => {
  const clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    sleep: () => Promise.resolve(),
  };
  const journal = memoryJournal("control/test", clock);
  let waiting = 0;
  let most = 0;
  const events = Array.from({ length: 20_000 }, (_, index): NewEvent => {
    return { type: "dns.changed", data: { index } };
  });
  const watched = {
    async append(event: NewEvent) {
      waiting += 1;
      most = Math.max(most, waiting);
      const appended = await journal.append(event);
      waiting -= 1;
      return appended;
    },
  };
  await appendAll(watched, events);
  expect(most).toBe(eventsAtOnce);
  expect(journal.events.map(({ data }) => data["index"])).toEqual(events.map((_, index) => index));
});
