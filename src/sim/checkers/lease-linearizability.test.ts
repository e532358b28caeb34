/** The checker against histories that are right, histories that are wrong in a known way, and a search that knows no tricks. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../core/kernel/random.ts";
import { applyLease } from "../../core/lease/apply.ts";
import { emptyLease, type LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseRequest } from "../../core/lease/request.ts";
import { fakeWitness } from "../fake-witness.ts";
import { runLeaseWorkload } from "../lease-workload.ts";
import { virtualClock } from "../virtual-clock.ts";
import type { LeaseOperation, LeaseOutcome } from "./lease-history.ts";
import { checkLeaseHistory, type WitnessClock } from "./lease-linearizability.ts";
import { sameRecord } from "./lease-transition.ts";

const ttlMs = 30_000;
const slot = "s";

function acquire(holder: string, reqId: string, ifRev: number): LeaseRequest {
  const common = { holder, instance: holder, reqId, ifRev, note: {} };
  return { ...common, op: "acquire", ttlMs, epochFloor: 0 };
}
const renew = (holder: string, reqId: string, ifRev: number, epoch: number): LeaseRequest => {
  const common = { holder, instance: holder, reqId, ifRev, note: {} };
  return { ...common, op: "renew", ttlMs, epoch };
};
const release = (holder: string, reqId: string, ifRev: number, epoch: number): LeaseRequest => {
  const common = { holder, instance: holder, reqId, ifRev, note: {} };
  return { ...common, op: "release", epoch };
};

/** A history with the witness's own answers at the moments given; undefined stands for an answer that was lost. */
function operation(
  request: LeaseRequest | null,
  [invokedAtMs, returnedAtMs]: readonly [number, number],
  outcome: LeaseOutcome = { kind: "unknown" },
): LeaseOperation {
  return { client: request?.holder ?? "r", slot, request, invokedAtMs, returnedAtMs, outcome };
}
const did = (before: LeaseRecord, request: LeaseRequest): LeaseOutcome => {
  const reply = applyLease(before, request, null);
  return { kind: "reply", reply };
};
const after = (before: LeaseRecord, request: LeaseRequest): LeaseRecord =>
  applyLease(before, request, null).record;
const sight = (record: LeaseRecord): LeaseOutcome => ({ kind: "read", record });
const reasons = (history: readonly LeaseOperation[], clock: WitnessClock = "none") =>
  checkLeaseHistory(history, clock).map((violation) => violation.reason);

const empty = emptyLease(slot);
const a1 = acquire("a", "a-1", 0);
const b1 = acquire("b", "b-1", 0);
const byA = after(empty, a1);
const byB = after(empty, b1);
const freed = after(byA, release("a", "a-2", 1, 1));
const b3 = acquire("b", "b-3", 2);

describe("a history is refused by the name of what is wrong with it", () => {
  const cases: readonly (readonly [string, readonly LeaseOperation[]])[] = [
    [
      "TwoRecordsOneRevision",
      [operation(a1, [0, 9], did(empty, a1)), operation(b1, [0, 9], did(empty, b1))],
    ],
    [
      "EpochGivenTwice",
      [operation(a1, [0, 9], did(empty, a1)), operation(b1, [0, 9], did(empty, b1))],
    ],
    ["NobodyWrote", [operation(null, [0, 1], sight(byA))]],
    ["NobodyWrote", [operation(null, [0, 1], sight(byA)), operation(a1, [2, 3], did(empty, a1))]],
    [
      "StaleRead",
      [
        operation(a1, [0, 1], did(empty, a1)),
        operation(null, [2, 3], sight(empty)),
        operation(null, [4, 5], sight(byA)),
      ],
    ],
    [
      "AcknowledgedWriteLost",
      [operation(a1, [0, 1], did(empty, a1)), operation(null, [2, 3], sight(empty))],
    ],
    [
      "StaleAccepted",
      [
        operation(a1, [0, 1], did(empty, a1)),
        operation(b1, [2, 3], {
          kind: "reply",
          reply: { ok: true, repeated: false, record: { ...byB, epoch: 2, rev: 2 } },
        }),
      ],
    ],
    [
      "LostAccepted",
      [
        operation(a1, [0, 1], did(empty, a1)),
        operation(renew("b", "b-2", 1, 1), [2, 3], {
          kind: "reply",
          reply: { ok: true, repeated: false, record: { ...byA, rev: 2, reqId: "b-2" } },
        }),
      ],
    ],
    [
      "WrongTransition",
      [
        operation(a1, [0, 1], {
          kind: "reply",
          reply: { ok: true, repeated: false, record: { ...byA, epoch: 5 } },
        }),
      ],
    ],
    [
      "EpochWentBack",
      [
        operation(a1, [0, 1], did(empty, a1)),
        operation(b3, [2, 3], {
          kind: "reply",
          reply: { ok: true, repeated: false, record: { ...byB, reqId: "b-3", rev: 3 } },
        }),
      ],
    ],
    [
      "DoneTwice",
      [
        operation(a1, [0, 1], did(empty, a1)),
        operation(a1, [2, 3], {
          kind: "reply",
          reply: { ok: true, repeated: false, record: { ...byA, epoch: 2, rev: 2 } },
        }),
      ],
    ],
    ["DoneTwice", [operation(a1, [0, 1], did(empty, a1)), operation(a1, [2, 3], did(empty, a1))]],
    [
      "WrongAnswer",
      [
        operation(a1, [0, 1], {
          kind: "reply",
          reply: { ok: false, code: "stale", record: empty },
        }),
      ],
    ],
    [
      "WrongAnswer",
      [
        operation(a1, [0, 1], did(empty, a1)),
        operation(b1, [2, 3], { kind: "reply", reply: { ok: true, repeated: true, record: byA } }),
      ],
    ],
  ];
  test.each(cases)("%s", (reason, history) => {
    expect(reasons(history)).toContain(reason);
  });

  test("HeldTaken and TakenEarly, where the witness has a clock", () => {
    const first = applyLease(empty, a1, 1_000);
    const taken = applyLease(first.record, acquire("b", "b-2", 1), 40_000);
    const history = [
      operation(a1, [0, 1], { kind: "reply", reply: first }),
      operation(acquire("b", "b-2", 1), [2, 3], { kind: "reply", reply: taken }),
    ];
    expect(reasons(history, "stepped")).toEqual([]);
    expect(reasons(history, "steady")).toEqual(["TakenEarly"]);
    const stamped = { ...taken, record: { ...taken.record, expiresAtMs: 2_000 + ttlMs } };
    const early = [history[0], { ...history[1], outcome: { kind: "reply", reply: stamped } }];
    expect(reasons(early as LeaseOperation[], "stepped")).toEqual(["HeldTaken"]);
  });

  test("it says which revision of which slot, and why", () => {
    const [violation] = checkLeaseHistory([operation(null, [0, 1], sight(byA))], "none");
    expect(violation).toEqual({ reason: "NobodyWrote", slot, rev: 1, because: "nobody sent a-1" });
  });
});

describe("a write that nobody was told of", () => {
  const r2 = release("a", "a-2", 1, 1);
  test("may have been done, later than it was sent, or never", () => {
    expect(
      reasons([
        operation(a1, [0, 1]),
        operation(null, [5, 6], sight(empty)),
        operation(null, [7, 8], sight(byA)),
      ]),
    ).toEqual([]);
    expect(reasons([operation(a1, [0, 1]), operation(null, [5, 6], sight(empty))])).toEqual([]);
  });

  test("fills a revision that nobody saw, when it could have been done in time", () => {
    const b3done = operation(b3, [10, 11], did(freed, b3));
    expect(reasons([operation(a1, [0, 1]), operation(r2, [2, 3]), b3done])).toEqual([]);
    expect(reasons([operation(a1, [0, 1]), operation(r2, [12, 13]), b3done])).toEqual([
      "NobodyWrote",
    ]);
    expect(reasons([operation(r2, [2, 3]), b3done])).toEqual(["NobodyWrote"]);
  });

  test("is done at most once, also when it was sent again", () => {
    const again = operation(a1, [4, 5], {
      kind: "reply",
      reply: { ok: true, repeated: true, record: byA },
    });
    expect(reasons([operation(a1, [0, 1]), again])).toEqual([]);
  });
});

/** All orders that respect time, one after another, with the witness's own decision: right by being plain. */
function bruteForce(history: readonly LeaseOperation[]): boolean {
  const dead = new Set<string>();
  const search = (done: number, state: LeaseRecord): boolean => {
    const open = history.filter((_, index) => (done & (1 << index)) === 0);
    const mustBe = open.filter(({ outcome }) => outcome.kind !== "unknown");
    if (mustBe.length === 0) return true;
    const key = `${done} ${JSON.stringify(state)}`;
    if (dead.has(key)) return false;
    const firstAnswerMs = Math.min(...mustBe.map((each) => each.returnedAtMs));
    for (const [index, each] of history.entries()) {
      if ((done & (1 << index)) !== 0 || each.invokedAtMs > firstAnswerMs) continue;
      const next = stepped(state, each);
      if (next !== undefined && search(done | (1 << index), next)) return true;
    }
    dead.add(key);
    return false;
  };
  return search(0, empty);
}

function stepped(
  state: LeaseRecord,
  { request, outcome }: LeaseOperation,
): LeaseRecord | undefined {
  if (outcome.kind === "refused") return state;
  if (request === null) {
    return outcome.kind === "read" && sameRecord(outcome.record, state) ? state : undefined;
  }
  const judged = applyLease(state, request, null);
  if (outcome.kind !== "reply") return judged.ok ? judged.record : undefined;
  const { reply } = outcome;
  if (judged.ok !== reply.ok || !sameRecord(judged.record, reply.record)) return undefined;
  if (!judged.ok) return !reply.ok && judged.code === reply.code ? state : undefined;
  // One that says "repeated" may have been sent twice by its own client, underneath.
  if (judged.repeated && reply.ok && !reply.repeated) return undefined;
  return judged.record;
}

/** A small history of a right register, with some answers lost and some answers exchanged for others. */
function smallHistory(seed: number): readonly LeaseOperation[] {
  const random = seededRandom(seed);
  const count = 3 + random.below(6);
  const states: LeaseRecord[] = [empty];
  const pending: LeaseRequest[] = [];
  const history: LeaseOperation[] = [];
  for (let n = 0; n < count; n++) {
    const atMs = n * 10 + 5;
    const state = states.at(-1) ?? empty;
    const rev = random.below(4) === 0 ? Math.max(0, state.rev - 1) : state.rev;
    const who = random.below(2) === 0 ? "a" : "b";
    const id = `${who}-${n}`;
    const old = pending[random.below(pending.length + 3)];
    const fresh = [
      null,
      acquire(who, id, rev),
      renew(who, id, rev, Math.max(1, state.epoch)),
      release(who, id, rev, Math.max(1, state.epoch)),
    ][random.below(4)];
    const request = old ?? fresh ?? null;
    const times = [atMs - random.below(25), atMs + random.below(25)] as const;
    if (request === null) {
      history.push(operation(null, times, sight(state)));
      continue;
    }
    pending.push(request);
    const reply = applyLease(state, request, null);
    const isDone = random.below(8) > 0;
    if (isDone && reply.ok && !reply.repeated) states.push(reply.record);
    const isTold = isDone && random.below(4) > 0;
    history.push(operation(request, times, isTold ? { kind: "reply", reply } : undefined));
  }
  if (random.below(4) === 0) return history;
  const index = random.below(history.length);
  const wrong = history[index];
  const other = states[random.below(states.length)] ?? empty;
  if (wrong === undefined || wrong.outcome.kind === "unknown") return history;
  const shifted = { invokedAtMs: wrong.invokedAtMs + 15, returnedAtMs: wrong.returnedAtMs + 30 };
  const mutated: LeaseOperation =
    random.below(2) === 0
      ? { ...wrong, ...shifted }
      : wrong.outcome.kind === "reply"
        ? { ...wrong, outcome: { kind: "reply", reply: { ...wrong.outcome.reply, record: other } } }
        : { ...wrong, outcome: sight(other) };
  return history.map((each, at) => (at === index ? mutated : each));
}

test("it agrees with a plain search over all orders, on right and on wrong histories", () => {
  const verdicts = { right: 0, wrong: 0 };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
      const history = smallHistory(seed);
      const isRight = bruteForce(history);
      verdicts[isRight ? "right" : "wrong"] += 1;
      expect(reasons(history).length === 0, JSON.stringify(history, null, 1)).toBe(isRight);
    }),
    { numRuns: 4_000 },
  );
  expect(Math.min(verdicts.right, verdicts.wrong)).toBeGreaterThan(100);
});

test.each([true, false])(
  "a witness in memory is linearizable under faults (clock: %s)",
  async (hasClock) => {
    for (let seed = 1; seed <= 6; seed++) {
      const clock = virtualClock(seed);
      const random = seededRandom(seed);
      const witness = fakeWitness({ id: "fake", random, clock, hasClock });
      const clients = Array.from({ length: 5 }, (_, index) => {
        const link = witness.connect();
        link.setFaults({
          unreachablePerMille: 20,
          lostPerMille: 40,
          latePerMille: 40,
          slowPerMille: 300,
          slowMs: 40,
        });
        return { name: `c${index}`, witness: link };
      });
      let isDone = false;
      const work = runLeaseWorkload({
        clients,
        slots: ["s1", "s2"],
        operations: 1_000,
        ttlMs: 5_000,
        clock,
        random,
        name: "w",
      }).finally(() => {
        isDone = true;
      });
      while (!isDone) await clock.advance(50);
      expect(checkLeaseHistory(await work, hasClock ? "steady" : "none")).toEqual([]);
      expect(witness.writes().length).toBeGreaterThan(100);
    }
  },
);
