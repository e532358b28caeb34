/** Reading a journal by number, from the end, and as it grows. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JournalEvent } from "../../core/kernel/event.ts";
import { systemClock } from "../clock.ts";
import { openFileJournal } from "./file-journal.ts";
import { followEvents, lastEvents, readEvents } from "./read-events.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sovereign-journal-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const here = () => ({ folder, stream: "test/here", clock: systemClock });

async function written(count: number, segmentBytes = 8_000_000): Promise<readonly JournalEvent[]> {
  const journal = await openFileJournal({ ...here(), segmentBytes });
  const events: JournalEvent[] = [];
  for (let i = 1; i <= count; i++) {
    events.push(await journal.append({ type: "test.happened", data: { i, text: "ü\n" } }));
  }
  await journal.close();
  return events;
}

async function allEvents(from = 1): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = [];
  for await (const event of readEvents(folder, from)) events.push(event);
  return events;
}

describe("reading", () => {
  test("begins at any event, in any segment", async () => {
    const events = await written(9, 700);
    for (let from = 1; from <= 10; from++) {
      expect(await allEvents(from)).toEqual(events.slice(from - 1));
    }
  });

  test("gives the last events that are wanted, across segments", async () => {
    const events = await written(9, 700);
    const odd = (event: JournalEvent): boolean => event.seq % 2 === 1;
    const last = await lastEvents(folder, 4, odd);
    expect(last.events).toEqual(events.filter(odd).slice(-4));
    expect(last.nextSeq).toBe(10);
    expect((await lastEvents(folder, 0, odd)).events).toEqual([]);
    expect((await lastEvents(folder, 99, odd)).events).toEqual(events.filter(odd));
  });

  test("goes on after the last event also when the last segment holds none yet", async () => {
    await written(2);
    writeFileSync(join(folder, "00000000000000000003.ndjson"), "");
    expect(await lastEvents(folder, 0, () => true)).toEqual({ events: [], nextSeq: 3 });
    expect((await lastEvents(folder, 1, () => true)).nextSeq).toBe(3);
  });

  test("follows a writer over segments until it is stopped", async () => {
    const journal = await openFileJournal({ ...here(), segmentBytes: 300 });
    const abort = new AbortController();
    const follow = { clock: systemClock, signal: abort.signal, pollMs: 5 };
    const seen: number[] = [];
    const following = (async () => {
      for await (const event of followEvents(folder, 3, follow)) {
        seen.push(event.seq);
        if (event.seq === 12) abort.abort();
      }
    })();
    for (let i = 0; i < 12; i++) await journal.append({ type: "test.happened", data: { i } });
    await following;
    await journal.close();
    expect(seen).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("stops at a break and names it", async () => {
    await written(3);
    const segment = join(folder, "00000000000000000001.ndjson");
    const text = readFileSync(segment, "utf8");
    writeFileSync(segment, text.replace('"i":2', '"i":9'));
    await expect(allEvents()).rejects.toMatchObject({ code: "JournalCorrupt" });
  });
});
