import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { outwaitMs } from "../lease/timing.ts";
import type { FailoverGroup } from "./group.ts";
import type { PeopleReport } from "./people-report.ts";
import { type Actor, factsOf, type Stage, serving } from "./rehearsal.ts";
import { reportOf } from "./rehearsal-report.ts";
import { defaultRtoWorld, rtoLines, stepsOf, sumOf } from "./rto-lines.ts";
import { type WhatIf, whatIf } from "./what-if.ts";

const world = defaultRtoWorld;

function foretell(report: PeopleReport | null): WhatIf {
  return whatIf({ region: "a", peer: "b", report, world });
}

type Scene = { readonly here: Stage; readonly a: Actor; readonly b: Actor };

/** b's prediction of the loss of a, after something happened. */
function after(
  parts: Partial<FailoverGroup>,
  change: (scene: Scene) => void = () => undefined,
): WhatIf {
  const scene = serving("sticky", parts);
  change(scene);
  return foretell(reportOf(scene.here, scene.b));
}

test("an armed standby in step takes over by itself and loses nothing", () => {
  expect(after({})).toMatchObject({ kind: "takesOver", obstacles: [], loss: { bytes: 0 } });
});

/** Whether what was foretold is what the agents then do: a never says anything again. */
function takesOverAlone({ here, a, b }: Scene): boolean {
  a.holds.add("store");
  a.calls.length = 0;
  here.pass(outwaitMs(b.context.group.timing) + 30_000, () => here.answer(b));
  return b.state.data.kind === "serving";
}

describe("what is foretold is what the agent does when its peer falls silent", () => {
  test.each<[string, Partial<FailoverGroup>, (scene: Scene) => void, WhatIf["kind"]]>([
    ["automatic and in step", {}, () => undefined, "takesOver"],
    ["the mode is manual", { mode: "manual" }, () => undefined, "needsPeople"],
    ["nobody approved", { mode: "semiAutomatic" }, () => undefined, "needsPeople"],
    [
      "it is disarmed",
      {},
      ({ here, b }) =>
        here.give(b, { type: "personSaid", wish: { kind: "disarm", because: "maintenance" } }),
      "needsPeople",
    ],
    [
      "its data is not ready",
      {},
      ({ here, b }) => {
        b.measures = (atMs) => factsOf("standby", atMs, { ready: false });
        here.pass(1_000, () => here.answer(b));
      },
      "stays",
    ],
    [
      "public resolvers do not reach it",
      {},
      ({ here, b }) =>
        here.give(b, {
          type: "seen",
          evidence: { atMs: here.nowMs + 40_000, peerActiveEpoch: null, selfVisible: false },
        }),
      "stays",
    ],
  ])("%s", (_, parts, change, kind) => {
    const scene = serving("sticky", parts);
    change(scene);
    const foretold = foretell(reportOf(scene.here, scene.b));
    expect(foretold.kind).toBe(kind);
    expect(takesOverAlone(scene)).toBe(kind === "takesOver");
  });
});

test("a standby that the holder does not wait for says what would be lost, and asks people", () => {
  const foretold = after({}, (scene) => {
    const { here, a, b } = scene;
    a.measures = (atMs) =>
      factsOf("writable", atMs, { sync: "alone", position: 9_000, standbyReady: false });
    b.measures = (atMs) => factsOf("standby", atMs, { position: 4_000, lagMs: 2_500 });
    here.pass(30_000, () => {
      here.answer(a);
      here.answer(b);
    });
  });
  expect(foretold).toMatchObject({ kind: "needsPeople", loss: { bytes: 5_000, seconds: 12.5 } });
  expect(foretold.obstacles.map(({ rule }) => rule)).toContain("DataIsSafe");
  expect(foretold.obstacles[0]?.change).toMatch(/approve failover/);
});

test("without the witness nobody takes over by itself", () => {
  const foretold = after({}, ({ here, b }) => {
    here.pass(60_000);
    expect(b.state.witness.silentSinceAtMs).not.toBeNull();
  });
  expect(foretold.kind).toBe("stays");
  expect(foretold.obstacles.map(({ rule }) => rule)).toContain("WitnessAnswers");
});

test("the loss of the standby is no outage, and its price is said", () => {
  const { here, a } = serving("sticky");
  const foretold = whatIf({ region: "b", peer: "a", report: reportOf(here, a), world });
  expect(foretold).toMatchObject({ kind: "standbyLost", rto: null, obstacles: [] });
  expect(foretold.because).toMatch(/stall/);
});

test("of an agent that does not answer nothing is foretold", () => {
  expect(foretell(null)).toMatchObject({ kind: "unknown", rto: null, loss: null });
});

describe("the arithmetic of a take-over", () => {
  const { here, b } = serving("sticky");
  const { group } = reportOf(here, b).people;
  const lines = rtoLines(group, world);

  test("is that of facts §3.4 for a TTL of 30 s: about 35 s, and under a minute at most", () => {
    const { leastMs, expectedMs, mostMs } = sumOf(lines);
    expect([leastMs, expectedMs, mostMs]).toEqual([21_500, 33_700, 53_000]);
  });

  test("never expects less than the least or more than the most", () => {
    const ms = fc.integer({ min: 1_000, max: 60_000 });
    fc.assert(
      fc.property(ms, ms, ms, (ttlMs, renewEveryMs, marginMs) => {
        const timing = { ...group.timing, ttlMs: ttlMs + renewEveryMs, renewEveryMs, marginMs };
        for (const line of rtoLines({ ...group, timing }, world)) {
          expect(line.leastMs).toBeLessThanOrEqual(line.expectedMs);
          expect(line.expectedMs).toBeLessThanOrEqual(line.mostMs);
        }
      }),
    );
  });

  test.each([
    ["nothing", [], 0],
    ["services beside each other", [["a"], ["b"], ["c"]], 1],
    ["a chain", [["c", "b"], ["b", "a"], ["a"]], 3],
    [
      "a circle, which documents refuse",
      [
        ["a", "b"],
        ["b", "a"],
      ],
      2,
    ],
  ])("counts the steps of %s", (_, services, steps) => {
    const graph = services.map(([name = "", ...after]) => ({ name, after }));
    expect(stepsOf(graph)).toBe(steps);
  });
});
