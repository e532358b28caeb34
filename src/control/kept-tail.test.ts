import { expect, test } from "vitest";
import { memoryJournal } from "../sim/memory-journal.ts";
import { keptTail } from "./kept-tail.ts";

const clock = { nowMs: () => 7, monotonicMs: () => 0, sleep: () => Promise.resolve() };

test("the newest events are kept, after those of the process before", async () => {
  const before = [1, 2, 3].map((atMs) => ({ atMs, type: `old.${atMs}`, text: "" }));
  const kept = keptTail(memoryJournal("control/test", clock), 3, before);
  expect(kept.tail().map(({ type }) => type)).toEqual(["old.1", "old.2", "old.3"]);
  await kept.journal.append({ type: "agent.silent", data: { cluster: "x", because: "a b" } });
  await kept.journal.append({ type: "agent.answers", data: {} });
  expect(kept.tail()).toEqual([
    { atMs: 3, type: "old.3", text: "" },
    { atMs: 7, type: "agent.silent", text: 'because="a b" cluster=x' },
    { atMs: 7, type: "agent.answers", text: "" },
  ]);
});

test("what could not be written is not kept either", async () => {
  const journal = memoryJournal("control/test", clock);
  const kept = keptTail(journal, 3, []);
  journal.setUnwritable(true);
  await expect(kept.journal.append({ type: "agent.silent", data: {} })).rejects.toThrow();
  expect(kept.tail()).toEqual([]);
});
