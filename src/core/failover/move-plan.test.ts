import { describe, expect, test } from "vitest";
import type { FailoverGroup } from "./group.ts";
import { type MoveKind, type MovePlan, movePlan } from "./move-plan.ts";
import { type Actor, factsOf, type Stage, serving } from "./rehearsal.ts";
import { reportOf } from "./rehearsal-report.ts";

type Scene = { readonly here: Stage; readonly a: Actor; readonly b: Actor };

function plan(
  kind: MoveKind,
  parts: Partial<FailoverGroup> = {},
  change?: (scene: Scene) => void,
): MovePlan {
  const scene = serving("sticky", parts);
  change?.(scene);
  const { here, a, b } = scene;
  const tail = [{ atMs: here.nowMs - 600_000, type: "failover.syncRecorded", text: "in_sync" }];
  return movePlan(kind, {
    from: { cluster: "a", report: reportOf(here, a, { journalTail: tail }) },
    to: { cluster: "b", report: reportOf(here, b) },
    wallAtMs: here.nowMs,
  });
}

const failedIn = ({ verdict }: MovePlan): readonly string[] =>
  verdict.trace.filter(({ outcome }) => outcome === "failed").map(({ rule }) => rule);

/** What the agent itself says to a person who asks for a switchover in the same moment. */
function asked(parts: Partial<FailoverGroup>, change?: (scene: Scene) => void): boolean {
  const scene = serving("sticky", parts);
  change?.(scene);
  scene.here.give(scene.a, { type: "personSaid", wish: { kind: "switchover" } });
  return scene.a.state.wish?.kind === "switchover";
}

const always = { fromAtMs: 0, untilAtMs: Number.MAX_SAFE_INTEGER, because: "quarter's end" };
const alone = ({ here, a, b }: Scene): void => {
  a.measures = (atMs) => factsOf("writable", atMs, { sync: "alone", standbyReady: false });
  here.pass(30_000, () => {
    here.answer(a);
    here.answer(b);
  });
};

describe("a switchover is planned as the agent would judge it", () => {
  test.each<
    [string, Partial<FailoverGroup>, ((scene: Scene) => void) | undefined, readonly string[]]
  >([
    ["all is well", {}, undefined, []],
    ["a freeze window is open", { freezes: [always] }, undefined, ["NotFrozen"]],
    ["the standby does not follow in step", {}, alone, ["PeerInStep"]],
  ])("when %s", (_, parts, change, failed) => {
    expect(failedIn(plan("switchover", parts, change))).toEqual(failed);
    expect(asked(parts, change)).toBe(failed.length === 0);
  });
});

test("a switchover to a region that is disarmed would leave nobody serving, and is not planned", () => {
  const disarmed = plan("switchover", {}, ({ here, b }) =>
    here.give(b, { type: "personSaid", wish: { kind: "disarm", because: "its disk is full" } }),
  );
  expect(failedIn(disarmed)).toEqual(["PeerReady"]);
  expect(disarmed.verdict.because).toMatch(/its disk is full/);
});

test("without the other region's agent nothing is handed over, and every gate is still told", () => {
  const { here, a } = serving("sticky");
  const alone = movePlan("switchover", {
    from: { cluster: "a", report: reportOf(here, a) },
    to: { cluster: "b", report: null },
    wallAtMs: here.nowMs,
  });
  expect(failedIn(alone)).toEqual(["PeerAnswers"]);
  expect(alone.verdict.trace).toHaveLength(5);
});

test("when neither agent answers there are no steps to tell", () => {
  const nobody = { report: null };
  const nothing = movePlan("failback", {
    from: { cluster: "a", ...nobody },
    to: { cluster: "b", ...nobody },
    wallAtMs: 0,
  });
  expect(nothing.steps).toEqual([]);
  expect(failedIn(nothing)).toContain("PeerAnswers");
});

describe("a failback", () => {
  const home = (to: string, inStepForMs: number): Partial<FailoverGroup> => ({
    failback: { policy: "approved", to, inStepForMs },
  });
  test.each<[string, Partial<FailoverGroup>, readonly string[]]>([
    ["goes where the group belongs", home("b", 600_000), []],
    ["is not made where none is declared", {}, ["FailbackAllowed"]],
    ["does not go elsewhere", home("a", 600_000), ["FailbackAllowed"]],
    [
      "waits until the standby was in step for long enough",
      home("b", 600_001),
      ["InStepLongEnough"],
    ],
  ])("%s", (_, parts, failed) => {
    expect(failedIn(plan("failback", parts))).toEqual(failed);
  });
});

test("a failover is planned by the standby's own judgement", () => {
  const failover = plan("failover");
  expect(failedIn(failover)).toEqual(["Outwaited"]);
  expect(failover.steps.map(({ where }) => where)).toEqual([
    "b",
    "witness",
    "b",
    "b",
    "name servers",
  ]);
});

test("steps add up to the gap that is told", () => {
  const { gap } = plan("switchover");
  expect(gap).toEqual({
    expectedMs: 2_500 + 200 + 2_000 + 2_500 + 2_500,
    mostMs: 10_000 + 3_000 + 6_000 + 7_000 + 5_000,
  });
});
