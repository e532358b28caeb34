/** Events of a journal as people read them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { JournalEvent } from "../../core/kernel/event.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { eventLine } from "./event-line.ts";

const event = (
  type: string,
  data: JsonObject,
  atMs = Date.UTC(2026, 10, 21, 14),
): JournalEvent => ({
  type,
  data,
  stream: "control/hz-fsn-rtz-prod",
  seq: 42,
  atMs,
  prev: "0".repeat(64),
  hash: "f".repeat(64),
});
const plain = { colour: false };

test("a line says when, which, what, and the plain facts", () => {
  const data = {
    zone: "sovereign.test",
    changes: 3,
    because: "a region went away",
    failure: { code: "TimedOut", message: "slow" },
    servers: ["ns1", "ns2"],
    counts: { a: 1 },
    stale: null,
  };
  expect(eventLine(plain, event("dns.applied", data))).toBe(
    "2026-11-21 14:00:00.000Z  #42     dns.applied           zone=sovereign.test changes=3 " +
      'because="a region went away" failure=TimedOut servers=[2] counts={1} stale=null',
  );
});

test("an event without data and with an impossible time is shown as well", () => {
  expect(eventLine(plain, event("test.empty", {}, 9e15))).toBe(
    "9000000000000000 ms  #42     test.empty",
  );
});

test("whatever an event holds, it is one line that moves no cursor and stays short", () => {
  const text = fc.string({ unit: "binary", maxLength: 300 });
  fc.assert(
    fc.property(text, fc.dictionary(text, fc.jsonValue()), (type, generated) => {
      const data = JSON.parse(JSON.stringify(generated)) as JsonObject; // jsonValue makes JSON only.
      const line = eventLine(plain, event("test.happened", data));
      expect(eventLine(plain, event(type, {}))).not.toMatch(/\p{Cc}/u);
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      expect([...line].length).toBeLessThan(230);
    }),
  );
});
