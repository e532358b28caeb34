import { expect, test } from "vitest";
import { groupOf } from "../../core/failover/rehearsal.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { fenceRoundMs, type ReadinessFacts, reasonsNotReady } from "./readiness.ts";

const fence = {
  steps: [{ argv: ["/bin/stop"], limitMs: 100 }],
  confirm: { argv: ["/bin/status"], limitMs: 50, exitCodes: [0] },
};
const group = groupOf("sticky");
const sameGroup = JSON.parse(JSON.stringify(group)) as JsonObject; // A group is plain data.
const ready: ReadinessFacts = {
  self: group.regions[0],
  group,
  fence,
  missingPrograms: [],
  watchdog: { older: null, unconfirmed: null },
  fenceDoubt: null,
  witness: { failure: null, holder: group.regions[0], isSilent: false },
  journal: null,
  records: [],
  documents: { change: null, problem: null },
  peer: { revision: "one", group: sameGroup, clockAheadMs: -20 },
  revision: "one",
  services: [],
  selfVisible: true,
};

test("a region with nothing in its way is ready, also when the peer was never heard", () => {
  expect(reasonsNotReady(ready)).toEqual([]);
  expect(reasonsNotReady({ ...ready, peer: null, selfVisible: null })).toEqual([]);
});

test("what each region acts by alone may differ, as while one has not read the newest revision", () => {
  const peer = { revision: "two", group: { ...sameGroup, mode: "manual" }, clockAheadMs: 0 };
  expect(reasonsNotReady({ ...ready, peer })).toEqual([]);
});

const service = {
  name: group.services[0]?.name ?? "",
  role: "writable",
  sync: "alone",
  standbyReady: false,
  position: 1,
  timeline: 1,
  ready: true,
} as const;

test.each<[string, Partial<ReadinessFacts>, RegExp]>([
  [
    "its journal fails",
    { journal: new Failure("JournalUnwritable", "the disk is full") },
    /journal.*full/,
  ],
  [
    "a place of its record is away",
    { records: ["a place of the record fails (api-server): it can not be reached"] },
    /place of the record fails \(api-server\)/,
  ],
  ["its watchdog is silent", { watchdog: null }, /watchdog does not answer/],
  [
    "its watchdog is an older one",
    { watchdog: { older: "it goes on by old times", unconfirmed: null } },
    /old times/,
  ],
  [
    "its watchdog still fences",
    { watchdog: { older: null, unconfirmed: "the deadline came" } },
    /last fence is not confirmed \(the deadline came\)/,
  ],
  ["its fence is of other data", { fenceDoubt: "it looks at other data" }, /other data/],
  [
    "a program of its fence is missing",
    { missingPrograms: ["/bin/stop"] },
    /\/bin\/stop can not be run/,
  ],
  [
    "its fence may take longer than the group allows",
    { fence: { ...fence, steps: [{ argv: ["/bin/stop"], limitMs: group.timing.fenceBudgetMs }] } },
    /fence may take .* budget/,
  ],
  [
    "its credential is another's",
    { witness: { ...ready.witness, holder: "hz-nbg-rtz-prod" } },
    /credential.*hz-nbg/,
  ],
  [
    "the witness refuses",
    { witness: { ...ready.witness, failure: new Failure("WitnessUnauthorized", "no such key") } },
    /no such key/,
  ],
  [
    "the witness is silent",
    { witness: { ...ready.witness, isSilent: true } },
    /witness does not answer/,
  ],
  [
    "its witness is inside a region",
    {
      group: { ...group, mode: "automatic", safety: { ...group.safety, witnessIsOutside: false } },
    },
    /inside one of the two regions/,
  ],
  [
    "newer documents wait",
    { documents: { change: "revision 2 waits", problem: null } },
    /revision 2/,
  ],
  [
    "the newest documents can not be used",
    { documents: { change: null, problem: "there is no group" } },
    /there is no group/,
  ],
  [
    "the peer works by other times",
    { peer: { revision: "two", group: { ...sameGroup, timing: {} }, clockAheadMs: 0 } },
    /another group \(timing\).*two.*one/,
  ],
  [
    "the wall clocks differ",
    { peer: { revision: "one", group: sameGroup, clockAheadMs: 3_600_000 } },
    /3600 s/,
  ],
  ["nobody confirms its commits", { services: [service] }, /does not confirm commits/],
  ["nobody outside sees it", { selfVisible: false }, /own heartbeat/],
])("automation is off while %s", (_what, change, reason) => {
  expect(reasonsNotReady({ ...ready, ...change }).join("\n")).toMatch(reason);
});

test("a round of the fence is every step, and the confirmation before and after each", () => {
  expect(fenceRoundMs(fence)).toBe(100 + 2 * 50);
});
