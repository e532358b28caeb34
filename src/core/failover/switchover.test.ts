/** A planned switchover (ADR 25, *People*): fence, measure, release, and the peer takes over. */
import { describe, expect, test } from "vitest";
import type { FailoverGroup } from "./group.ts";
import { type Actor, factsOf, type Stage, serving } from "./rehearsal.ts";
import { effects } from "./rehearsal-effects.ts";
import { say, verdictOn } from "./rehearsal-wish.ts";

describe("a switchover", () => {
  const both = (here: Stage, a: Actor, b: Actor) => (ms: number) =>
    here.pass(ms, () => {
      here.answer(a);
      here.answer(b);
    });

  test("fences, measures, releases, and the peer takes over without waiting", () => {
    const { here, a, b } = serving("sticky");
    a.done.length = 0;
    say(here, a, { kind: "switchover" });
    expect(effects(a, "fence")).toHaveLength(1);
    expect(a.state.authority.kind).toBe("lease");
    both(here, a, b)(14_000);
    expect(a.state.authority.kind).toBe("none");
    expect(b.state.data).toEqual({ kind: "serving", epoch: 2 });
    expect(here.witness.holder).toBe("b");
  });

  test("releases with the position that was measured after everything was fenced", () => {
    const { here, a } = serving("sticky");
    a.measures = null;
    a.holds.add("fence");
    say(here, a, { kind: "switchover" });
    const facts = (position: number) => ({
      type: "measured" as const,
      facts: factsOf("writable", here.nowMs, { position }),
    });
    here.give(a, facts(1_100));
    here.pass(1_000);
    here.give(a, { type: "fenced" });
    // It has authority still, and may serve again: the watchdog goes on guarding it.
    expect(effects(a, "setWatchdog").at(-1)?.tenure).not.toBeNull();
    expect(effects(a, "callWitness").at(-1)?.request?.op).not.toBe("release");
    here.pass(1_000);
    here.give(a, facts(1_200));
    const release = effects(a, "callWitness").at(-1)?.request;
    expect(release).toMatchObject({
      op: "release",
      note: { region: "a", handTo: "b", positions: { ledger: 1_200 } },
    });
  });

  test("is taken up by the old holder again when the peer leaves it for as long as a lease", () => {
    const { here, a } = serving("sticky");
    say(here, a, { kind: "switchover" });
    here.pass(6_000, () => here.answer(a));
    expect(here.witness).toMatchObject({ holder: null, note: { handTo: "b" } });
    here.pass(20_000, () => here.answer(a));
    expect(here.witness.holder).toBeNull();
    here.pass(15_000, () => here.answer(a));
    expect(here.witness).toMatchObject({ holder: "a", epoch: 2 });
    expect(a.state.data.kind).toBe("serving");
  });

  test("is not taken by a peer that did not receive everything", () => {
    const { here, a, b } = serving("sticky");
    b.measures = (atMs) => factsOf("standby", atMs, { position: 900 });
    say(here, a, { kind: "switchover" });
    both(here, a, b)(20_000);
    expect(b.state.authority.kind).toBe("none");
  });

  test("that the witness did not hear of for a lease is not done when it answers again", () => {
    const { here, a } = serving("sticky");
    say(here, a, { kind: "switchover" });
    here.pass(120_000);
    expect(a.state.authority.kind).toBe("none");
    expect(a.state.wish).toBeNull();
    a.done.length = 0;
    here.pass(60_000, () => here.answer(a));
    const notes = effects(a, "callWitness").flatMap(({ request }) => request?.note["handTo"] ?? []);
    expect(notes).toEqual([]);
    expect(a.state.data.kind).toBe("serving");
  });

  test("that is not measured within a lease is given up, and the region serves again", () => {
    const { here, a } = serving("sticky");
    a.measures = null;
    say(here, a, { kind: "switchover" });
    expect(a.state.data.kind).toBe("fenced");
    here.pass(40_000, () => here.answer(a));
    expect(a.state.wish).toBeNull();
    expect(a.state.data.kind).toBe("serving");
  });

  test("is given up when the witness falls silent and the peer stands back", () => {
    const { here, a } = serving("sticky");
    a.measures = null;
    say(here, a, { kind: "switchover" });
    here.pass(16_000);
    const ask = a.said.at(-1);
    if (ask?.kind !== "ask") throw new Error("it did not ask");
    const { policy, epoch, round, seq } = ask;
    here.give(a, { type: "peerSaid", message: { kind: "consent", policy, epoch, round, seq } });
    here.pass(1_000);
    expect(a.state.wish).toBeNull();
    expect(a.state.data.kind).toBe("serving");
  });

  test.each<[string, string, Partial<FailoverGroup>, (a: Actor) => void]>([
    [
      "in a freeze window",
      "NotFrozen",
      { freezes: [{ fromAtMs: 0, untilAtMs: 2_000_000_000_000, because: "a release" }] },
      () => undefined,
    ],
    [
      "when the standby is not in step",
      "PeerInStep",
      {},
      (a) => {
        a.state = { ...a.state, sync: { ...a.state.sync, recorded: "degraded" } };
      },
    ],
  ])("%s is refused and nothing is fenced", (_, reason, group, change) => {
    const { here, a } = serving("sticky", group);
    change(a);
    expect(verdictOn(here, a, { kind: "switchover" })).toMatchObject({ reason });
    say(here, a, { kind: "switchover" });
    expect(effects(a, "fence")).toEqual([]);
  });
});
