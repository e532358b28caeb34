/** The guards of *Restart* (ADR 25): each has a test that fails without it. */
import { describe, expect, test } from "vitest";
import type { PeerMessage } from "./message.ts";
import type { AgentRecord, OpenRound, RecordCopy } from "./record.ts";
import { type Actor, clearRecord, factsOf, serving, stage } from "./rehearsal.ts";
import { effects } from "./rehearsal-effects.ts";
import { hear } from "./rehearsal-standby.ts";
import type { Tenure } from "./watchdog.ts";

const present = (record: Partial<AgentRecord> = {}): RecordCopy => ({
  kind: "present",
  record: { ...clearRecord, ...record },
});

/** Region a starts with that. */
function start(copies: readonly RecordCopy[], tenure: Partial<Tenure> | null = null) {
  const here = stage("sticky");
  const a = here.actor("a");
  a.measures = (atMs) => factsOf("writable", atMs);
  const whole: Tenure = {
    epoch: 1,
    rev: 4,
    instance: "a0",
    round: null,
    kind: "lease",
    untilAtMs: here.nowMs + 10_000,
  };
  here.give(a, { type: "started", copies, tenure: tenure && { ...whole, ...tenure } });
  return { here, a };
}

describe("copies of the record", () => {
  test("that are the same are the record", () => {
    const { a } = start([present(), present()]);
    expect(a.state.record).toEqual(clearRecord);
  });

  test.each<[string, readonly RecordCopy[]]>([
    ["of which one is missing", [present(), { kind: "missing" }]],
    ["of which one can not be read", [{ kind: "unreadable" }, present()]],
    ["that differ in what was promised", [present(), present({ armed: false })]],
    ["that differ in their version only", [present(), present({ version: 2 })]],
    ["that are all missing", [{ kind: "missing" }]],
  ])("%s are no record: fenced and disarmed", (_, copies) => {
    const { here, a } = start(copies, {});
    expect(a.state.record).toMatchObject({ unclear: true, armed: false });
    expect(a.state.authority.kind).toBe("none");
    here.pass(90_000, () => here.answer(a));
    expect(effects(a, "promote")).toEqual([]);
  });
});

describe("a process that starts", () => {
  test("without a tenure begins fenced", () => {
    const { a } = start([present()]);
    expect(a.state.authority.kind).toBe("none");
    expect(effects(a, "fence")).toHaveLength(1);
  });

  test.each([
    ["that is over", { untilAtMs: 1_000_000 }],
    ["of an epoch below one that is remembered", { epoch: 0 }],
  ])("with a tenure %s begins fenced", (_, tenure) => {
    const { a } = start([present({ epochHeld: 1 })], tenure);
    expect(a.state.authority.kind).toBe("none");
    expect(effects(a, "fence")).toHaveLength(1);
    expect(effects(a, "promote")).toEqual([]);
  });

  test("without a record leaves a live tenure with the watchdog, ended, until everything is fenced", () => {
    const here = stage("sticky");
    const a = here.actor("a");
    a.holds.add("fence");
    const tenure: Tenure = {
      epoch: 1,
      rev: 4,
      instance: "a0",
      round: null,
      kind: "lease",
      untilAtMs: here.nowMs + 10_000,
    };
    here.give(a, { type: "started", copies: [{ kind: "missing" }], tenure });
    expect(effects(a, "setWatchdog")).toMatchObject([{ tenure: { untilAtMs: here.nowMs } }]);
    here.give(a, { type: "fenced" });
    expect(effects(a, "setWatchdog").at(-1)?.tenure).toBeNull();
  });

  test("takes up a live tenure at its old deadline, and asks nobody to stop", () => {
    const { here, a } = start([present()], {});
    expect(a.state.authority).toMatchObject({ kind: "lease", untilAtMs: here.nowMs + 10_000 });
    expect(a.state.data.kind).toBe("serving");
    expect(effects(a, "fence")).toEqual([]);
    here.pass(9_000);
    expect(a.state.authority).toMatchObject({ untilAtMs: 1_010_000 });
    here.pass(1_000);
    expect(a.state.authority.kind).toBe("none");
  });

  test("extends it by a renewal that is sent and answered before that, in its own name", () => {
    const { here, a } = serving("sticky");
    here.restart(a);
    expect(a.calls.at(-1)?.request).toMatchObject({ op: "renew", instance: a.state.instance });
    const sentAtMs = here.nowMs;
    here.nowMs += 1_000;
    here.answer(a);
    expect(a.state.authority).toMatchObject({ untilAtMs: sentAtMs + 20_000 });
  });

  test.each<[string, Partial<Tenure>, OpenRound | null, string]>([
    ["sticky", { kind: "sticky", round: 2 }, { policy: "sticky", epoch: 1, round: 2 }, "lease"],
    [
      "granted",
      { kind: "granted", round: 2 },
      { policy: "peerArbiter", epoch: 1, round: 2 },
      "granted",
    ],
    [
      "of the witness, while a round of an arbiter is open",
      { kind: "lease" },
      { policy: "peerArbiter", epoch: 1, round: 2 },
      "granted",
    ],
  ])("does not move on a tenure that was %s", (_, tenure, open, kind) => {
    const { here, a } = start([present({ open })], tenure);
    expect(a.state.authority).toMatchObject({ kind, untilAtMs: here.nowMs + 10_000 });
    here.pass(9_000);
    expect(a.state.authority).toMatchObject({ kind, untilAtMs: 1_010_000 });
    here.pass(1_000);
    expect(a.state.authority.kind).toBe("none");
  });

  test("needs grant and lease for a tenure that an arbiter may have granted", () => {
    const { here, a } = serving("peerArbiter");
    const round: OpenRound = { policy: "peerArbiter", epoch: 1, round: 2 };
    a.record = a.record && { ...a.record, open: round };
    const untilAtMs = a.tenure?.untilAtMs ?? 0;
    here.restart(a);
    here.answer(a);
    expect(a.state.authority).toMatchObject({ kind: "granted", untilAtMs });
  });

  test("opens a round of its own when the witness is silent, and asks in no older one", () => {
    const open: OpenRound = { policy: "sticky", epoch: 1, round: 2 };
    const { here, a } = start([present({ open, roundIssued: 2 })], { kind: "sticky", round: 2 });
    here.pass(8_000);
    const asked = a.said.flatMap((message) => (message.kind === "ask" ? [message.round] : []));
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(asked)).toEqual(new Set([3]));
  });

  test("goes on moving an epoch of its own, whose peer is bound", () => {
    const { here, a } = start([present({ epochOwn: 1, epochHeld: 1 })], { kind: "own" });
    here.pass(60_000);
    expect(a.state.authority).toMatchObject({ kind: "own", untilAtMs: here.nowMs + 20_000 });
  });
});

describe("an agent without memory", () => {
  const forgot = (parts: Partial<AgentRecord> = {}) => {
    const scene = start([present(parts), { kind: "missing" }]);
    scene.here.witness = {
      ...scene.here.witness,
      epoch: 3,
      rev: 9,
      holder: "b",
      instance: "b1",
      ttlMs: 30_000,
    };
    return scene;
  };
  const nonceOf = ({ said }: Actor): string => {
    const asked = said.findLast((message) => message.kind === "clearAsk");
    return asked?.kind === "clearAsk" ? asked.nonce : "";
  };
  const clear = (nonce: string, outstanding: "none" | "some" | "unknown"): PeerMessage => ({
    kind: "clear",
    nonce,
    outstanding,
    epochSeen: 3,
    roundIssued: 4,
  });

  test("arms when the witness shows that nobody ever had a lease", () => {
    const { here, a } = start([{ kind: "missing" }]);
    here.pass(3_000, () => here.answer(a));
    expect(a.state.record).toMatchObject({ armed: true, unclear: false });
  });

  test("does not believe that of a witness that forgot more than it did", () => {
    const { here, a } = start([present({ epochSeen: 2 }), { kind: "missing" }]);
    here.pass(30_000, () => here.answer(a));
    expect(a.state.record?.armed).toBe(false);
  });

  test("asks its peer with the highest epoch that it can know, once it read the witness and is fenced", () => {
    const { here, a } = forgot();
    here.pass(10_000);
    expect(a.said).toEqual([]);
    here.pass(6_000, () => here.answer(a));
    expect(a.said.at(-1)).toMatchObject({ kind: "clearAsk", epochSeen: 3 });
  });

  test("does not ask before everything is fenced: the answer may free the peer", () => {
    const { here, a } = forgot();
    a.holds.add("fence");
    here.restart(a, { copies: "lost" });
    a.said.length = 0;
    here.pass(20_000, () => here.answer(a));
    expect(a.said).toEqual([]);
  });

  const late = { kind: "ask", policy: "sticky", epoch: 3, seq: 1, sync: "in_sync" } as const;

  test.each([
    ["keeps what it promised in a round that was opened after that", 5, { epoch: 3, round: 5 }],
    ["is free of a round that was over by then, whose question came late", 4, null],
  ])("arms by its peer's answer that nothing is outstanding, and %s", (_, round, promise) => {
    const { here, a } = forgot();
    here.pass(6_000, () => here.answer(a));
    hear(here, a, { ...late, round });
    hear(here, a, clear(nonceOf(a), "none"));
    expect(a.state.record).toMatchObject({ armed: true, unclear: false, epochSeen: 3 });
    if (promise === null) expect(a.state.record?.promise).toBeNull();
    else expect(a.state.record?.promise).toMatchObject(promise);
  });

  test("answers no question that comes still later, of a round that its peer said to be over", () => {
    const { here, a } = forgot();
    here.pass(6_000, () => here.answer(a));
    hear(here, a, clear(nonceOf(a), "none"));
    hear(here, a, { ...late, round: 4 });
    expect(a.state.record?.promise).toBeNull();
    hear(here, a, { ...late, round: 5 });
    expect(a.state.record?.promise).toMatchObject({ round: 5 });
  });

  test.each<[string, (nonce: string) => PeerMessage]>([
    ["that something is outstanding", (nonce) => clear(nonce, "some")],
    ["of a peer that forgot as well", (nonce) => clear(nonce, "unknown")],
    ["to another question", (nonce) => clear(`${nonce}0`, "none")],
  ])("does not arm by an answer %s", (_, message) => {
    const { here, a } = forgot();
    here.pass(6_000, () => here.answer(a));
    hear(here, a, message(nonceOf(a)));
    expect(a.state.record?.armed).toBe(false);
  });

  test("is armed by a person, who thereby voids what it promised", () => {
    const { here, a } = forgot();
    hear(here, a, { kind: "ask", policy: "sticky", epoch: 3, round: 1, seq: 1, sync: "in_sync" });
    expect(a.state.record?.promise).not.toBeNull();
    here.give(a, { type: "personSaid", wish: { kind: "rearm" } });
    expect(a.state.record).toMatchObject({
      armed: true,
      unclear: false,
      promise: null,
      givenBack: { epoch: 3, round: 1 },
    });
  });
});

describe("the question of a peer without memory", () => {
  const asked = (record: Partial<AgentRecord>, epochSeen = 3) => {
    const { here, a } = start([present({ epochSeen: 3, ...record })]);
    a.said.length = 0;
    hear(here, a, { kind: "clearAsk", nonce: "n", epochSeen });
    return a;
  };

  test.each<[string, Partial<AgentRecord>, "none" | "some" | "unknown"]>([
    ["nothing is open: none", {}, "none"],
    [
      "a round of its own is open: some",
      { open: { policy: "sticky", epoch: 3, round: 1 } },
      "some",
    ],
    ["it took an epoch without the witness: some", { epochOwn: 3 }, "some"],
    [
      "it promised in a later epoch than the peer knows of: some, for the question is old",
      { epochSeen: 4, promise: { policy: "sticky", epoch: 4, round: 1 } },
      "some",
    ],
    ["it remembers nothing itself: unknown", { unclear: true }, "unknown"],
  ])("%s", (_, record, outstanding) => {
    expect(asked(record).said).toMatchObject([{ kind: "clear", nonce: "n", outstanding }]);
  });

  test.each(["sticky", "peerArbiter"] as const)(
    "frees a %s promise that the peer forgot, and every older question of it, in every store",
    (policy) => {
      const { here, a } = start([
        present({ epochSeen: 3, promise: { policy, epoch: 3, round: 4 } }),
      ]);
      a.said.length = 0;
      a.holds.add("store");
      hear(here, a, { kind: "clearAsk", nonce: "n", epochSeen: 3 });
      expect(a.said).toEqual([]);
      here.give(a, { type: "stored", version: a.state.pending?.record.version ?? 0 });
      expect(a.said).toMatchObject([{ kind: "clear", outstanding: "none" }]);
      expect(a.state.record?.promise).toBeNull();
      a.holds.clear();
      hear(here, a, { kind: "ask", policy, epoch: 3, round: 9, seq: 1, sync: "in_sync" });
      expect(a.said).toHaveLength(1);
      hear(here, a, { kind: "ask", policy, epoch: 4, round: 1, seq: 1, sync: "in_sync" });
      expect(a.said.at(-1)).toMatchObject({ kind: "consent", epoch: 4 });
    },
  );

  test("is not answered with none by a region that people told to take over without the witness", () => {
    const { here, a } = start([present({ epochSeen: 3 })]);
    const wish = { kind: "takeOver", withoutWitness: true, peerIsFenced: true } as const;
    here.give(a, { type: "personSaid", wish });
    a.said.length = 0;
    hear(here, a, { kind: "clearAsk", nonce: "n", epochSeen: 3 });
    expect(a.said).toMatchObject([{ kind: "clear", outstanding: "some" }]);
  });

  test("is not answered while the record is being written", () => {
    const { here, a } = start([present({ epochSeen: 3, givenBack: { epoch: 4, round: 0 } })]);
    a.said.length = 0;
    a.holds.add("store");
    hear(here, a, { kind: "ask", policy: "sticky", epoch: 4, round: 1, seq: 1, sync: "in_sync" });
    hear(here, a, { kind: "clearAsk", nonce: "n", epochSeen: 3 });
    expect(a.said).toEqual([]);
  });
});
