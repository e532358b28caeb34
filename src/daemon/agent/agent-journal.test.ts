import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../adapters/clock.ts";
import { readEvents } from "../../adapters/journal/read-events.ts";
import { makeLog } from "../../adapters/log.ts";
import { type AgentJournal, agentJournal } from "./agent-journal.ts";

let folder = "";
let journal: AgentJournal | undefined;
const log = makeLog("test", { destination: { write: () => undefined } });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sovereign-agent-journal-"));
});
afterEach(async () => {
  await journal?.close();
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

function opened(path: string): AgentJournal {
  const stream = "agent/hz-fsn-rtz-prod";
  journal = agentJournal({ folder: path, stream, clock: systemClock, log, againAfterMs: 0 });
  return journal;
}

const typesIn = async (path: string): Promise<readonly string[]> => {
  const types: string[] = [];
  for await (const { type } of readEvents(path)) types.push(type);
  return types;
};

test("events are durable and in the tail, which the next process goes on with", async () => {
  const first = opened(folder);
  for (let count = 0; count < 60; count++) {
    await first.append({ type: "agent.started", data: { count } });
  }
  expect(first.failure()).toBeNull();
  expect(first.tail()).toHaveLength(50);
  await first.close();
  const second = opened(folder);
  await second.append({ type: "agent.stopped", data: { cluster: "hz-fsn-rtz-prod" } });
  expect(second.tail()).toHaveLength(50);
  expect(second.tail().slice(-2)).toMatchObject([
    { type: "agent.started", text: "count=59" },
    { type: "agent.stopped", text: "cluster=hz-fsn-rtz-prod" },
  ]);
});

test("a journal that can not be opened is told, keeps the tail, and tells how much was lost when it can", async () => {
  const path = join(folder, "journal");
  writeFileSync(path, "a file where the folder should be");
  const broken = opened(path);
  await expect(broken.append({ type: "agent.started", data: {} })).rejects.toMatchObject({
    code: "JournalUnwritable",
  });
  await expect(broken.append({ type: "agent.stopped", data: {} })).rejects.toThrow();
  expect(broken.failure()?.code).toBe("JournalUnwritable");
  expect(broken.tail().map(({ type }) => type)).toEqual(["agent.started", "agent.stopped"]);
  rmSync(path);
  await broken.append({ type: "agent.started", data: {} });
  expect(broken.failure()).toBeNull();
  expect(await typesIn(path)).toEqual(["journal.eventsLost", "agent.started"]);
});
