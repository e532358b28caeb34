/** The guards of *Standing back* on the side that is asked (ADR 25): each has a test that fails without it. */
import { describe, expect, test } from "vitest";
import type { PeerMessage } from "./message.ts";
import type { AgentRecord } from "./record.ts";
import { clearRecord, serving } from "./rehearsal.ts";
import { effects } from "./rehearsal-effects.ts";
import { ask, giveBack, hear, round, saidKinds, standby } from "./rehearsal-standby.ts";

describe("a question to stand back", () => {
  test("is answered once the promise is in every store", () => {
    const { here, b } = standby();
    b.holds.add("store");
    hear(here, b, ask());
    here.pass(5_000);
    expect(b.said).toEqual([]);
    expect(b.state.record?.promise).toBeNull();
    const version = b.state.pending?.record.version ?? 0;
    here.give(b, { type: "stored", version });
    expect(b.said).toEqual([{ kind: "consent", ...round, seq: 7 }]);
    expect(b.state.record?.promise).toEqual(round);
  });

  test("is not answered when the promise could not be stored, and the next one is", () => {
    const { here, b } = standby();
    b.holds.add("store");
    hear(here, b, ask());
    here.give(b, { type: "storeFailed", version: b.state.pending?.record.version ?? 0 });
    expect(b.said).toEqual([]);
    expect(b.state.record?.promise).toBeNull();
    b.holds.clear();
    hear(here, b, ask({ seq: 8 }));
    expect(b.said).toEqual([]);
    here.pass(3_000);
    hear(here, b, ask({ seq: 9 }));
    expect(b.said.at(-1)).toMatchObject({ kind: "consent", seq: 9 });
  });

  test("of the promised round is answered again without another write", () => {
    const { here, b } = standby({ promise: round });
    hear(here, b, ask({ seq: 8 }));
    expect(b.said.at(-1)).toMatchObject({ kind: "consent", seq: 8 });
    expect(effects(b, "store")).toEqual([]);
  });

  test("of a later round replaces the promise", () => {
    const { here, b } = standby({ promise: round });
    hear(here, b, ask({ round: 6 }));
    expect(b.state.record?.promise).toMatchObject({ round: 6 });
  });

  test("of a later epoch closes an open round of an earlier one, and is remembered", () => {
    const { here, b } = standby({ open: { ...round, epoch: 2 } });
    hear(here, b, ask({ epoch: 4 }));
    expect(b.state.record).toMatchObject({ open: null, epochSeen: 4, promise: { epoch: 4 } });
  });

  test.each<[string, Partial<AgentRecord>, Partial<PeerMessage & { kind: "ask" }>]>([
    ["of an epoch below one that was seen", { epochSeen: 4 }, {}],
    ["of a round that was given back", { givenBack: { epoch: 3, round: 5 } }, {}],
    ["of a round before one that was given back", { givenBack: { epoch: 3, round: 6 } }, {}],
    ["of a round before the promised one", { promise: { ...round, round: 6 } }, {}],
    ["while a round of its own of that epoch is open", { open: round }, {}],
  ])("%s is not answered", (_, record, change) => {
    const { here, b } = standby(record);
    const { promise = null } = record;
    hear(here, b, ask(change));
    expect(b.said).toEqual([]);
    expect(b.state.record?.promise).toEqual(promise);
  });

  test("is not answered by a region with authority", () => {
    const { here, a } = serving("sticky");
    a.said.length = 0;
    hear(here, a, ask({ epoch: 1 }));
    expect(a.said).toEqual([]);
    expect(a.state.authority.kind).toBe("lease");
  });

  test("is not answered before everything is fenced", () => {
    const { here, b } = standby();
    b.holds.add("fence");
    here.restart(b);
    b.said.length = 0;
    hear(here, b, ask());
    expect(b.said).toEqual([]);
  });

  test("is not answered while an acquire is under way", () => {
    const { here, b } = serving("sticky");
    while (b.calls.at(-1)?.request?.op !== "acquire") {
      here.pass(1_000, () => {
        if (b.calls.at(-1)?.request?.op !== "acquire") here.answer(b);
      });
    }
    b.said.length = 0;
    hear(here, b, ask({ epoch: 1 }));
    expect(b.said).toEqual([]);
    expect(b.state.pending).toBeNull();
  });
});

describe("an agent without memory", () => {
  const forgetful = (copies: readonly Partial<AgentRecord>[]) => {
    const { here, b } = standby();
    b.state = { ...b.state, record: null };
    here.give(b, {
      type: "started",
      copies: copies.map((one) => ({ kind: "present", record: { ...clearRecord, ...one } })),
      tenure: null,
    });
    b.said.length = 0;
    return { here, b };
  };

  test("promises, and stays unarmed", () => {
    const { here, b } = forgetful([{ version: 3 }, { version: 4 }]);
    hear(here, b, ask());
    expect(b.said.at(-1)?.kind).toBe("consent");
    expect(b.state.record).toMatchObject({ promise: round, armed: false, unclear: true });
  });

  test("stores versions above those of copies that differ", () => {
    const { here, b } = forgetful([{ version: 3 }, { version: 40 }]);
    hear(here, b, ask());
    expect(b.record?.version).toBeGreaterThan(40);
  });

  test("promises nothing of an epoch below one that a copy knows", () => {
    const { here, b } = forgetful([{ epochSeen: 4 }, { epochSeen: 2 }]);
    hear(here, b, ask());
    expect(b.said).toEqual([]);
  });

  test("gives nothing back while a copy knows of an epoch taken without the witness", () => {
    const { here, b } = forgetful([{ epochSeen: 4, epochOwn: 4 }, { epochSeen: 2 }]);
    hear(here, b, giveBack());
    expect(saidKinds(b)).not.toContain("givenBack");
  });
});

describe("a round that is given back", () => {
  test("frees the promise, and is confirmed once that is in every store", () => {
    const { here, b } = standby({ promise: round });
    b.holds.add("store");
    hear(here, b, giveBack());
    expect(b.said).toEqual([]);
    expect(b.state.record?.promise).toEqual(round);
    here.give(b, { type: "stored", version: b.state.pending?.record.version ?? 0 });
    expect(b.said).toEqual([{ kind: "givenBack", epoch: 3, round: 5 }]);
    expect(b.state.record).toMatchObject({ promise: null, givenBack: { epoch: 3, round: 5 } });
  });

  test("is confirmed again without another write", () => {
    const { here, b } = standby({ givenBack: { epoch: 3, round: 5 } });
    hear(here, b, giveBack());
    expect(saidKinds(b)).toEqual(["givenBack"]);
    expect(effects(b, "store")).toEqual([]);
  });

  test("frees an earlier promise too: the question of the later round was lost", () => {
    const { here, b } = standby({ promise: round });
    hear(here, b, giveBack({ round: 6 }));
    expect(b.state.record?.promise).toBeNull();
    expect(saidKinds(b)).toEqual(["givenBack"]);
  });

  test.each([
    ["a later round", { round: 4 }],
    ["a later epoch", { epoch: 2, round: 9 }],
  ])("does not free the promise of %s", (_, change) => {
    const { here, b } = standby({ promise: round });
    hear(here, b, giveBack(change));
    expect(b.state.record?.promise).toEqual(round);
    expect(b.said).toEqual([]);
  });

  test("is not confirmed by a region with an epoch that the witness does not know", () => {
    const { here, b } = standby({ epochSeen: 4, epochOwn: 4 });
    hear(here, b, giveBack());
    expect(b.said).toEqual([]);
  });

  test("before it was ever asked for makes its late question nothing", () => {
    const { here, b } = standby();
    hear(here, b, giveBack());
    b.said.length = 0;
    hear(here, b, ask());
    expect(b.said).toEqual([]);
    expect(b.state.record?.promise).toBeNull();
  });
});

test("a promise ends when the witness shows a later epoch of the peer", () => {
  const { here, b } = standby({ promise: round });
  here.witness = { ...here.witness, epoch: 4, rev: 9, holder: "a", instance: "a1", ttlMs: 30_000 };
  here.pass(5_000, () => here.answer(b));
  expect(b.state.record).toMatchObject({ promise: null, givenBack: { epoch: 3, round: 5 } });
});

test.each([
  ["of this region: it may not know of it", { holder: "b", epoch: 4 }],
  ["that is the promised one", { holder: "a", epoch: 3 }],
])("a promise stands at an epoch %s", (_, change) => {
  const { here, b } = standby({ promise: round });
  here.witness = { ...here.witness, rev: 9, instance: "x", ttlMs: 30_000, ...change };
  here.pass(5_000, () => here.answer(b));
  expect(b.state.record?.promise).toEqual(round);
});
