import { expect, test } from "vitest";
import type { JsonObject } from "../kernel/json.ts";
import { emptyLease } from "../lease/record.ts";
import type { ServiceFacts } from "./facts.ts";
import type { Loss } from "./loss.ts";
import { ceilingsOf, toldLoss } from "./told-loss.ts";

const something: Loss = { kind: "something", bytes: 500, because: "500 bytes and what came after" };
const peer = "hz-hel-rtz-prod";

function told(loss: Loss, note: JsonObject, role: ServiceFacts["role"] = "standby"): Loss {
  const record = { ...emptyLease("s"), note: { region: peer, sync: "degraded", ...note } };
  const facts: ServiceFacts = {
    ...{ name: "db", role, sync: null, standbyReady: null, position: 1, timeline: 1, ready: true },
  };
  return toldLoss(loss, {
    group: {
      services: [
        { name: "db", kind: "postgresql", mayLose: "nothing", after: [] },
        { name: "cache", kind: "valkey", mayLose: "everything", after: [] },
      ],
    },
    self: "hz-fsn-rtz-prod",
    state: {
      facts: { atMs: 0, services: [facts], notReady: [] },
      witness: {
        seen: { record, sinceAtMs: 0 },
        call: null,
        nextCallAtMs: 0,
        silentSinceAtMs: null,
      },
    },
    ceilings: ceilingsOf(record),
  });
}

test("a copy that is not of the holder's log bounds nothing, whatever the bytes say", () => {
  expect(told(something, { ceilings: ["db"] }, "writable")).toEqual({
    kind: "something",
    bytes: null,
    because:
      "db here is not a copy of what hz-hel-rtz-prod wrote: an amount that is not known would be lost",
  });
});

test.each([
  ["published no ceilings", {}],
  ["published those of other services", { ceilings: ["cache"] }],
  ["published something else", { ceilings: "db" }],
])("of a holder that %s the bytes are a least", (_, note) => {
  expect(told(something, note)).toEqual(something);
});

test("of a holder that publishes ceilings the bytes are a most", () => {
  expect(told(something, { ceilings: ["db"] })).toEqual({
    kind: "something",
    bytes: 500,
    because:
      "the last holder's commits did not wait for this region (degraded): at most 500 bytes would be lost",
  });
});

test("what is nothing stays nothing, and what is not known stays so", () => {
  const nothing: Loss = { kind: "nothing", because: "every commit waited" };
  expect(told(nothing, { ceilings: ["db"] }, "writable")).toEqual(nothing);
  const unknown: Loss = { ...something, bytes: null };
  expect(told(unknown, { ceilings: ["db"] })).toEqual(unknown);
});
