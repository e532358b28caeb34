/** The guards of *Holding* and *Time* (ADR 25): each has a test that fails without it. */
import { describe, expect, test } from "vitest";
import type { LeaseReply } from "../lease/request.ts";
import { healthAnswer, mayWrite } from "./authority.ts";
import type { WitnessLossPolicy } from "./group.ts";
import { type Actor, type Happening, type Stage, serving } from "./rehearsal.ts";
import { effects } from "./rehearsal-effects.ts";

/** Region a has a renewal under way that it sent this moment. */
function renewing(onWitnessLoss: WitnessLossPolicy = "fence"): {
  readonly here: Stage;
  readonly a: Actor;
  readonly b: Actor;
  readonly sentAtMs: number;
} {
  const scene = serving(onWitnessLoss);
  const { here, a } = scene;
  while (a.state.witness.call === null) here.pass(1_000);
  a.done.length = 0;
  return { ...scene, sentAtMs: here.nowMs };
}

function reply(here: Stage, a: Actor, answer: LeaseReply): void {
  const reqId = a.state.witness.call?.reqId ?? "";
  here.give(a, { type: "witnessReplied", reqId, reply: answer });
}

const tick: Happening = { type: "tick" };

test("a confirmed renewal gives authority from its sending, not from its answer", () => {
  const { here, a, sentAtMs } = renewing();
  here.nowMs += 2_999;
  here.answer(a);
  expect(a.state.authority).toMatchObject({ kind: "lease", untilAtMs: sentAtMs + 20_000 });
  expect(effects(a, "setWatchdog").at(-1)?.tenure?.untilAtMs).toBe(sentAtMs + 20_000);
});

test("a renewal says that the lease is used, and how far the data is", () => {
  const { a } = renewing();
  const note = { region: "a", isUsed: true, sync: "in_sync", positions: { ledger: 1_000 } };
  expect(a.calls.at(-1)?.request?.note).toMatchObject(note);
});

describe("at its deadline authority ends", () => {
  test.each<[string, Happening]>([
    ["by the next tick", tick],
    ["before anything else is done with what happens then", { type: "clockGap", gapMs: 9 }],
    [
      "also when a measurement comes first",
      { type: "seen", evidence: { atMs: 0, peerActiveEpoch: null, selfVisible: null } },
    ],
  ])("%s", (_, happening) => {
    const { here, a } = serving("fence");
    const { authority } = a.state;
    a.holds.add("fence");
    here.nowMs = authority.kind === "none" ? 0 : authority.untilAtMs;
    expect(mayWrite(a.state, here.nowMs)).toBe(false);
    expect(healthAnswer(a.state, here.nowMs).status).toBe(503);
    here.give(a, happening);
    expect(a.state.authority.kind).toBe("none");
    expect(a.state.data.kind).toBe("fencing");
    expect(effects(a, "fence")).toHaveLength(1);
  });

  test("and not a millisecond before", () => {
    const { here, a } = serving("fence");
    const { authority } = a.state;
    here.nowMs = authority.kind === "none" ? 0 : authority.untilAtMs - 1;
    here.give(a, tick);
    expect(a.state.authority.kind).toBe("lease");
    expect(healthAnswer(a.state, here.nowMs)).toMatchObject({ status: 200, reason: "Serving" });
  });
});

test("an answer that comes when authority is over does not bring it back", () => {
  const { here, a, sentAtMs } = renewing();
  const call = a.calls.at(-1);
  here.nowMs = sentAtMs + 19_000;
  here.give(a, { type: "clockGap", gapMs: 5_000 });
  const record = { ...here.witness, rev: here.witness.rev + 1 };
  here.give(a, {
    type: "witnessReplied",
    reqId: call?.reqId ?? "",
    reply: { ok: true, record, repeated: false },
  });
  expect(a.state.authority.kind).toBe("none");
  expect(a.state.witness.seen?.record.rev).toBe(record.rev);
});

describe("what the witness answers to a renewal", () => {
  test("`lost` ends authority at once", () => {
    const { here, a } = renewing();
    a.holds.add("fence");
    reply(here, a, { ok: false, code: "lost", record: { ...here.witness, holder: null } });
    expect(a.state.authority.kind).toBe("none");
    expect(effects(a, "fence")).toHaveLength(1);
  });

  test("`stale` with its own epoch corrects the revision, and the renewal is repeated at once", () => {
    const { here, a } = renewing();
    const record = { ...here.witness, rev: here.witness.rev + 3 };
    reply(here, a, { ok: false, code: "stale", record });
    expect(a.state.authority).toMatchObject({ kind: "lease", rev: record.rev });
    expect(effects(a, "fence")).toHaveLength(0);
    expect(a.calls.at(-1)?.request).toMatchObject({ op: "renew", ifRev: record.rev });
  });

  test.each([
    ["of another holder", { holder: "b" }],
    ["of another epoch", { epoch: 9 }],
  ])("`stale` %s ends authority", (_, change) => {
    const { here, a } = renewing();
    reply(here, a, { ok: false, code: "stale", record: { ...here.witness, ...change } });
    expect(a.state.authority.kind).toBe("none");
  });

  test("a yes to somebody else ends authority", () => {
    const { here, a } = renewing();
    const record = { ...here.witness, holder: "b", rev: here.witness.rev + 1 };
    reply(here, a, { ok: true, record, repeated: false });
    expect(a.state.authority.kind).toBe("none");
  });

  test("a later epoch of the peer in any answer ends authority", () => {
    const { here, a } = renewing();
    const record = { ...here.witness, holder: "b", epoch: 2, rev: 90 };
    here.give(a, { type: "witnessRead", reqId: "given up", record });
    expect(a.state.authority.kind).toBe("none");
  });
});

describe("one request is under way at a time", () => {
  test("none is sent while one is", () => {
    const { here, a } = renewing();
    here.pass(2_000);
    expect(effects(a, "callWitness")).toHaveLength(0);
  });

  test("one that takes too long is given up, and the next one follows after a pause", () => {
    const { here, a } = renewing();
    here.pass(3_000);
    expect(a.state.witness.call).toBeNull();
    expect(a.state.witness.silentSinceAtMs).not.toBeNull();
    here.pass(3_000);
    expect(effects(a, "callWitness")).toHaveLength(1);
  });

  test("the late answer of one that was given up gives no authority", () => {
    const { here, a } = renewing();
    const late = a.calls[0];
    const { authority } = a.state;
    here.pass(3_000);
    const record = { ...here.witness, rev: here.witness.rev + 1 };
    here.give(a, {
      type: "witnessReplied",
      reqId: late?.reqId ?? "",
      reply: { ok: true, record, repeated: false },
    });
    expect(a.state.authority).toEqual(authority);
    expect(a.state.witness.seen?.record.rev).toBe(record.rev);
  });

  test("an older answer of one that was given up does not show the past again", () => {
    const { here, a } = renewing();
    const { seen } = a.state.witness;
    const record = { ...here.witness, rev: 0 };
    here.give(a, { type: "witnessRead", reqId: "given up", record });
    expect(a.state.witness.seen).toEqual(seen);
  });
});

describe("what ends authority at once", () => {
  test.each<[string, Happening]>([
    ["a clock gap", { type: "clockGap", gapMs: 1_500 }],
    ["a lost watchdog", { type: "watchdogLost" }],
  ])("%s: the watchdog keeps a tenure that is over, until everything is fenced", (_, happening) => {
    const { here, a } = serving("fence");
    a.holds.add("fence");
    here.give(a, happening);
    expect(a.state.authority.kind).toBe("none");
    expect(a.state.data.kind).toBe("fencing");
    expect(effects(a, "setWatchdog").at(-1)?.tenure?.untilAtMs).toBe(here.nowMs);
    here.give(a, { type: "fenced" });
    expect(a.state.data.kind).toBe("fenced");
    expect(effects(a, "setWatchdog").at(-1)?.tenure).toBeNull();
  });

  test("its lease is given back only when everything is fenced", () => {
    const { here, a } = serving("fence");
    a.holds.add("fence");
    here.give(a, { type: "clockGap", gapMs: 5_000 });
    const released = () =>
      effects(a, "callWitness").some(({ request }) => request?.op === "release");
    here.pass(8_000, () => here.answer(a));
    expect(released()).toBe(false);
    here.give(a, { type: "fenced" });
    here.pass(3_000, () => here.answer(a));
    expect(released()).toBe(true);
  });

  test("after its watchdog was lost a region takes nothing for as long as a lease lasts", () => {
    const { here, a } = serving("fence");
    here.give(a, { type: "watchdogLost" });
    here.pass(30_000, () => here.answer(a));
    expect(here.witness.holder).toBeNull();
    here.pass(5_000, () => here.answer(a));
    expect(a.state.data.kind).toBe("serving");
  });
});

describe("fencing", () => {
  test("that failed is asked for again after a pause, and a person is told", () => {
    const { here, a } = serving("fence");
    a.holds.add("fence");
    here.give(a, { type: "clockGap", gapMs: 1_500 });
    here.give(a, { type: "fenceFailed", because: "no way" });
    expect(effects(a, "page").at(-1)).toMatchObject({ reason: "FenceFailed" });
    expect(effects(a, "fence")).toHaveLength(1);
    here.pass(3_000);
    expect(effects(a, "fence")).toHaveLength(2);
    expect(a.state.data.kind).toBe("fencing");
  });

  test("that is not answered is not asked for twice: one answer is one fencing", () => {
    const { here, a } = serving("fence");
    a.holds.add("fence");
    here.give(a, { type: "clockGap", gapMs: 1_500 });
    here.pass(40_000, () => here.answer(a));
    expect(effects(a, "fence")).toHaveLength(1);
    expect(effects(a, "promote")).toHaveLength(0);
  });

  test.each<Happening>([{ type: "fenced" }, { type: "fenceFailed", because: "late" }])(
    "%o that nobody waits for changes nothing",
    (happening) => {
      const { here, a } = serving("fence");
      const before = a.state;
      here.give(a, happening);
      expect(a.state).toBe(before);
    },
  );
});

test("a tick at which nothing is due gives the very same state", () => {
  const { here, a, b } = serving("fence");
  here.nowMs += 1;
  for (const actor of [a, b]) {
    const before = actor.state;
    here.give(actor, tick);
    expect(actor.state).toBe(before);
  }
});
