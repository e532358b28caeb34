import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyLease } from "./apply.ts";
import { emptyLease, type LeaseRecord } from "./record.ts";
import type { LeaseReply, LeaseRequest } from "./request.ts";

const fsn = { holder: "hz-fsn-rtz-prod", instance: "fsn-1", note: { lsn: "0/1" } };
const hel = { holder: "hz-hel-rtz-prod", instance: "hel-1", note: {} };
const ttlMs = 30_000;
const acquire = { op: "acquire", ttlMs, epochFloor: 0 } as const;

/** Held by fsn since 1000, until 31000, with epoch 3 and revision 7. */
const live: LeaseRecord = {
  slot: "acme-prod",
  epoch: 3,
  rev: 7,
  ...fsn,
  ttlMs,
  expiresAtMs: 31_000,
  reqId: "r7",
};
const released: LeaseRecord = { ...live, holder: null, instance: null, expiresAtMs: 0, rev: 8 };

describe("what is refused", () => {
  test.each<[string, LeaseRecord, LeaseRequest, number | null, "held" | "lost" | "stale"]>([
    ["a live lease of another", live, { ...acquire, ...hel, reqId: "a", ifRev: 7 }, 30_999, "held"],
    [
      "a live lease of the same cluster, whose process is another now",
      live,
      { ...acquire, ...fsn, instance: "fsn-2", reqId: "a", ifRev: 7 },
      2_000,
      "held",
    ],
    ["an older revision", live, { ...acquire, ...hel, reqId: "a", ifRev: 6 }, 31_000, "stale"],
    ["a revision yet to come", live, { ...acquire, ...hel, reqId: "a", ifRev: 8 }, 31_000, "stale"],
    [
      "an older revision where the witness has no clock",
      live,
      { ...acquire, ...hel, reqId: "a", ifRev: 6 },
      null,
      "stale",
    ],
    [
      "a renewal by another cluster",
      live,
      { op: "renew", ...hel, ttlMs, epoch: 3, reqId: "a", ifRev: 7 },
      2_000,
      "lost",
    ],
    [
      "a renewal of an epoch that is over",
      live,
      { op: "renew", ...fsn, ttlMs, epoch: 2, reqId: "a", ifRev: 7 },
      2_000,
      "lost",
    ],
    [
      "a renewal on an older revision",
      live,
      { op: "renew", ...fsn, ttlMs, epoch: 3, reqId: "a", ifRev: 6 },
      2_000,
      "stale",
    ],
    [
      "a renewal after a release",
      released,
      { op: "renew", ...fsn, ttlMs, epoch: 3, reqId: "a", ifRev: 8 },
      2_000,
      "lost",
    ],
    [
      "a release by another",
      live,
      { op: "release", ...hel, epoch: 3, reqId: "a", ifRev: 7 },
      2_000,
      "lost",
    ],
    [
      "a release on an older revision",
      live,
      { op: "release", ...fsn, epoch: 3, reqId: "a", ifRev: 6 },
      2_000,
      "stale",
    ],
  ])("%s", (_, record, request, nowMs, code) => {
    expect(applyLease(record, request, nowMs)).toEqual({ ok: false, code, record });
  });
});

describe("what is done", () => {
  test("the first acquire of a slot gives epoch 1", () => {
    const request: LeaseRequest = { ...acquire, ...fsn, reqId: "r1", ifRev: 0 };
    expect(applyLease(emptyLease("s"), request, 1_000)).toEqual({
      ok: true,
      repeated: false,
      record: { slot: "s", epoch: 1, rev: 1, ...fsn, ttlMs, expiresAtMs: 31_000, reqId: "r1" },
    });
  });

  test.each([
    ["a lease that ran out", live, 7],
    ["a lease that was released", released, 8],
  ])("%s is taken over with the next epoch", (_, record, ifRev) => {
    const reply = applyLease(record, { ...acquire, ...hel, reqId: "h1", ifRev }, 31_000);
    expect(reply).toMatchObject({ ok: true, record: { ...hel, epoch: 4, rev: ifRev + 1 } });
  });

  test("an epoch that was given without the witness is never given again", () => {
    const request: LeaseRequest = { ...acquire, ...hel, epochFloor: 9, reqId: "h1", ifRev: 7 };
    expect(applyLease(live, request, 31_000)).toMatchObject({ ok: true, record: { epoch: 10 } });
  });

  test("a renewal moves the end, keeps the epoch and takes the new note", () => {
    const note = { lsn: "0/2" };
    const request: LeaseRequest = {
      op: "renew",
      ...fsn,
      note,
      ttlMs: 40_000,
      epoch: 3,
      reqId: "r8",
      ifRev: 7,
    };
    expect(applyLease(live, request, 10_000)).toEqual({
      ok: true,
      repeated: false,
      record: { ...live, rev: 8, ttlMs: 40_000, expiresAtMs: 50_000, reqId: "r8", note },
    });
  });

  test("a lease that ran out and that nobody took may be renewed", () => {
    const request: LeaseRequest = { op: "renew", ...fsn, ttlMs, epoch: 3, reqId: "r8", ifRev: 7 };
    expect(applyLease(live, request, 99_000)).toMatchObject({ ok: true, record: { epoch: 3 } });
  });

  test("a release leaves no holder and keeps the epoch", () => {
    const request: LeaseRequest = { op: "release", ...fsn, epoch: 3, reqId: "r8", ifRev: 7 };
    const { record } = applyLease(live, request, 2_000);
    expect(record).toMatchObject({ holder: null, instance: null, epoch: 3, rev: 8 });
  });

  test("where the witness has no clock the contender's own waiting is all that stands before a take-over", () => {
    const reply = applyLease(live, { ...acquire, ...hel, reqId: "h1", ifRev: 7 }, null);
    expect(reply).toMatchObject({ ok: true, record: { expiresAtMs: 0, epoch: 4 } });
  });
});

test.each<[string, LeaseRequest]>([
  ["acquire", { ...acquire, ...fsn, reqId: "r7", ifRev: 6 }],
  ["renewal", { op: "renew", ...fsn, ttlMs, epoch: 3, reqId: "r7", ifRev: 6 }],
])("an %s that is sent again is answered and not done again", (_, request) => {
  expect(applyLease(live, request, 2_000)).toEqual({ ok: true, record: live, repeated: true });
});

test("a release that is sent again is answered and not done again", () => {
  const record = { ...released, reqId: "r8" };
  const request: LeaseRequest = { op: "release", ...fsn, epoch: 3, reqId: "r8", ifRev: 7 };
  expect(applyLease(record, request, 2_000)).toEqual({ ok: true, record, repeated: true });
});

test("another's request of the same id is no repetition", () => {
  const request: LeaseRequest = { op: "renew", ...hel, ttlMs, epoch: 3, reqId: "r7", ifRev: 7 };
  expect(applyLease(live, request, 2_000)).toMatchObject({ ok: false, code: "lost" });
});

const holders = [fsn, hel];
const anyRequest = fc
  .record({
    op: fc.constantFrom("acquire", "renew", "release"),
    who: fc.constantFrom(...holders),
    reqId: fc.nat(12).map(String),
    behind: fc.constantFrom(0, 0, 0, 1, -1),
    epochBehind: fc.constantFrom(0, 0, 0, 1),
    epochFloor: fc.nat(20),
    passMs: fc.constantFrom(0, 1, 29_999, 30_000, -60_000),
  })
  .map((drawn) => ({
    passMs: drawn.passMs,
    request: (current: LeaseRecord): LeaseRequest => {
      const { reqId, epochFloor, who } = drawn;
      const asked = { ...who, reqId, ifRev: Math.max(0, current.rev - drawn.behind) };
      const epoch = Math.max(0, current.epoch - drawn.epochBehind);
      if (drawn.op === "acquire") return { op: "acquire", ...asked, ttlMs, epochFloor };
      if (drawn.op === "renew") return { op: "renew", ...asked, ttlMs, epoch };
      return { op: "release", ...asked, epoch };
    },
  }));

type Step = {
  readonly before: LeaseRecord;
  readonly request: LeaseRequest;
  readonly nowMs: number;
  readonly reply: LeaseReply;
};

function play(
  draws: readonly { passMs: number; request: (r: LeaseRecord) => LeaseRequest }[],
): Step[] {
  const steps: Step[] = [];
  let [record, nowMs] = [emptyLease("s"), 100_000];
  for (const { passMs, request } of draws) {
    nowMs += passMs;
    const asked = request(record);
    const reply = applyLease(record, asked, nowMs);
    steps.push({ before: record, request: asked, nowMs, reply });
    if (reply.ok) record = reply.record;
  }
  return steps;
}

describe("in any history, whatever the witness's clock does", () => {
  const always = (check: (step: Step) => void): void => {
    fc.assert(
      fc.property(fc.array(anyRequest, { maxLength: 60 }), (draws) => play(draws).forEach(check)),
    );
  };

  test("the revision grows by one with every write, and by nothing else", () => {
    always(({ before, reply }) => {
      const isWritten = reply.ok && !reply.repeated;
      expect(reply.record.rev).toBe(before.rev + (isWritten ? 1 : 0));
      if (!isWritten) expect(reply.record).toEqual(before);
    });
  });

  test("the epoch grows with every grant, above any floor, and by nothing else", () => {
    always(({ before, request, reply }) => {
      const isGrant = reply.ok && !reply.repeated && request.op === "acquire";
      if (isGrant) {
        expect(reply.record.epoch).toBeGreaterThan(Math.max(before.epoch, request.epochFloor));
      } else expect(reply.record.epoch).toBe(before.epoch);
    });
  });

  test("nothing is granted while a lease is live, and nothing is done on another revision", () => {
    always(({ before, request, nowMs, reply }) => {
      if (!reply.ok || reply.repeated) return;
      expect(request.ifRev).toBe(before.rev);
      if (request.op === "acquire") {
        // More than two leases are left only where the clock went back, and then it says nothing.
        const isOtherClock = before.expiresAtMs - nowMs > 2 * before.ttlMs;
        const isOver = nowMs >= before.expiresAtMs;
        expect(before.holder === null || isOver || isOtherClock).toBe(true);
      } else {
        expect(before).toMatchObject({ holder: request.holder, epoch: request.epoch });
      }
    });
  });

  test("whatever was done last can be sent again without changing anything", () => {
    always(({ request, nowMs, reply }) => {
      if (!reply.ok) return;
      expect(applyLease(reply.record, request, nowMs + 1)).toEqual({
        ok: true,
        record: reply.record,
        repeated: true,
      });
    });
  });
});
