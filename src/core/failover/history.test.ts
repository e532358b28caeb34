import fc from "fast-check";
import { expect, test } from "vitest";
import { type AgentNote, episodesOf, tellingNotes } from "./history.ts";

const note = (region: string, atMs: number, type: string, text = ""): AgentNote => ({
  region,
  atMs,
  type: `failover.${type}`,
  text,
});

test("a failover is two periods, with the time in which nobody served", () => {
  const notes = [
    note("a", 1_000, "authorityGained"),
    note("a", 1_500, "serving"),
    note("a", 61_000, "authorityLost", "lease at epoch 1 ran out"),
    note("b", 90_000, "authorityGained"),
    note("b", 93_000, "serving"),
  ];
  expect(episodesOf(notes)).toEqual([
    {
      region: "a",
      gainedAtMs: 1_000,
      servedAtMs: 1_500,
      endedAtMs: 61_000,
      ended: "lease at epoch 1 ran out",
      gapMs: null,
    },
    {
      region: "b",
      gainedAtMs: 90_000,
      servedAtMs: 93_000,
      endedAtMs: null,
      ended: null,
      gapMs: 32_000,
    },
  ]);
});

test("a journal that begins later, or a restarted agent, is one period that was there before", () => {
  const notes = [
    note("a", 5_000, "serving"),
    note("a", 6_000, "started"),
    note("a", 6_100, "serving"),
  ];
  expect(episodesOf(notes)).toMatchObject([
    { region: "a", gainedAtMs: null, servedAtMs: 5_000, endedAtMs: null },
  ]);
});

test("what is no news is left out, and two journals are told in one order", () => {
  const notes = [
    note("b", 3, "paged"),
    note("a", 2, "wouldDo"),
    note("a", 1, "fenced"),
    note("b", 1, "armed"),
  ];
  expect(tellingNotes(notes).map(({ type }) => type)).toEqual([
    "failover.fenced",
    "failover.armed",
    "failover.paged",
  ]);
});

test("whatever the journals say, each period has an order in itself and one region has one open at most", () => {
  const types = fc.constantFrom("authorityGained", "authorityLost", "serving", "fenced", "armed");
  const notes = fc.array(
    fc.record({ region: fc.constantFrom("a", "b"), atMs: fc.nat(1_000), type: types }),
  );
  fc.assert(
    fc.property(notes, (some) => {
      const episodes = episodesOf(some.map(({ region, atMs, type }) => note(region, atMs, type)));
      for (const { gainedAtMs, servedAtMs, endedAtMs } of episodes) {
        const moments = [gainedAtMs, servedAtMs, endedAtMs].filter((atMs) => atMs !== null);
        expect([...moments].sort((one, other) => one - other)).toEqual(moments);
      }
      for (const region of ["a", "b"]) {
        const open = episodes.filter((one) => one.region === region && one.endedAtMs === null);
        expect(open.length).toBeLessThanOrEqual(1);
      }
    }),
  );
});
