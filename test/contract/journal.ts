/** What every journal promises (control/env.ts), whatever it is kept in. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Journal } from "../../src/control/env.ts";
import { brokenLink, emptyChain, type HashOf } from "../../src/core/journal/chain.ts";
import type { JournalEvent } from "../../src/core/kernel/event.ts";
import type { Json, JsonObject } from "../../src/core/kernel/json.ts";

export type JournalUnderTest = {
  readonly journal: Journal;
  readonly hashOf: HashOf;
  /** All durable events, oldest first. */
  read(): Promise<readonly JournalEvent[]>;
  close(): Promise<void>;
};

const promises: Readonly<Record<string, (opened: JournalUnderTest) => Promise<void>>> = {
  "numbers events from 1 and says when and where they happened": async ({ journal }) => {
    const first = await journal.append({ type: "test.first", data: { a: 1 } });
    const second = await journal.append({ type: "test.second", data: {} });
    expect(first).toMatchObject({
      type: "test.first",
      data: { a: 1 },
      stream: "test/here",
      seq: 1,
      atMs: 1_000,
      prev: "0".repeat(64),
    });
    expect(second).toMatchObject({ seq: 2, prev: first.hash });
    expect(first).not.toHaveProperty("key");
  },

  "keeps the order of appends that do not wait for each other, without a gap": async ({
    journal,
    read,
  }) => {
    const appends = Array.from({ length: 200 }, (_, i) =>
      journal.append({ type: "test.happened", data: { i } }),
    );
    const acknowledged = await Promise.all(appends);
    expect(acknowledged.map((event) => event.seq)).toEqual(appends.map((_, i) => i + 1));
    expect(acknowledged.map((event) => event.data["i"])).toEqual(appends.map((_, i) => i));
    expect(await read()).toEqual(acknowledged);
  },

  "chains every event to the one before it by its hash": async ({ journal, hashOf, read }) => {
    for (let i = 0; i < 5; i++) await journal.append({ type: "test.happened", data: { i } });
    let head = emptyChain;
    for (const event of await read()) {
      expect(brokenLink(event, head, "test/here", hashOf)).toBeUndefined();
      head = event;
    }
    expect(head.seq).toBe(5);
  },

  "adds nothing for a key that it knows and returns the first event": async ({ journal, read }) => {
    const first = await journal.append({ type: "step.done", data: { n: 1 }, key: "run/1" });
    await journal.append({ type: "step.done", data: { n: 2 }, key: "run/2" });
    const again = await journal.append({ type: "step.done", data: { n: 3 }, key: "run/1" });
    expect(again).toEqual(first);
    expect(await read()).toHaveLength(2);
  },

  "adds one event for a key that arrives several times at once": async ({ journal, read }) => {
    const events = await Promise.all(
      [1, 2, 3].map((n) => journal.append({ type: "step.done", data: { n }, key: "run/1" })),
    );
    expect(events.map((event) => event.data)).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }]);
    expect(await read()).toHaveLength(1);
  },

  "does not mistake a key for something that every object has": async ({ journal, read }) => {
    await journal.append({ type: "test.happened", data: {}, key: "constructor" });
    await journal.append({ type: "test.happened", data: {}, key: "__proto__" });
    expect(await read()).toHaveLength(2);
  },

  "keeps what was said, not what the caller makes of it later": async ({ journal, read }) => {
    const data: { [key: string]: Json } = { list: [1] };
    const appended = journal.append({ type: "test.happened", data });
    data["list"] = "changed";
    expect((await appended).data).toEqual({ list: [1] });
    expect((await read())[0]?.data).toEqual({ list: [1] });
  },

  "gives back any JSON as it was put in": async ({ journal, read }) => {
    const anyData = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(anyData, async (generated) => {
        const data = JSON.parse(JSON.stringify(generated)) as JsonObject; // jsonValue makes JSON only.
        const event = await journal.append({ type: "test.happened", data });
        expect(event.data).toEqual(data);
        expect((await read()).at(-1)).toEqual(event);
      }),
      { numRuns: 40 },
    );
  },
};

/** Runs the suite; `open` gives an empty journal of the stream `test/here` whose clock stands at 1,000. */
export function journalContract(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`${name} as a journal`, () => {
    test.each(Object.entries(promises))("%s", async (_promise, keeps) => {
      const opened = await open();
      try {
        await keeps(opened);
      } finally {
        await opened.close();
      }
    });
  });
}
