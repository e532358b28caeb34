/** The guards of an arbiter (ADR 25, *Standing back*): each has a test that fails without it. */
import { describe, expect, test } from "vitest";
import type { FailoverGroup } from "./group.ts";
import type { AgentRecord, OpenRound } from "./record.ts";
import { factsOf } from "./rehearsal.ts";
import { effects } from "./rehearsal-effects.ts";
import { ask, giveBack, hear, round, saidKinds, standby } from "./rehearsal-standby.ts";

describe("an arbiter", () => {
  const arbiterRound: OpenRound = { ...round, policy: "peerArbiter" };
  /** Region b consented a moment ago. */
  const arbiter = (
    record: Partial<AgentRecord> = {},
    sync: "in_sync" | "degraded" = "in_sync",
    group: Partial<FailoverGroup> = {},
  ) => {
    const scene = standby(record, group);
    hear(scene.here, scene.b, ask({ ...arbiterRound, sync }));
    return { ...scene, atMs: scene.here.nowMs };
  };

  test("takes over when its last grant ran out for certain, and not before", () => {
    const { here, b, atMs } = arbiter();
    here.pass(atMs + 30_500 - here.nowMs);
    expect(b.state.authority.kind).toBe("none");
    here.pass(1_500);
    expect(b.state.authority).toMatchObject({ kind: "own", by: "arbiter", epoch: 1_004 });
    expect(b.state.data).toEqual({ kind: "serving", epoch: 1_004 });
  });

  test("waits anew with every answer that it gives", () => {
    const { here, b } = arbiter();
    here.pass(20_000);
    hear(here, b, ask({ ...arbiterRound, seq: 8 }));
    here.pass(29_000);
    expect(b.state.authority.kind).toBe("none");
  });

  test("waits as long after a start of its own as after a grant", () => {
    const { here, b } = arbiter();
    here.pass(20_000);
    here.restart(b);
    // It forgot what it was told of the standby, which alone would keep it from taking over.
    const { peer } = b.state;
    b.state = { ...b.state, peer: { ...peer, grantSync: "in_sync" } };
    here.pass(30_000);
    expect(b.state.authority.kind).toBe("none");
    here.pass(2_000);
    expect(b.state.authority.kind).toBe("own");
  });

  test("does not acquire at the witness", () => {
    const { here, b } = arbiter();
    here.witness = { ...here.witness, epoch: 3, rev: 9, holder: null, note: { region: "b" } };
    here.pass(25_000, () => here.answer(b));
    const asked = effects(b, "callWitness").map(({ request }) => request?.op);
    expect(asked).not.toContain("acquire");
  });

  test("takes nothing over that it was not told to be in step with", () => {
    const { here, b } = arbiter({}, "degraded");
    here.pass(90_000);
    expect(b.state.authority.kind).toBe("none");
    expect(b.state.lastVerdict?.reason).toBe("DataIsSafe");
  });

  test.each(["manual", "semiAutomatic"] as const)("takes nothing over in the mode %s", (mode) => {
    const { here, b } = arbiter({}, "in_sync", { mode });
    here.pass(90_000);
    expect(b.state.authority.kind).toBe("none");
    expect(b.state.lastVerdict?.reason).toBe("ModeAllows");
  });

  test("takes nothing over that could not be promoted", () => {
    const { here, b } = arbiter();
    b.measures = (atMs) => ({ ...factsOf("standby", atMs), notReady: ["no secret"] });
    here.pass(90_000);
    expect(b.state.authority.kind).toBe("none");
    expect(b.state.lastVerdict?.reason).toBe("Ready");
  });

  test("takes nothing over while public resolvers do not reach it", () => {
    const { here, b } = arbiter();
    const see = (selfVisible: boolean) => ({
      type: "seen" as const,
      evidence: { atMs: here.nowMs, peerActiveEpoch: null, selfVisible },
    });
    here.pass(60_000, () => here.give(b, see(false)));
    expect(b.state.authority.kind).toBe("none");
    here.give(b, see(true));
    expect(b.state.authority.kind).toBe("own");
  });

  test("puts forward one judgement: that of an arbiter", () => {
    const { here, b } = arbiter();
    here.pass(5_000, () => here.answer(b));
    const judged = b.state.lastVerdict;
    here.pass(10_000, () => here.answer(b));
    here.give(b, { type: "personSaid", wish: { kind: "closeRound" } });
    expect(b.state.lastVerdict).toBe(judged);
    expect(judged?.reason).toBe("ArbiterWaitsLonger");
  });

  test("takes nothing over while it is not armed", () => {
    const { here, b } = arbiter({ armed: false });
    here.pass(90_000);
    expect(b.state.authority.kind).toBe("none");
  });

  test("voids its promise and takes the next epoch in one write, before the first service is promoted", () => {
    const { here, b } = arbiter();
    b.holds.add("store");
    b.done.length = 0;
    here.pass(60_000);
    expect(effects(b, "promote")).toEqual([]);
    expect(b.state.authority.kind).toBe("none");
    expect(b.state.pending?.record).toMatchObject({
      promise: null,
      epochSeen: 1_004,
      epochOwn: 1_004,
      givenBack: { epoch: 3, round: 5 },
    });
  });

  test("keeps the peer bound until the witness knows of its epoch", () => {
    const { here, b } = arbiter();
    here.pass(40_000);
    expect(b.state.data.kind).toBe("serving");
    b.said.length = 0;
    hear(here, b, giveBack());
    hear(here, b, { kind: "clearAsk", nonce: "n", epochSeen: 9 });
    expect(b.said).toMatchObject([{ kind: "clear", outstanding: "some" }]);
    here.witness = {
      ...here.witness,
      epoch: 3,
      rev: 9,
      holder: "a",
      instance: "a1",
      ttlMs: 30_000,
    };
    here.pass(60_000, () => here.answer(b));
    expect(b.state.authority).toMatchObject({ kind: "lease", epoch: 1_005 });
    expect(b.state.record?.epochOwn).toBeNull();
    b.said.length = 0;
    hear(here, b, giveBack());
    expect(saidKinds(b)).toEqual(["givenBack"]);
  });

  const oldLease = { epoch: 3, rev: 9, holder: "a", instance: "a1", ttlMs: 30_000 };

  test("ends its own authority when the witness was asked for the lease and answers nothing any more", () => {
    const { here, b } = arbiter();
    here.pass(40_000);
    here.witness = { ...here.witness, ...oldLease };
    let asked: number | null = null;
    here.pass(60_000, () => {
      // The lease is granted, and the answer is lost: from then on the peer sees an epoch that frees it.
      if (b.state.witness.call?.request?.op === "acquire") asked ??= here.nowMs;
      if (asked === null) here.answer(b);
    });
    expect(asked).not.toBeNull();
    expect(b.state.authority.kind).toBe("none");
    const fences = b.done.filter(({ type }) => type === "fence");
    expect(fences).toHaveLength(1);
  });

  test("keeps its own authority while the witness answers that it may not have the lease yet", () => {
    const { here, b } = arbiter();
    here.pass(40_000);
    here.witness = { ...here.witness, ...oldLease };
    let refused = 0;
    here.pass(120_000, () => {
      const { call } = b.state.witness;
      if (call?.request?.op !== "acquire") {
        here.answer(b);
        return;
      }
      refused += 1;
      b.calls.length = 0;
      const reply = { ok: false, code: "held", record: here.witness } as const;
      here.give(b, { type: "witnessReplied", reqId: call.reqId, reply });
    });
    expect(refused).toBeGreaterThan(3);
    expect(b.state.authority.kind).toBe("own");
    expect(b.done.filter(({ type }) => type === "fence")).toEqual([]);
  });

  test("takes up a lease that it was granted although the answer was lost", () => {
    const { here, b } = arbiter();
    here.pass(40_000);
    here.witness = { ...here.witness, ...oldLease };
    let isLost = false;
    here.pass(60_000, () => {
      const { call } = b.state.witness;
      if (isLost || call?.request?.op !== "acquire") {
        here.answer(b);
        return;
      }
      const { epochFloor, holder, instance } = call.request;
      here.witness = { ...here.witness, holder, instance, rev: 10, epoch: epochFloor + 1 };
      isLost = true;
      b.calls.length = 0;
      here.give(b, { type: "witnessFailed", reqId: call.reqId, outcome: "unknown" });
    });
    expect(isLost).toBe(true);
    expect(b.state.authority).toMatchObject({ kind: "lease", epoch: 1_005 });
    expect(b.done.filter(({ type }) => type === "fence")).toEqual([]);
  });

  test("goes on to serve when the witness comes back, and tells its services the new epoch", () => {
    const { here, b } = arbiter();
    here.pass(40_000);
    b.done.length = 0;
    here.witness = {
      ...here.witness,
      epoch: 3,
      rev: 9,
      holder: "a",
      instance: "a1",
      ttlMs: 30_000,
    };
    here.pass(25_000, () => here.answer(b));
    // It outwaits the old lease like everybody.
    expect(b.state.authority.kind).toBe("own");
    here.pass(35_000, () => here.answer(b));
    expect(effects(b, "fence")).toEqual([]);
    expect(effects(b, "promote")).toEqual([{ type: "promote", service: "ledger", epoch: 1_005 }]);
    expect(b.state.data).toEqual({ kind: "serving", epoch: 1_005 });
  });
});
