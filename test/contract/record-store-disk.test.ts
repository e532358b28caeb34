/** The local disk keeps an agent's record as the port promises. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskRecordStore } from "../../src/adapters/agent/disk-record-store.ts";
import { recordStoreContract } from "./record-store.ts";

recordStoreContract("the disk", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sovereign-record-"));
  const file = join(folder, "record.json");
  const obstacle = join(folder, "record.next.json");
  const stores: DiskRecordStore[] = [];
  return {
    async restart() {
      // The one before ended without a word: its lock is that of this very process, so it is given back here.
      for (const gone of stores) await gone.close();
      const store = new DiskRecordStore({ folder, owner: "hz-fsn-rtz-prod/shop" });
      stores.push(store);
      return store;
    },
    async setFull(full) {
      // A folder stands where the next record would be written: no disk has to be filled for it.
      if (full) await mkdir(join(obstacle, "in-the-way"), { recursive: true });
      else await rm(obstacle, { recursive: true });
    },
    lose: () => rm(file),
    async tear() {
      const whole = await readFile(file);
      await writeFile(file, whole.subarray(0, whole.length / 2));
    },
    async close() {
      for (const store of stores) await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
