import { expect, test } from "vitest";
import { applyLease } from "../lease/apply.ts";
import type { PeerMessage } from "./message.ts";
import {
  type Actor,
  clearRecord,
  deliver,
  factsOf,
  type Stage,
  serving,
  stage,
  writers,
} from "./rehearsal.ts";

/** Everything of that kind that one said reaches the other now. */
function deliverAll(here: Stage, from: Actor, to: Actor, kind: PeerMessage["kind"]): void {
  const found = from.said.filter((message) => message.kind === kind);
  for (const message of found) here.give(to, { type: "peerSaid", message });
}

/** Lets time pass while only that region reaches the witness, and tells how many could write at the worst moment. */
function mostWriters(here: Stage, ms: number, reached: Actor, ...actors: readonly Actor[]): number {
  let most = 0;
  here.pass(ms, () => {
    here.answer(reached);
    most = Math.max(most, writers(here, ...actors).length);
  });
  return most;
}

const silent = 14_000; // So long after a renewal a holder whose witness is silent has asked its peer.

test("a late consent does not make a restarted holder free the peer on whose promise it still rests", () => {
  const { here, a, b } = serving("sticky");
  here.pass(silent, () => here.answer(b));
  deliver(here, a, b, "ask");
  const late = b.said.at(-1);
  deliver(here, b, a, "consent");
  expect(a.state.authority.kind).toBe("sticky");
  mostWriters(here, 40_000, b, a, b);
  here.restart(a);
  mostWriters(here, 8_000, b, a, b);
  expect(a.state.record?.open?.round).toBe(2);
  a.said.length = 0;
  if (late !== undefined) here.give(a, { type: "peerSaid", message: late });
  deliverAll(here, a, b, "giveBack");
  expect(mostWriters(here, 20_000, b, a, b)).toBe(1);
});

test("the cap of a first round outlives the opening of a second one", () => {
  const { here, a, b } = serving("peerArbiter");
  while (a.state.peer.capAtMs === null) here.pass(1_000);
  // b becomes the arbiter; its consent, and everything that a says after that, is lost.
  deliver(here, a, b, "ask", "oldest");
  const firstCapMs = a.state.peer.capAtMs;
  while (a.state.witness.call === null) here.pass(500);
  here.answer(a);
  expect(a.state.peer.isGivingBack).toBe(true);
  // The witness falls silent again, and comes back when a second round was opened.
  while (a.state.record?.open?.round !== 2) here.pass(500);
  here.pass(500);
  let latestMs = 0;
  here.pass(40_000, () => {
    here.answer(a);
    if (writers(here, a).length > 0) latestMs = here.nowMs;
  });
  expect(a.state.record?.roundIssued).toBe(2);
  expect(latestMs).toBeLessThan(firstCapMs);
});

test("a region is free of every round up to the one that is given back, and of no later one", () => {
  const here = stage("sticky");
  const b = here.actor("b");
  b.record = { ...clearRecord, promise: { policy: "sticky", epoch: 1, round: 2 } };
  here.restart(b);
  const promiseAfter = (round: number) => {
    const message: PeerMessage = { kind: "giveBack", epoch: 1, round };
    here.give(b, { type: "peerSaid", message });
    return b.state.record?.promise?.round ?? null;
  };
  expect(promiseAfter(1)).toBe(2);
  expect(b.said).toEqual([]);
  expect(promiseAfter(3)).toBeNull();
  expect(b.said.at(-1)).toEqual({ kind: "givenBack", epoch: 1, round: 3 });
  // A question of a round that was given back comes too late.
  for (const round of [2, 3, 4]) {
    const message: PeerMessage = {
      kind: "ask",
      policy: "sticky",
      epoch: 1,
      round,
      seq: 1,
      sync: "none",
    };
    here.give(b, { type: "peerSaid", message });
    expect(b.state.record?.promise?.round ?? null).toBe(round === 4 ? 4 : null);
  }
});

test("who took an epoch without the witness clears nobody and gives nothing back, also after it crashed", () => {
  const { here, a, b } = serving("peerArbiter");
  here.pass(silent);
  deliver(here, a, b, "ask");
  here.pass(40_000);
  expect(b.state.authority.kind).toBe("own");
  const { open } = a.state.record ?? clearRecord;
  for (const tenure of [undefined, null] as const) {
    if (tenure === null) here.restart(b, { tenure });
    b.said.length = 0;
    here.give(b, { type: "peerSaid", message: { kind: "clearAsk", nonce: "n", epochSeen: 1 } });
    expect(b.said.at(-1)).toMatchObject({ kind: "clear", outstanding: "some", epochSeen: 1_002 });
    const giveBack: PeerMessage = { kind: "giveBack", epoch: 1, round: open?.round ?? 0 };
    here.give(b, { type: "peerSaid", message: giveBack });
    expect(b.said.at(-1)?.kind).toBe("clear");
  }
});

test("after it said that nothing is outstanding, a region answers no question that is older than that", () => {
  const here = stage("peerArbiter");
  const b = here.actor("b");
  b.record = { ...clearRecord, epochSeen: 3 };
  here.restart(b);
  here.give(b, { type: "peerSaid", message: { kind: "clearAsk", nonce: "n", epochSeen: 3 } });
  expect(b.said.at(-1)).toMatchObject({ kind: "clear", outstanding: "none" });
  const ask = { kind: "ask", policy: "peerArbiter", round: 9, seq: 1, sync: "none" } as const;
  here.give(b, { type: "peerSaid", message: { ...ask, epoch: 3 } });
  expect(b.state.record?.promise).toBeNull();
  here.give(b, { type: "peerSaid", message: { ...ask, epoch: 4 } });
  expect(b.state.record?.promise).toEqual({ policy: "peerArbiter", epoch: 4, round: 9 });
});

/** An agent alone that asks for the lease, which nobody ever held. */
function acquiring(): { readonly here: Stage; readonly a: Actor } {
  const here = stage("sticky");
  const a = here.actor("a");
  a.record = { ...clearRecord, epochSeen: 0 };
  a.measures = (atMs) => factsOf("writable", atMs);
  here.restart(a);
  here.give(a, { type: "measured", facts: factsOf("writable", here.nowMs) });
  for (let i = 0; i < 20 && a.calls.at(-1)?.request?.op !== "acquire"; i++) {
    if (!here.answer(a)) here.pass(1_000);
  }
  expect(a.calls.at(-1)?.request?.op).toBe("acquire");
  return { here, a };
}

test("an answer that was waited for over a clock gap gives no authority: nobody knows when it was asked", () => {
  const { here, a } = acquiring();
  const call = a.calls.at(-1);
  here.give(a, { type: "clockGap", gapMs: 60_000 });
  const request = call?.request ?? null;
  if (call === undefined || request === null) throw new Error("it asked");
  const reply = applyLease(here.witness, request, here.nowMs);
  here.give(a, { type: "witnessReplied", reqId: call.reqId, reply });
  expect(writers(here, a)).toEqual([]);
});

test("a region with authority of its own goes back to a lease without an interruption", () => {
  const { here, a, b } = serving("peerArbiter");
  here.pass(silent);
  deliver(here, a, b, "ask");
  here.pass(40_000);
  expect(b.state.data.kind).toBe("serving");
  b.done.length = 0;
  here.pass(60_000, () => here.answer(b));
  expect(b.done.filter(({ type }) => type === "fence")).toEqual([]);
  expect(b.state.authority).toMatchObject({ kind: "lease", epoch: 1_003 });
  expect(b.state.record).toMatchObject({ epochSeen: 1_003, epochOwn: null });
});

test.each(["unknown", "refused", "held"] as const)(
  "an acquire that comes back as %s is not repeated at once",
  (outcome) => {
    const { here, a } = acquiring();
    let acquires = 0;
    for (let i = 0; i < 10; i++) {
      const call = a.calls.at(-1);
      if (call?.request?.op !== "acquire") break;
      acquires++;
      a.calls.length = 0;
      here.nowMs += 1;
      const { reqId } = call;
      const held = { ok: false, code: "held", record: here.witness } as const;
      if (outcome === "held") here.give(a, { type: "witnessReplied", reqId, reply: held });
      else here.give(a, { type: "witnessFailed", reqId, outcome });
    }
    expect(acquires).toBe(1);
  },
);

test("a store that fails is tried again after a pause, and nobody takes the lease meanwhile", () => {
  const { here, a, b } = serving("sticky");
  a.holds.add("store");
  here.pass(silent, () => here.answer(b));
  const asked = () => a.done.filter(({ type }) => type === "store").length;
  const before = asked();
  for (let i = 0; i < 10; i++) {
    const version = a.state.pending?.record.version;
    if (version !== undefined) here.give(a, { type: "storeFailed", version });
  }
  expect(asked()).toBe(before);
  expect(a.said).toEqual([]);
});

test("a promotion that fails is asked again after a pause, and pages once", () => {
  const { here, a } = acquiring();
  a.holds.add("promote");
  here.answer(a);
  const because = "disk full";
  for (let i = 0; i < 20; i++) {
    here.give(a, { type: "promoteFailed", service: "ledger", epoch: 1, because });
    here.nowMs += 100;
  }
  expect(a.done.filter(({ type }) => type === "promote")).toHaveLength(1);
  expect(a.done.filter(({ type }) => type === "page")).toHaveLength(1);
});

test("fencing is never asked for twice at a time, however long it takes", () => {
  const { here, a, b } = serving("fence");
  a.holds.add("fence");
  here.pass(60_000, () => here.answer(b));
  expect(a.state.data.kind).toBe("fencing");
  const fences = () => a.done.filter(({ type }) => type === "fence").length;
  expect(fences()).toBe(1);
  here.give(a, { type: "fenceFailed", because: "it hangs" });
  here.pass(5_000);
  expect(fences()).toBe(2);
});

test("who is disarmed while the record is being written stays disarmed", () => {
  const here = stage("sticky");
  const b = here.actor("b");
  here.restart(b);
  b.holds.add("store");
  const ask = { kind: "ask", policy: "sticky", epoch: 1, round: 1, seq: 1, sync: "none" } as const;
  here.give(b, { type: "peerSaid", message: ask });
  expect(b.state.pending?.purpose).toBe("promise");
  const wish = { kind: "disarm", because: "works on the racks" } as const;
  here.give(b, { type: "personSaid", wish });
  b.holds.delete("store");
  here.give(b, { type: "stored", version: b.state.pending?.record.version ?? 0 });
  here.pass(1_000);
  expect(b.state.record).toMatchObject({ armed: false, promise: { round: 1 } });
});

test("people take over from a holder that died while its peer was bound, also when the witness is back", () => {
  const { here, a, b } = serving("sticky");
  here.pass(silent, () => here.answer(b));
  deliver(here, a, b, "ask");
  // a is gone for good; b sees its lease run out and may not take it.
  here.pass(120_000, () => here.answer(b));
  expect(writers(here, b)).toEqual([]);
  const common = { group: "shop", action: "takeOverWithoutWitness", expectedEpoch: 1 } as const;
  for (const person of ["ada", "grace"]) {
    const approval = {
      ...common,
      person,
      nonce: person,
      maxLossBytes: 0,
      expiresAtMs: here.nowMs + 600_000,
    };
    here.give(b, { type: "approved", approval });
  }
  const wish = { kind: "takeOver", withoutWitness: true, peerIsFenced: true } as const;
  here.give(b, { type: "personSaid", wish });
  here.pass(1_000, () => here.answer(b));
  expect(b.state.authority).toMatchObject({ kind: "own", by: "person", epoch: 1_002 });
});

test("an arbiter takes over only when the peer's last question said that its commits wait", () => {
  for (const sync of ["in_sync", "degraded"] as const) {
    const { here, a, b } = serving("peerArbiter");
    here.pass(silent);
    const ask = a.said.findLast(({ kind }) => kind === "ask");
    if (ask?.kind !== "ask") throw new Error("it asked");
    here.give(b, { type: "peerSaid", message: { ...ask, sync } });
    here.pass(60_000);
    expect(b.state.authority.kind).toBe(sync === "in_sync" ? "own" : "none");
  }
});

test("commits go on waiting while an arbiter may take over, whatever the witness confirmed", () => {
  for (const policy of ["sticky", "peerArbiter"] as const) {
    const { here, a, b } = serving(policy);
    here.pass(silent);
    deliver(here, a, b, "ask");
    deliver(here, b, a, "consent");
    a.measures = (atMs) => factsOf("writable", atMs, { sync: "stalled" });
    a.done.length = 0;
    // The witness is back and confirms `degraded`; the peer does not hear that it is free.
    here.pass(12_000, () => here.answer(a));
    const relaxed = a.done.filter((effect) => effect.type === "setSync");
    expect(a.state.sync.recorded).toBe("degraded");
    expect(relaxed.some((effect) => effect.sync === "relaxed")).toBe(policy === "sticky");
  }
});

test("a witness that lost its memory is noticed, paged once, and nothing is taken from it", () => {
  // Nothing of this group is precious, so nothing else keeps b from taking it.
  const cache = { name: "ledger", kind: "valkey", mayLose: "everything", after: [] } as const;
  const { here, b } = serving("fence", { services: [cache] });
  b.done.length = 0;
  here.witness = { ...here.witness, epoch: 0, rev: 0, holder: null, instance: null, note: {} };
  here.pass(120_000, () => here.answer(b));
  expect(writers(here, b)).toEqual([]);
  const pages = b.done.filter((effect) => effect.type === "page");
  expect(pages.map(({ reason }) => reason)).toEqual(["WitnessLostMemory"]);
});

test("a round is not over because the peer was granted an epoch, but because it uses it", () => {
  const { here, a, b } = serving("peerArbiter");
  here.pass(silent);
  here.pass(20_000);
  expect(a.state.record?.open).not.toBeNull();
  const { self: holder } = b.context;
  const granted = { ...here.witness, epoch: 2, rev: here.witness.rev + 1, holder };
  here.witness = { ...granted, note: { region: "b", isUsed: false } };
  here.pass(15_000, () => here.answer(a));
  expect(a.state.record?.open).not.toBeNull();
  here.witness = { ...granted, rev: granted.rev + 1, note: { region: "b", isUsed: true } };
  here.pass(15_000, () => here.answer(a));
  expect(a.state.record?.open).toBeNull();
});

test("a promise is over when the peer took a later epoch at the witness", () => {
  const { here, a, b } = serving("sticky");
  here.pass(silent, () => here.answer(b));
  deliver(here, a, b, "ask");
  expect(b.state.record?.promise).not.toBeNull();
  here.witness = { ...here.witness, epoch: 2, rev: here.witness.rev + 1 };
  here.pass(15_000, () => here.answer(b));
  expect(b.state.record?.promise).toBeNull();
});

test("a switchover that the witness can not take is given up, and the region serves again", () => {
  const { here, a, b } = serving("sticky");
  here.pass(silent, () => here.answer(b));
  a.holds.add("fence");
  here.give(a, { type: "personSaid", wish: { kind: "switchover" } });
  expect(a.state.data.kind).toBe("fencing");
  deliver(here, a, b, "ask");
  deliver(here, b, a, "consent");
  expect(a.state.authority.kind).toBe("sticky");
  a.holds.delete("fence");
  here.give(a, { type: "fenced" });
  here.pass(2_000);
  expect(a.state.data.kind).toBe("serving");
});

test("a consent that comes after authority ended gives nothing", () => {
  const { here, a, b } = serving("sticky");
  here.pass(silent, () => here.answer(b));
  deliver(here, a, b, "ask");
  here.pass(10_000);
  expect(writers(here, a)).toEqual([]);
  deliver(here, b, a, "consent");
  expect(writers(here, a)).toEqual([]);
});

test("a holder that hears of a later epoch from its peer fences", () => {
  const { here, a, b } = serving("sticky");
  const ask = { kind: "ask", policy: "sticky", epoch: 2, round: 1, seq: 1, sync: "none" } as const;
  here.give(a, { type: "peerSaid", message: ask });
  expect(writers(here, a, b)).toEqual([]);
  expect(a.done.some(({ type }) => type === "fence")).toBe(true);
});
