/** The guards of *Standing back* on the side that asks (ADR 25): each has a test that fails without it. */
import { describe, expect, test } from "vitest";
import type { WitnessLossPolicy } from "./group.ts";
import type { PeerMessage } from "./message.ts";
import { type Actor, clearRecord, deliver, type Stage, serving, stage } from "./rehearsal.ts";
import { effects } from "./rehearsal-effects.ts";
import { hear, saidKinds } from "./rehearsal-standby.ts";
import type { AgentState } from "./state.ts";

const untilOf = ({ state: { authority } }: Actor): number =>
  authority.kind === "none" ? 0 : authority.untilAtMs;

/** Region a serves, its witness fell silent, and it has just asked its peer for the first time. */
function asking(onWitnessLoss: Exclude<WitnessLossPolicy, "fence">) {
  const scene = serving(onWitnessLoss);
  const { here, a } = scene;
  while (!saidKinds(a).includes("ask")) here.pass(1_000);
  const ask = a.said.at(-1);
  if (ask?.kind !== "ask") throw new Error("it did not ask");
  const { policy, epoch, round, seq } = ask;
  const consent: PeerMessage & { kind: "consent" } = {
    kind: "consent",
    policy,
    epoch,
    round,
    seq,
  };
  return { ...scene, ask, consent, askedAtMs: here.nowMs };
}

/** The witness answers again, until a renewal was confirmed and the round is given back. */
function comeBack(here: Stage, a: Actor): void {
  while (!a.state.peer.isGivingBack) here.pass(500, () => here.answer(a));
}

/** Region a was given its peer's consent. */
function stoodBack(onWitnessLoss: Exclude<WitnessLossPolicy, "fence">) {
  const scene = asking(onWitnessLoss);
  hear(scene.here, scene.a, scene.consent);
  return scene;
}

describe("a round", () => {
  test("is opened when the witness falls silent, and asked in when it is durable", () => {
    const { here, a } = serving("sticky");
    a.holds.add("store");
    here.pass(15_000);
    expect(a.state.pending).toMatchObject({ purpose: "openRound" });
    expect(a.said).toEqual([]);
    const version = a.state.pending?.record.version ?? 0;
    here.give(a, { type: "stored", version });
    expect(saidKinds(a)).toEqual(["ask"]);
    expect(a.said[0]).toMatchObject({ epoch: 1, round: 1, policy: "sticky", sync: "in_sync" });
  });

  test("is not asked in when it could not be stored", () => {
    const { here, a } = serving("sticky");
    a.holds.add("store");
    here.pass(15_000);
    here.give(a, { type: "storeFailed", version: a.state.pending?.record.version ?? 0 });
    here.pass(1_000);
    expect(a.said).toEqual([]);
    expect(effects(a, "page").at(-1)).toMatchObject({ reason: "RecordNotDurable" });
  });

  test("is never opened where the group fences instead", () => {
    const { here, a } = serving("fence");
    here.pass(60_000);
    expect(a.said).toEqual([]);
    expect(a.state.data.kind).toBe("fenced");
  });

  test("is asked in again and again, with numbers of their own", () => {
    const { here, a } = asking("sticky");
    here.pass(5_000);
    const seqs = a.said.flatMap((message) => (message.kind === "ask" ? [message.seq] : []));
    expect(seqs.length).toBeGreaterThan(1);
    expect(new Set(seqs).size).toBe(seqs.length);
  });

  test("is never opened by a region without authority", () => {
    const here = stage("sticky");
    const a = here.actor("a");
    a.record = clearRecord;
    here.restart(a);
    here.pass(60_000);
    expect(a.said).toEqual([]);
  });
});

describe("a consent gives authority without the witness", () => {
  test("for as long as the agent lives, and no longer after that than a lease", () => {
    const { here, a } = stoodBack("sticky");
    expect(a.state.authority).toMatchObject({ kind: "sticky", epoch: 1, round: 1 });
    here.pass(3_600_000);
    expect(a.state.data.kind).toBe("serving");
    expect(untilOf(a)).toBe(here.nowMs + 20_000);
    expect(effects(a, "setWatchdog").at(-1)?.tenure?.untilAtMs).toBe(here.nowMs + 20_000);
  });

  test.each<[string, Partial<PeerMessage & { kind: "consent" }>]>([
    ["of another round", { round: 2 }],
    ["of another epoch", { epoch: 2 }],
    ["of another policy", { policy: "peerArbiter" }],
    ["to a question that was not asked", { seq: 99 }],
  ])("but not one %s", (_, change) => {
    const { here, a, consent } = asking("sticky");
    hear(here, a, { ...consent, ...change });
    expect(a.state.authority.kind).toBe("lease");
  });

  test("but not one that comes when authority is over", () => {
    const { here, a, consent } = asking("sticky");
    here.pass(30_000);
    expect(a.state.authority.kind).toBe("none");
    hear(here, a, consent);
    expect(a.state.authority.kind).toBe("none");
  });

  test("but not one of the process before it", () => {
    const { here, a, consent } = asking("sticky");
    here.restart(a);
    hear(here, a, consent);
    expect(a.state.authority.kind).toBe("lease");
  });

  test("but not one that comes while the next round is being opened", () => {
    const { here, a, consent } = asking("sticky");
    here.restart(a);
    a.holds.add("store");
    here.pass(5_000);
    expect(a.state.pending).toMatchObject({ purpose: "openRound" });
    hear(here, a, consent);
    expect(a.state.authority.kind).toBe("lease");
  });

  test("but not one that comes after the round was given back", () => {
    const { here, a, consent } = asking("sticky");
    comeBack(here, a);
    expect(saidKinds(a)).toContain("giveBack");
    hear(here, a, consent);
    expect(a.state.authority.kind).toBe("lease");
  });
});

// Each of these alone would do; should another one fail some day, it stands.
describe("a consent is nothing, although the question still stands there,", () => {
  test.each<[string, (state: AgentState) => Partial<AgentState>]>([
    ["without authority", () => ({ authority: { kind: "none" }, data: { kind: "fenced" } })],
    [
      "when this process asks in no round",
      ({ peer }) => ({ peer: { ...peer, roundAsked: null, nextSendAtMs: Number.MAX_VALUE } }),
    ],
    [
      "when another round is open",
      ({ record }) => ({
        record: record?.open ? { ...record, open: { ...record.open, round: 2 } } : null,
      }),
    ],
  ])("%s", (_, change) => {
    const { here, a, consent } = asking("sticky");
    a.state = { ...a.state, ...change(a.state) };
    hear(here, a, consent);
    expect(a.state.authority.kind).not.toBe("sticky");
  });
});

describe("an arbiter's round", () => {
  test("caps authority from its first question, whatever the witness confirms after", () => {
    const { here, a, askedAtMs } = asking("peerArbiter");
    expect(untilOf(a)).toBeLessThanOrEqual(askedAtMs + 20_000);
    here.pass(12_000, () => here.answer(a));
    expect(untilOf(a)).toBe(askedAtMs + 20_000);
  });

  test("keeps the cap of its first question when a later round is opened", () => {
    const { here, a, askedAtMs } = asking("peerArbiter");
    comeBack(here, a);
    while (a.state.record?.open?.round !== 2 && here.nowMs < askedAtMs + 18_000) here.pass(500);
    comeBack(here, a);
    expect(a.state.record?.open?.round).toBe(2);
    expect(untilOf(a)).toBeLessThanOrEqual(askedAtMs + 20_000);
  });

  test("grants from the sending of the question that is answered", () => {
    const { here, a, consent, askedAtMs } = asking("peerArbiter");
    here.pass(2_000);
    hear(here, a, consent);
    expect(a.state.authority).toMatchObject({ kind: "granted", untilAtMs: askedAtMs + 20_000 });
  });

  test("is not extended by the answer to an older question", () => {
    const { here, a, consent } = asking("peerArbiter");
    here.pass(6_000);
    const latest = a.said.at(-1);
    const seq = latest?.kind === "ask" ? latest.seq : 0;
    hear(here, a, { ...consent, seq });
    const until = untilOf(a);
    hear(here, a, consent);
    expect(untilOf(a)).toBe(until);
  });

  test("ends when the peer grants no more", () => {
    const { here, a, askedAtMs } = stoodBack("peerArbiter");
    here.pass(askedAtMs + 20_000 - here.nowMs);
    expect(a.state.authority.kind).toBe("none");
  });

  test("needs the grant and the lease until the peer gave it back", () => {
    const { here, a, consent, askedAtMs } = stoodBack("peerArbiter");
    here.pass(8_000, () => here.answer(a));
    expect(saidKinds(a)).toContain("giveBack");
    expect(untilOf(a)).toBe(askedAtMs + 20_000);
    const { epoch, round } = consent;
    hear(here, a, { kind: "givenBack", epoch, round });
    here.answer(a);
    expect(a.state.authority.kind).toBe("lease");
    expect(untilOf(a)).toBeGreaterThan(askedAtMs + 20_000);
    expect(a.state.record?.open).toBeNull();
  });

  test("that is closed without a grant is renewed at once, because nothing caps it any more", () => {
    const { here, a, consent } = asking("peerArbiter");
    comeBack(here, a);
    expect(a.state.witness.call).toBeNull();
    const { epoch, round } = consent;
    hear(here, a, { kind: "givenBack", epoch, round });
    expect(a.state.witness.call?.request?.op).toBe("renew");
  });

  test("lets commits go on waiting, because the arbiter was told that they do", () => {
    const { here, a } = stoodBack("peerArbiter");
    a.measures = null;
    a.state = { ...a.state, sync: { ...a.state.sync, recorded: "degraded" } };
    a.done.length = 0;
    const facts = a.state.facts;
    const services = (facts?.services ?? []).map(
      (service) => ({ ...service, sync: "stalled" }) as const,
    );
    here.give(a, { type: "measured", facts: { atMs: here.nowMs, services, notReady: [] } });
    expect(effects(a, "setSync")).toEqual([]);
  });
});

describe("a round is given back", () => {
  test("only when a renewal was confirmed and is live", () => {
    const { here, a } = stoodBack("sticky");
    here.pass(20_000);
    a.said.length = 0;
    while (a.state.witness.call === null) here.pass(500);
    // The answer takes longer than the authority that it gives.
    const call = a.state.witness.call;
    a.state = {
      ...a.state,
      witness: { ...a.state.witness, call: { ...call, sentAtMs: here.nowMs - 20_000 } },
    };
    here.answer(a);
    expect(saidKinds(a)).not.toContain("giveBack");
    expect(a.state.authority.kind).toBe("sticky");
    here.pass(3_000, () => here.answer(a));
    expect(saidKinds(a)).toContain("giveBack");
    expect(a.state.authority.kind).toBe("lease");
  });

  test("and stays open until the peer says so, in every store", () => {
    const { here, a, consent } = stoodBack("sticky");
    here.pass(12_000, () => here.answer(a));
    expect(a.state.record?.open).not.toBeNull();
    expect(saidKinds(a).filter((kind) => kind === "giveBack").length).toBeGreaterThan(1);
    const { epoch, round } = consent;
    hear(here, a, { kind: "givenBack", epoch, round: round + 1 });
    expect(a.state.record?.open).not.toBeNull();
    a.holds.add("store");
    hear(here, a, { kind: "givenBack", epoch, round });
    expect(a.state.record?.open).not.toBeNull();
    here.give(a, { type: "stored", version: a.state.pending?.record.version ?? 0 });
    expect(a.state.record?.open).toBeNull();
  });

  test("and a new one is opened when the witness falls silent meanwhile", () => {
    const { here, a } = stoodBack("sticky");
    comeBack(here, a);
    expect(a.state.authority.kind).toBe("lease");
    here.pass(16_000);
    expect(a.state.record?.open).toMatchObject({ round: 2 });
  });

  test("also by a region without any right, once everything is fenced", () => {
    const { here, a } = asking("sticky");
    a.holds.add("fence");
    here.pass(30_000);
    a.said.length = 0;
    here.pass(6_000, () => here.answer(a));
    expect(saidKinds(a)).toEqual([]);
    here.give(a, { type: "fenced" });
    expect(saidKinds(a)).toContain("giveBack");
  });

  test("once more to a peer that consents to what is over, but not while a tenure rests on it", () => {
    const { here, a, b, consent } = stoodBack("sticky");
    here.restart(a);
    here.pass(6_000);
    expect(a.state.record?.open).toMatchObject({ round: 2 });
    a.said.length = 0;
    hear(here, a, consent);
    expect(saidKinds(a)).toEqual([]);
    here.pass(60_000);
    a.said.length = 0;
    hear(here, a, consent);
    expect(saidKinds(a)).toEqual(["giveBack"]);
    deliver(here, a, b, "giveBack");
  });
});

describe("an open round of a region without authority", () => {
  const orphan = (note: object, epoch: number) => {
    const here = stage("sticky");
    const a = here.actor("a");
    a.record = { ...clearRecord, open: { policy: "sticky", epoch: 1, round: 1 } };
    here.witness = {
      ...here.witness,
      epoch,
      rev: 5,
      holder: "b",
      instance: "b1",
      ttlMs: 30_000,
      note: { ...note },
    };
    here.restart(a);
    here.pass(6_000, () => here.answer(a));
    return a;
  };

  test("is closed when the peer uses a later epoch", () => {
    expect(orphan({ region: "b", isUsed: true }, 2).state.record?.open).toBeNull();
  });

  test.each([
    ["that the peer was only granted: it may not know of it", { region: "b", isUsed: false }, 2],
    ["of this region itself", { region: "a", isUsed: true }, 2],
  ])("stays open at a later epoch %s", (_, note, epoch) => {
    expect(orphan(note, epoch).state.record?.open).not.toBeNull();
  });

  test("stays open at its own epoch", () => {
    expect(orphan({ region: "b", isUsed: true }, 1).state.record?.open).not.toBeNull();
  });
});

test("a holder that hears of a later epoch from its peer fences", () => {
  const { here, a } = stoodBack("sticky");
  hear(here, a, { kind: "ask", policy: "sticky", epoch: 2, round: 1, seq: 1, sync: "none" });
  expect(a.state.authority.kind).toBe("none");
  expect(effects(a, "fence")).toHaveLength(1);
});
