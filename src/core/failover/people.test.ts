/** What people ask of an agent (ADR 25, *People*): arming, closing a round, taking over without the witness. */
import { describe, expect, test } from "vitest";
import type { Approval } from "./approval.ts";
import type { PersonWish } from "./event.ts";
import type { AgentRecord } from "./record.ts";
import { type Actor, clearRecord, factsOf, type Stage, serving, stage } from "./rehearsal.ts";
import { effects } from "./rehearsal-effects.ts";
import { say, verdictOn } from "./rehearsal-wish.ts";

/** Region b follows; its witness is silent. */
function standby(record: Partial<AgentRecord> = {}) {
  const here = stage("sticky");
  const b = here.actor("b");
  b.measures = (atMs) => factsOf("standby", atMs);
  b.record = { ...clearRecord, ...record };
  here.restart(b);
  b.done.length = 0;
  return { here, b };
}

describe("a region", () => {
  test("that is disarmed acquires nothing from this moment, and it becomes durable when it can", () => {
    const { here, b } = standby();
    b.holds.add("store");
    here.witness = { ...here.witness, epoch: 1, rev: 5, note: { region: "b" } };
    say(here, b, { kind: "disarm", because: "repairs" });
    expect(b.state.disarmedBecause).toEqual(["repairs"]);
    here.pass(10_000, () => here.answer(b));
    const asked = effects(b, "callWitness").map(({ request }) => request?.op);
    expect(asked).not.toContain("acquire");
    here.give(b, { type: "stored", version: b.state.pending?.record.version ?? 0 });
    expect(b.state.record?.armed).toBe(false);
  });

  test("that is disarmed while its record is being written is disarmed after that", () => {
    const { here, b } = standby();
    b.holds.add("store");
    here.give(b, {
      type: "peerSaid",
      message: { kind: "giveBack", epoch: 1, round: 1 },
    });
    expect(b.state.pending).not.toBeNull();
    say(here, b, { kind: "disarm", because: "repairs" });
    b.holds.clear();
    here.give(b, { type: "stored", version: b.state.pending?.record.version ?? 0 });
    expect(b.state.record?.armed).toBe(false);
  });

  test("that is armed again takes part again", () => {
    const { here, b } = standby({ armed: false });
    say(here, b, { kind: "arm" });
    expect(b.state.record?.armed).toBe(true);
    say(here, b, { kind: "disarm", because: "repairs" });
    say(here, b, { kind: "arm" });
    expect(b.state).toMatchObject({ record: { armed: true }, disarmedBecause: [] });
  });

  test.each<[string, Partial<AgentRecord>, PersonWish, string]>([
    ["to arm without memory", { unclear: true }, { kind: "arm" }, "HasRecord"],
    ["to be re-armed with memory", {}, { kind: "rearm" }, "HasRecord"],
    ["to close no round", {}, { kind: "closeRound" }, "NothingToClose"],
    ["to switch over what it does not have", {}, { kind: "switchover" }, "Serving"],
    [
      "to take over unarmed",
      { armed: false },
      { kind: "takeOver", withoutWitness: false, peerIsFenced: false },
      "Armed",
    ],
    [
      "to take over without memory",
      { unclear: true },
      { kind: "takeOver", withoutWitness: true, peerIsFenced: true },
      "Armed",
    ],
  ])("refuses %s, and says why", (_, record, wish, reason) => {
    const { here, b } = standby(record);
    expect(verdictOn(here, b, wish)).toMatchObject({ kind: "refused", reason });
  });

  test("refuses what it can not write now, and says so", () => {
    const { here, b } = standby({ armed: false });
    b.holds.add("store");
    here.give(b, { type: "peerSaid", message: { kind: "giveBack", epoch: 1, round: 1 } });
    expect(verdictOn(here, b, { kind: "arm" })).toMatchObject({ reason: "RecordIsBusy" });
  });

  test("refuses to take over without the witness while its record is being written", () => {
    const { here, b } = standby();
    b.holds.add("store");
    here.give(b, { type: "peerSaid", message: { kind: "giveBack", epoch: 1, round: 1 } });
    const wish = { kind: "takeOver", withoutWitness: true, peerIsFenced: true } as const;
    expect(verdictOn(here, b, wish)).toMatchObject({ reason: "RecordIsBusy" });
  });

  test("that has authority refuses to take over", () => {
    const { here, a } = serving("sticky");
    const wish = { kind: "takeOver", withoutWitness: false, peerIsFenced: false } as const;
    expect(verdictOn(here, a, wish)).toMatchObject({ reason: "HasAuthority" });
  });

  test("closes an open round by hand, but not while it has authority", () => {
    const open = { policy: "sticky", epoch: 1, round: 1 } as const;
    const { here, b } = standby({ open });
    say(here, b, { kind: "closeRound" });
    expect(b.state.record?.open).toBeNull();
    const { here: there, a } = serving("sticky");
    a.state = { ...a.state, record: { ...clearRecord, open } };
    expect(verdictOn(there, a, { kind: "closeRound" })).toMatchObject({ kind: "refused" });
  });
});

describe("a take-over without the witness", () => {
  const promise = { policy: "sticky", epoch: 1, round: 3 } as const;
  const takeOver = (peerIsFenced = false): PersonWish => ({
    kind: "takeOver",
    withoutWitness: true,
    peerIsFenced,
  });
  const approve = (here: Stage, b: Actor, change: Partial<Approval> = {}): void => {
    for (const person of ["ada", "grace"]) {
      const approval: Approval = {
        person,
        group: "shop",
        action: "takeOverWithoutWitness",
        expectedEpoch: 1,
        maxLossBytes: Number.MAX_SAFE_INTEGER,
        expiresAtMs: here.nowMs + 3_600_000,
        nonce: person,
        ...change,
      };
      here.give(b, { type: "approved", approval });
    }
  };
  /** Region b, long after it consented, with every approval. */
  const ready = (record: Partial<AgentRecord> = { promise }) => {
    const { here, b } = standby(record);
    here.pass(40_000);
    approve(here, b);
    return { here, b };
  };

  test("is done with approvals and a standing promise", () => {
    const { here, b } = ready();
    say(here, b, takeOver());
    expect(b.state.authority).toMatchObject({ kind: "own", by: "person", epoch: 1_002 });
    expect(b.state.data.kind).toBe("serving");
    expect(b.state.record).toMatchObject({ promise: null, epochOwn: 1_002 });
    expect(b.state.wish).toBeNull();
  });

  test("is done without a promise when people state that the peer is fenced", () => {
    const { here, b } = ready({});
    say(here, b, takeOver(true));
    expect(b.state.authority.kind).toBe("own");
  });

  test("is done while the witness answers, when a dead peer's promise stands in the way", () => {
    const { here, b } = standby({ promise });
    here.witness = {
      ...here.witness,
      epoch: 1,
      rev: 5,
      holder: "a",
      instance: "a1",
      ttlMs: 30_000,
      note: { region: "a", sync: "in_sync", isUsed: true },
    };
    here.pass(40_000, () => here.answer(b));
    approve(here, b);
    say(here, b, takeOver());
    expect(b.state.data.kind).toBe("serving");
    here.pass(40_000, () => here.answer(b));
    expect(b.state.authority).toMatchObject({ kind: "lease", epoch: 1_003 });
  });

  test.each<[string, string, (here: Stage, b: Actor) => void, Partial<AgentRecord>]>([
    ["without a promise or a statement", "PeerIsBound", () => undefined, {}],
    [
      "with approvals of another epoch",
      "Approved",
      (here, b) => approve(here, b, { expectedEpoch: 2 }),
      { promise },
    ],
    [
      "with approvals of fewer bytes than may be lost",
      "Approved",
      (here, b) => approve(here, b, { maxLossBytes: 1_000_000 }),
      { promise },
    ],
    [
      "while an open round of its own binds it",
      "OpenRoundBinds",
      () => undefined,
      { promise, open: promise },
    ],
  ])("is not done %s", (_, reason, change, record) => {
    const { here, b } = ready(record);
    change(here, b);
    say(here, b, takeOver());
    expect(b.state.authority.kind).toBe("none");
    expect(b.state.lastVerdict?.reason).toBe(reason);
  });

  test("waits until nobody can act on the last consent any more", () => {
    const { here, b } = standby();
    here.pass(40_000);
    here.give(b, {
      type: "peerSaid",
      message: { kind: "ask", policy: "sticky", epoch: 1, round: 3, seq: 1, sync: "in_sync" },
    });
    approve(here, b);
    say(here, b, takeOver());
    here.pass(30_000);
    expect(b.state.authority.kind).toBe("none");
    here.pass(2_000);
    expect(b.state.authority.kind).toBe("own");
  });

  test("waits as long after a start, because a consent may have left just before", () => {
    const { here, b } = standby({ promise });
    approve(here, b);
    say(here, b, takeOver());
    here.pass(30_000);
    expect(b.state.authority.kind).toBe("none");
    here.pass(2_000);
    expect(b.state.authority.kind).toBe("own");
  });

  test("that could not be done for a while is wished no more: what was stated was true then", () => {
    const { here, b } = standby({ promise });
    say(here, b, takeOver(true));
    here.pass(63_000);
    expect(b.state.wish).toBeNull();
    approve(here, b);
    here.pass(60_000);
    expect(b.state.authority.kind).toBe("none");
  });

  test.each(["ask", "giveBack"] as const)(
    "is wished no more once the peer's agent acts (%s): what was stated of it is in doubt",
    (kind) => {
      const { here, b } = standby({ promise });
      say(here, b, takeOver(true));
      const question = { kind, ...promise, seq: 9, sync: "in_sync" } as const;
      here.give(b, { type: "peerSaid", message: question });
      approve(here, b);
      here.pass(60_000);
      expect(b.state).toMatchObject({ wish: null, authority: { kind: "none" } });
    },
  );

  test("is wished no more once the peer holds a later epoch", () => {
    const { here, b } = standby();
    say(here, b, { kind: "takeOver", withoutWitness: false, peerIsFenced: false });
    here.witness = { ...here.witness, epoch: 2, rev: 9, holder: "a", instance: "a1" };
    here.pass(3_000, () => here.answer(b));
    expect(b.state.wish).toBeNull();
  });
});

test("approvals are kept while they can count: each once, the newest few", () => {
  const { here, b } = standby();
  const approval = (nonce: string, expiresAtMs: number): Approval => ({
    person: "ada",
    group: "shop",
    action: "failover",
    expectedEpoch: 1,
    maxLossBytes: 0,
    expiresAtMs,
    nonce,
  });
  const soonMs = here.nowMs + 1_000;
  here.give(b, { type: "approved", approval: approval("soon", soonMs) });
  for (const nonce of ["n1", "n1", ...Array.from({ length: 7 }, (_, one) => `m${one}`)]) {
    here.nowMs += 1_000;
    here.give(b, { type: "approved", approval: approval(nonce, here.nowMs + 60_000) });
  }
  expect(b.state.approvals).toHaveLength(8);
  expect(b.state.approvals.map(({ nonce }) => nonce)).not.toContain("soon");
});
