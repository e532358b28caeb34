import { expect, test } from "vitest";
import type { LeaseRequest } from "./request.ts";
import { objectionTo } from "./request-bounds.ts";

const common = { holder: "hz-fsn-rtz-prod", instance: "p1", reqId: "r1", ifRev: 0, note: {} };
const acquire: LeaseRequest = { ...common, op: "acquire", ttlMs: 30_000, epochFloor: 0 };
const renew: LeaseRequest = { ...common, op: "renew", epoch: 1, ttlMs: 30_000 };
const release: LeaseRequest = { ...common, op: "release", epoch: 1 };

/** Requests out of bounds, by the field that is. */
const outOfBounds: Readonly<Record<string, readonly LeaseRequest[]>> = {
  holder: [
    { ...acquire, holder: "ä" },
    { ...release, holder: "" },
  ],
  instance: [{ ...acquire, instance: "\u0000" }],
  reqId: [
    { ...renew, reqId: "" },
    { ...renew, reqId: "x".repeat(201) },
  ],
  ifRev: [
    { ...acquire, ifRev: -1 },
    { ...acquire, ifRev: 0.5 },
    { ...acquire, ifRev: Number.MAX_SAFE_INTEGER },
  ],
  ttlMs: [
    { ...acquire, ttlMs: 4_999 },
    { ...renew, ttlMs: 300_001 },
    { ...renew, ttlMs: Number.NaN },
  ],
  epochFloor: [{ ...acquire, epochFloor: -1 }],
  epoch: [
    { ...renew, epoch: 0 },
    { ...release, epoch: Number.POSITIVE_INFINITY },
  ],
  note: [{ ...acquire, note: { text: "é".repeat(4_096) } }],
};

test.each(Object.entries(outOfBounds))(
  "%s out of bounds is refused by that name",
  (field, requests) => {
    for (const request of requests) {
      expect(objectionTo("s", request)).toMatch(new RegExp(`^${field} is`));
    }
  },
);

test.each(["", "a b", "x".repeat(201), "é"])("%j names no slot", (slot) => {
  expect(objectionTo(slot, acquire)).toMatch(/^slot is/);
});

test.each([acquire, renew, release])(
  "a request within the bounds is not refused: $op",
  (request) => {
    expect(objectionTo("failover/acme-prod", request)).toBeUndefined();
  },
);

test("a note of exactly the longest length is taken", () => {
  const note = { text: "x".repeat(8_192 - '{"text":""}'.length) };
  expect(objectionTo("s", { ...acquire, note })).toBeUndefined();
  expect(objectionTo("s", { ...acquire, note: { text: `${note.text}x` } })).toBeDefined();
});
