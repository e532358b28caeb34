import { expect, test } from "vitest";
import { applyLease } from "./apply.ts";
import type { LeaseRecord } from "./record.ts";
import { expiresInMs, judgedAtMs, settledAfter } from "./settling.ts";

const ranOut: LeaseRecord = {
  slot: "s",
  epoch: 3,
  rev: 7,
  holder: "hz-fsn-rtz-prod",
  instance: "p1",
  ttlMs: 30_000,
  expiresAtMs: 31_000,
  reqId: "r7",
  note: {},
};
const common = { instance: "p2", reqId: "r8", ifRev: 7, note: {}, ttlMs: 30_000 };
const contender = { ...common, op: "acquire", holder: "hz-hel-rtz-prod", epochFloor: 0 } as const;
const holder = { ...common, op: "renew", holder: "hz-fsn-rtz-prod", epoch: 3 } as const;
const judge = (record: LeaseRecord, request: typeof contender | typeof holder, nowMs: number) =>
  applyLease(record, request, judgedAtMs(record, request, nowMs, 92_000));

test("while it settles, a witness gives a lease that ran out to nobody else", () => {
  expect(judge(ranOut, contender, 91_999)).toMatchObject({ ok: false, code: "held" });
  expect(judge(ranOut, contender, 92_000)).toMatchObject({ ok: true, record: { epoch: 4 } });
});

test("while it settles, the holder itself is heard, with its full time", () => {
  expect(judge(ranOut, holder, 90_000)).toMatchObject({
    ok: true,
    record: { epoch: 3, expiresAtMs: 120_000 },
  });
});

test("a slot that nobody holds is granted at once", () => {
  const free = { ...ranOut, holder: null, instance: null, expiresAtMs: 0 };
  expect(judge(free, contender, 90_000)).toMatchObject({ ok: true, record: { epoch: 4 } });
});

test("time left is never below nothing, and nothing where nobody holds", () => {
  expect(expiresInMs(ranOut, 30_000)).toBe(1_000);
  expect(expiresInMs(ranOut, 99_000)).toBe(0);
  expect(expiresInMs({ ...ranOut, holder: null }, 0)).toBe(0);
});

test.each([
  ["went on", 60_000, 62_000],
  ["went back while it settles", 20_000, 25_000],
  ["went back by little", 58_000, 62_000],
])("a clock that %s lets a witness settle when it would, or sooner", (_, nowMs, settledAtMs) => {
  expect(settledAfter(62_000, { lastMs: 59_000, nowMs, settleMs: 5_000 })).toBe(settledAtMs);
});
