/** The journal in files keeps what every journal promises. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/adapters/clock.ts";
import { openFileJournal } from "../../src/adapters/journal/file-journal.ts";
import { sha256 } from "../../src/adapters/journal/sha256.ts";
import type { JournalEvent } from "../../src/core/kernel/event.ts";
import { journalContract } from "./journal.ts";

for (const [name, segmentBytes] of [
  ["the file journal", undefined],
  ["the file journal with tiny segments", 400],
] as const) {
  journalContract(name, async () => {
    const folder = await mkdtemp(join(tmpdir(), "sovereign-journal-"));
    const journal = await openFileJournal({
      folder,
      stream: "test/here",
      clock: { ...systemClock, nowMs: () => 1_000 },
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
    });
    return {
      journal,
      hashOf: sha256,
      read: async () => {
        const events: JournalEvent[] = [];
        for await (const event of journal.read()) events.push(event);
        return events;
      },
      close: async () => {
        await journal.close();
        await rm(folder, { recursive: true });
      },
    };
  });
}
