/** The guards of *Taking* (ADR 25): each has a test that fails without it. */
import { describe, expect, test } from "vitest";
import { emptyLease } from "../lease/record.ts";
import type { AgentRecord } from "./record.ts";
import {
  type Actor,
  clearRecord,
  factsOf,
  type Happening,
  type Stage,
  serving,
  stage,
  timing,
} from "./rehearsal.ts";
import { effects } from "./rehearsal-effects.ts";

const acquires = (actor: Actor) =>
  effects(actor, "callWitness").filter(({ request }) => request?.op === "acquire");

/** Region a stopped for good a moment after b saw its last renewal. */
function orphaned(record: Partial<AgentRecord> = {}) {
  const scene = serving("sticky");
  const { here, b } = scene;
  b.record = { ...clearRecord, epochSeen: 1, ...record };
  here.restart(b);
  b.done.length = 0;
  const startedAtMs = here.nowMs;
  // Nobody renews; every question of b is answered at once.
  const pass = (ms: number) => here.pass(ms, () => here.answer(b));
  return { ...scene, pass, startedAtMs };
}

describe("a contender", () => {
  test("waits until it has itself seen the revision unchanged for long enough", () => {
    const { here, b, pass } = orphaned();
    pass(2_000);
    const sinceAtMs = b.state.witness.seen?.sinceAtMs ?? 0;
    pass(sinceAtMs + 30_000 - here.nowMs);
    expect(acquires(b)).toHaveLength(0);
    pass(2_000);
    expect(acquires(b)).toHaveLength(1);
    expect(b.state.data.kind).toBe("serving");
    expect(b.state.authority).toMatchObject({ kind: "lease", epoch: 2 });
  });

  test("begins to wait anew when the revision changes", () => {
    const { here, b, pass } = orphaned();
    pass(25_000);
    here.witness = { ...here.witness, rev: here.witness.rev + 1 };
    pass(20_000);
    expect(acquires(b)).toHaveLength(0);
  });

  test("counts from the answer that showed it, whatever the request took", () => {
    const { here, b } = orphaned();
    here.pass(2_000);
    here.answer(b);
    expect(b.state.witness.seen?.sinceAtMs).toBe(here.nowMs);
  });

  test("decides on the revision that it judged", () => {
    const { here, b, pass } = orphaned();
    const { rev } = here.witness;
    pass(40_000);
    expect(acquires(b)[0]?.request).toMatchObject({ epochFloor: 1, ifRev: rev });
  });

  test("takes what nobody holds at once", () => {
    const { here, b, pass } = orphaned();
    here.witness = { ...here.witness, holder: null, instance: null };
    pass(3_000);
    expect(b.state.data.kind).toBe("serving");
  });

  test("takes nothing before everything of its own is fenced", () => {
    const { here, b, pass } = orphaned();
    b.holds.add("fence");
    here.restart(b);
    here.witness = { ...here.witness, holder: null, instance: null };
    pass(10_000);
    expect(acquires(b)).toHaveLength(0);
    here.give(b, { type: "fenced" });
    pass(3_000);
    expect(acquires(b)).toHaveLength(1);
  });

  test("is refused by the witness without a hot loop", () => {
    const { here, b } = orphaned();
    let refused = 0;
    here.pass(36_000, () => {
      for (let again = 0; again < 20 && b.state.witness.call !== null; again++) {
        const call = b.calls.at(-1);
        if (call?.request?.op !== "acquire") {
          here.answer(b);
          continue;
        }
        refused += 1;
        b.calls.length = 0;
        here.give(b, {
          type: "witnessReplied",
          reqId: call.reqId,
          reply: { ok: false, code: "held", record: here.witness },
        });
      }
    });
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(5);
  });
});

describe("nothing is acquired", () => {
  test.each<[string, Partial<AgentRecord>]>([
    ["with a promise", { promise: { policy: "sticky", epoch: 1, round: 1 } }],
    ["with an open round of its own", { open: { policy: "sticky", epoch: 1, round: 1 } }],
    ["without being armed", { armed: false }],
    ["without a clear memory", { unclear: true, armed: false }],
    ["when the witness shows an epoch below one that it showed", { epochSeen: 2 }],
  ])("%s", (_, record) => {
    const { b, pass } = orphaned(record);
    pass(90_000);
    expect(acquires(b)).toHaveLength(0);
    expect(effects(b, "promote")).toHaveLength(0);
    expect(b.state.authority.kind).toBe("none");
  });

  test("without a record", () => {
    const { here, b, pass } = orphaned();
    here.restart(b, { copies: "lost" });
    b.done.length = 0;
    pass(90_000);
    expect(acquires(b)).toHaveLength(0);
    expect(b.state.authority.kind).toBe("none");
  });
});

test("a witness that lost its memory is told to a person once", () => {
  const { b, pass } = orphaned({ epochSeen: 2 });
  pass(90_000);
  const pages = effects(b, "page").filter(({ reason }) => reason === "WitnessLostMemory");
  expect(pages).toHaveLength(1);
});

test("the witness that forgot everything is believed to have forgotten, not overtaken", () => {
  const { here, b, pass } = orphaned();
  pass(5_000);
  here.witness = emptyLease("shop");
  pass(60_000);
  expect(b.state.witness.seen?.record.epoch).toBe(0);
  expect(acquires(b)).toHaveLength(0);
  expect(effects(b, "page").at(-1)).toMatchObject({ reason: "WitnessLostMemory" });
});

test("an epoch that was taken without the witness is not mistaken for its lost memory", () => {
  const { b, pass } = orphaned({ epochSeen: 2, epochOwn: 2, epochHeld: 2 });
  pass(40_000);
  expect(effects(b, "page")).toEqual([]);
  expect(acquires(b)[0]?.request).toMatchObject({ epochFloor: 2 });
  expect(b.state.authority).toMatchObject({ kind: "lease", epoch: 3 });
});

/** Region b has an acquire under way that it sent this moment. */
function acquiring() {
  const scene = orphaned();
  const { here, b } = scene;
  const until = (): boolean => b.calls.at(-1)?.request?.op === "acquire";
  while (!until()) {
    here.pass(1_000, () => {
      if (!until()) here.answer(b);
    });
  }
  b.done.length = 0;
  return { ...scene, sentAtMs: here.nowMs };
}

describe("an acquire that was granted", () => {
  test("gives authority from its sending", () => {
    const { here, b, sentAtMs } = acquiring();
    here.nowMs += 2_900;
    here.answer(b);
    expect(b.state.authority).toMatchObject({ kind: "lease", untilAtMs: sentAtMs + 20_000 });
  });

  test.each<[string, (here: Stage, b: Actor) => void]>([
    [
      "too late",
      (here) => {
        here.nowMs += 20_000;
      },
    ],
    [
      "after a disarmament",
      (here, b) => here.give(b, { type: "personSaid", wish: { kind: "disarm", because: "no" } }),
    ],
  ])("%s is not used, and is given back", (_, happens) => {
    const { here, b } = acquiring();
    const { calls } = b;
    const kept = [...calls];
    happens(here, b);
    calls.length = 0;
    calls.push(...kept);
    here.answer(b);
    expect(b.state.authority.kind).toBe("none");
    expect(effects(b, "promote")).toHaveLength(0);
    here.pass(3_000, () => here.answer(b));
    const asked = effects(b, "callWitness").map(({ request }) => request?.op);
    expect(asked[0]).toBe("release");
  });

  test("beside a promise is not used, and is given back", () => {
    const { here, b } = acquiring();
    const promise = { policy: "sticky", epoch: 1, round: 1 } as const;
    // It can not be promised in that moment (see promising.test.ts); should it stand there nevertheless, it binds.
    b.state = { ...b.state, record: { ...clearRecord, epochSeen: 1, promise } };
    here.answer(b);
    expect(b.state.authority.kind).toBe("none");
    here.pass(3_000, () => here.answer(b));
    expect(here.witness.holder).toBeNull();
  });

  test("over a clock gap is not used: when it was sent is not known any more", () => {
    const { here, b } = acquiring();
    const kept = b.calls.splice(0);
    here.give(b, { type: "clockGap", gapMs: 60_000 });
    b.calls.length = 0;
    b.calls.push(...kept);
    b.done.length = 0;
    here.answer(b);
    expect(here.witness.holder).toBe("b");
    expect(b.state.authority.kind).toBe("none");
    here.pass(8_000, () => here.answer(b));
    const asked = effects(b, "callWitness").map(({ request }) => request?.op);
    expect(asked).toContain("release");
  });

  test("to somebody else is not used", () => {
    const { here, b } = acquiring();
    const reqId = b.calls.at(-1)?.reqId ?? "";
    const record = { ...here.witness, epoch: 2, rev: 99, holder: "a" };
    here.give(b, { type: "witnessReplied", reqId, reply: { ok: true, record, repeated: false } });
    expect(b.state.authority.kind).toBe("none");
  });

  test("is not used before its epoch is in every store", () => {
    const { here, b } = acquiring();
    b.holds.add("store");
    here.answer(b);
    expect(b.state.authority.kind).toBe("lease");
    here.pass(5_000);
    expect(effects(b, "promote")).toHaveLength(0);
    const version = b.state.pending?.record.version ?? 0;
    expect(b.state.pending?.record).toMatchObject({ epochSeen: 2, epochHeld: 2 });
    here.give(b, { type: "stored", version });
    expect(effects(b, "promote")).toEqual([{ type: "promote", service: "ledger", epoch: 2 }]);
  });

  test("is given back when its epoch can not be stored", () => {
    const { here, b } = acquiring();
    b.holds.add("store");
    here.answer(b);
    const version = b.state.pending?.record.version ?? 0;
    here.give(b, { type: "storeFailed", version });
    expect(b.state.authority.kind).toBe("none");
    expect(effects(b, "page").at(-1)).toMatchObject({ reason: "RecordNotDurable" });
    here.pass(6_000, () => here.answer(b));
    expect(here.witness.holder).toBeNull();
    expect(effects(b, "promote")).toHaveLength(0);
  });

  test("is remembered as a failover, with whether it lost something", () => {
    const { here, b } = acquiring();
    here.answer(b);
    expect(b.state.failovers).toEqual([{ atMs: here.nowMs, lossy: false }]);
  });

  test("says that the standby is not known to follow", () => {
    const { here, b } = acquiring();
    here.answer(b);
    expect(here.witness.note).toMatchObject({ region: "b", sync: "degraded", isUsed: false });
  });
});

test("approvals that were used are written at the witness, and do not count again", () => {
  const { here, b, pass } = orphaned();
  const wallAtMs = here.nowMs;
  const approval = {
    person: "ada",
    group: "shop",
    action: "failover",
    expectedEpoch: 1,
    maxLossBytes: 10,
    expiresAtMs: wallAtMs + 3_600_000,
    nonce: "n1",
  } as const;
  here.give(b, { type: "approved", approval });
  pass(40_000);
  expect(here.witness.note).toMatchObject({ used: ["n1"] });
});

test("a lease that is not used is given back again after a pause when that was not answered", () => {
  const { here, b } = acquiring();
  here.give(b, { type: "personSaid", wish: { kind: "disarm", because: "repairs" } });
  here.answer(b);
  const released = () =>
    effects(b, "callWitness").filter(({ request }) => request?.op === "release").length;
  expect(released()).toBe(1);
  const reqId = b.state.witness.call?.reqId ?? "";
  here.give(b, { type: "witnessFailed", reqId, outcome: "unknown" });
  here.give(b, { type: "tick" });
  expect(released()).toBe(1);
  here.pass(3_000);
  expect(released()).toBe(2);
});

describe("the first lease of all", () => {
  test("is taken by the region that has the data", () => {
    const here = stage("sticky");
    const [a, b] = [here.actor("a"), here.actor("b")];
    const roles: readonly [Actor, "writable" | "standby"][] = [
      [a, "writable"],
      [b, "standby"],
    ];
    for (const [actor, role] of roles) {
      actor.record = { ...clearRecord, epochSeen: 0 };
      actor.measures = (atMs) => factsOf(role, atMs);
      here.restart(actor);
    }
    here.pass(20_000, () => {
      here.answer(b);
      here.answer(a);
    });
    expect(a.state.data.kind).toBe("serving");
    expect(b.state.authority.kind).toBe("none");
  });
});

test("a judgement is put forward when it changes, and not again when only its numbers do", () => {
  const { b, pass } = orphaned();
  const before = b.state.lastVerdict;
  pass(5_000);
  const first = b.state.lastVerdict;
  expect(first).not.toBe(before);
  expect(first?.reason).toBe("Outwaited");
  pass(20_000);
  expect(b.state.lastVerdict).toBe(first);
});

test.each<Happening>([
  { type: "witnessFailed", reqId: "", outcome: "unknown" },
  { type: "witnessFailed", reqId: "", outcome: "refused" },
])("after no answer a contender asks again only after a pause (%o)", (happening) => {
  const { here, b } = orphaned();
  const reqId = b.state.witness.call?.reqId ?? "";
  here.give(b, { ...happening, reqId } as Happening);
  const asked = effects(b, "callWitness").length;
  here.give(b, { type: "tick" });
  expect(effects(b, "callWitness")).toHaveLength(asked);
  here.pass(timing.rpcTimeoutMs);
  expect(effects(b, "callWitness")).toHaveLength(asked + 1);
});
