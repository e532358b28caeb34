/** What has to be remembered of the data beside them, because they may not come up to say it, or because they say it falsely. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { removeDurable, writeDurable } from "./durable-file.ts";
import { exists } from "./gate.ts";

export type OwnMemory = {
  /** These data were found not to be what the peer went on from, and do not follow it yet: nobody is to promote them by himself. */
  isBehind(): Promise<boolean>;
  setBehind(isBehind: boolean): Promise<void>;
  /** The highest epoch that these data were seen to know of; null when none was. */
  readEpoch(): Promise<number | null>;
  /** Lower ones, and what is known already, are not written. */
  sawEpoch(epoch: number): Promise<void>;
  /** Up to which position commits were let go without waiting in that run of the server; 0 where none was. */
  readGranted(startedAt: string): Promise<number>;
  /** Before it is granted. */
  granting(startedAt: string, position: number): Promise<void>;
};

export function ownMemory(stateFolder: string, ready: () => Promise<unknown>): OwnMemory {
  const behind = join(stateFolder, "behind");
  const epochFile = join(stateFolder, "epoch");
  const grantedFile = join(stateFolder, "granted");
  let last: number | null = null;
  const readEpoch = async (): Promise<number | null> => {
    if (!(await exists(epochFile))) return null;
    const text = await readFile(epochFile, "utf8");
    return /^\d{1,15}\n$/.test(text) ? Number(text) : null;
  };
  return {
    isBehind: () => exists(behind),
    async setBehind(isBehind) {
      if ((await exists(behind)) === isBehind) return;
      await ready();
      await (isBehind ? writeDurable(behind, "") : removeDurable(behind));
    },
    readEpoch,
    async sawEpoch(epoch) {
      last ??= await readEpoch();
      if (last !== null && last >= epoch) return;
      await ready();
      await writeDurable(epochFile, `${epoch}\n`);
      last = epoch;
    },
    async readGranted(startedAt) {
      if (!(await exists(grantedFile))) return 0;
      const [position, run] = (await readFile(grantedFile, "utf8")).split("\n");
      // Of a run that an older agent named by the date, in its session's words, nobody knows that it is another one.
      const isThisRun = run === startedAt || !/^\d+(?:\.\d+)?$/.test(run ?? "");
      return isThisRun && /^\d{1,16}$/.test(position ?? "") ? Number(position) : 0;
    },
    async granting(startedAt, position) {
      await ready();
      await writeDurable(grantedFile, `${position}\n${startedAt}\n`);
    },
  };
}
