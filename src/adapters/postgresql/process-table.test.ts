import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { inBatches, processesIn } from "./process-table.ts";

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), "process-table-"));
});
afterEach(() => rmSync(proc, { recursive: true, force: true }));

const parse = (text: string): { readonly name: string } | null =>
  text.startsWith("server") ? { name: text } : null;
const look = () => processesIn({ folder: "/data", ownerUid: undefined, parse, proc });

function addProcess(pid: number, text: string, cwd: string): void {
  mkdirSync(join(proc, String(pid)));
  writeFileSync(join(proc, String(pid), "stat"), text);
  symlinkSync(cwd, join(proc, String(pid), "cwd"));
}

test("a process that can not be read is not taken for one that is gone", async () => {
  mkdirSync(join(proc, "7", "stat"), { recursive: true });
  await expect(look()).rejects.toMatchObject({ code: "FenceFailed" });
});

test("a server whose place can not be read is not taken for one that is gone", async () => {
  mkdirSync(join(proc, "7"));
  writeFileSync(join(proc, "7", "stat"), "server");
  writeFileSync(join(proc, "7", "cwd"), "");
  await expect(look()).rejects.toMatchObject({ code: "FenceFailed" });
});

test("servers are found in their folder among many, also after it was removed; what is gone is left out", async () => {
  for (let pid = 1; pid <= 150; pid += 1) addProcess(pid, `server ${pid}`, "/elsewhere");
  addProcess(200, "server here", "/data");
  addProcess(201, "server there", "/data (deleted)");
  addProcess(202, "another", "/data");
  mkdirSync(join(proc, "203"));
  writeFileSync(join(proc, "204"), "");
  writeFileSync(join(proc, "version"), "");
  const found = await look();
  expect(found.map(({ name }) => name).sort()).toEqual(["server here", "server there"]);
  expect(found.some(({ isHidden }) => isHidden)).toBe(false);
});

test("work in batches has one result for each item, in order, and never too many at one time", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer(), { maxLength: 300 }), async (items) => {
      let [now, most] = [0, 0];
      const results = await inBatches(items, async (item) => {
        now += 1;
        most = Math.max(most, now);
        await Promise.resolve();
        now -= 1;
        return item;
      });
      expect(results).toEqual(items);
      expect(most).toBeLessThanOrEqual(64);
    }),
    { numRuns: 30 },
  );
});
