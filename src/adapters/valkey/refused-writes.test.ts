import { expect, test } from "vitest";
import { type RefusingParts, refusedWrites, type WriteSettings } from "./refused-writes.ts";

const healthy: RefusingParts = {
  isLastSaveGood: true,
  isLogGood: true,
  memory: { countedBytes: 900, mostBytes: 0, evicts: false },
};
const settings: WriteSettings = { stopOnSaveError: "yes", saves: "3600 1" };
const noSave = { isLastSaveGood: false };
const memory = (change: Partial<RefusingParts["memory"]>): Partial<RefusingParts> => ({
  memory: { ...healthy.memory, ...change },
});

test.each<[string, Partial<RefusingParts>, Partial<WriteSettings>, RegExp | null]>([
  ["a failed snapshot", noSave, {}, /last snapshot/],
  ["a file that takes nothing", { isLogGood: false }, {}, /append-only file/],
  ["a full memory", memory({ mostBytes: 899 }), {}, /900 of maxmemory 899 bytes/],
  ["nothing", {}, {}, null],
  ["a failed snapshot that stops nothing", noSave, { stopOnSaveError: "no" }, null],
  ["a failed snapshot that somebody asked for", noSave, { saves: "" }, null],
  ["memory that is just enough", memory({ mostBytes: 900 }), {}, null],
  ["a full memory that makes room", memory({ mostBytes: 1, evicts: true }), {}, null],
])("for %s a server would refuse writes, or not", (_, parts, change, words) => {
  const reasons = refusedWrites({ ...healthy, ...parts }, { ...settings, ...change }).join();
  if (words === null) expect(reasons).toBe("");
  else expect(reasons).toMatch(words);
});
