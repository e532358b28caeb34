/** The simulator's journal keeps what every journal promises. */
import { memoryJournal } from "../../src/sim/memory-journal.ts";
import { standInHash } from "../../src/sim/stand-in-hash.ts";
import { journalContract } from "./journal.ts";

journalContract("the memory journal", async () => {
  const journal = memoryJournal("test/here", { nowMs: () => 1_000 });
  return {
    journal,
    hashOf: standInHash,
    read: async () => journal.events,
    close: async () => {},
  };
});
