import { expect, test } from "vitest";
import { headline } from "./headline.ts";
import type { PeopleReport } from "./people-report.ts";
import { type Actor, type Stage, serving } from "./rehearsal.ts";
import { reportOf } from "./rehearsal-report.ts";

type Scene = { readonly here: Stage; readonly a: Actor; readonly b: Actor };
type Both = { readonly a: PeopleReport | null; readonly b: PeopleReport | null };

function told(
  change: (both: Both, scene: Scene) => Both = (both) => both,
): ReturnType<typeof headline> {
  const scene = serving("sticky");
  const { here, a, b } = scene;
  const journalTail = [
    { atMs: Date.UTC(2026, 10, 21, 1, 0, 0), type: "failover.serving", text: "" },
    { atMs: Date.UTC(2026, 10, 21, 2, 0, 0), type: "failover.authorityLost", text: "" },
    { atMs: Date.UTC(2026, 10, 21, 2, 41, 0), type: "failover.serving", text: "" },
    { atMs: Date.UTC(2026, 10, 21, 3, 0, 0), type: "failover.serving", text: "" },
  ];
  const both = change({ a: reportOf(here, a, { journalTail }), b: reportOf(here, b) }, scene);
  return headline([
    { region: "a", report: both.a },
    { region: "b", report: both.b },
  ]);
}

const degraded = (report: PeopleReport | null): PeopleReport | null =>
  report === null
    ? null
    : {
        ...report,
        status: { ...report.status, sync: { ...report.status.sync, recorded: "degraded" } },
      };

test.each<[string, string, ReturnType<typeof told>]>([
  ["ok", "shop: a serves at epoch 1 since 2026-11-21 02:41:00 UTC; b follows in step.", told()],
  [
    "attention",
    "shop: a serves at epoch 1 since 2026-11-21 02:41:00 UTC; the agent of b does not answer.",
    told(({ a }) => ({ a, b: null })),
  ],
  [
    "attention",
    "shop: a serves at epoch 1 since 2026-11-21 02:41:00 UTC; b does not follow in step (degraded): a failover would lose something.",
    told(({ a, b }) => ({ a: degraded(a), b })),
  ],
  [
    "attention",
    "shop: a serves at epoch 1 since 2026-11-21 02:41:00 UTC; b is disarmed and does not take over.",
    told(({ a }, { here, b }) => {
      here.give(b, { type: "personSaid", wish: { kind: "disarm", because: "x" } });
      return { a, b: reportOf(here, b) };
    }),
  ],
  [
    "unknown",
    "shop: nobody serves among the agents that answer, and nothing is known of a; the witness names a, epoch 1.",
    told(({ b }) => ({ a: null, b })),
  ],
  [
    "down",
    "shop: nobody serves among the agents that answer; the witness names a, epoch 1.",
    told(({ b }) => ({ a: b, b })),
  ],
  [
    "down",
    "shop: both regions say that they serve; look at their epochs at once.",
    told(({ a }) => ({ a, b: a })),
  ],
  [
    "unknown",
    "No agent answers: what the regions do is not known.",
    told(() => ({ a: null, b: null })),
  ],
])("%s: %s", (kind, text, found) => {
  expect(found).toMatchObject({ kind, text });
});

test("a region that is being promoted has the right and does not serve yet", () => {
  const found = told((_, { here, a, b }) => {
    b.holds.add("promote");
    a.holds.add("store");
    a.calls.length = 0;
    here.pass(60_000, () => here.answer(b));
    return { a: null, b: reportOf(here, b) };
  });
  expect(found).toMatchObject({
    kind: "down",
    text: "shop: nobody serves; b has the right to at epoch 2, and its data is promoting.",
  });
});
