import fc from "fast-check";
import { expect, test } from "vitest";
import { type FollowFacts, parseHistory, planFollow } from "./follow-plan.ts";
import { kinshipOf } from "./promotions.ts";

const history = "1\t0/3000100\tno recovery target specified\n\n2\t0/5000000\tno recovery target\n";

const facts = (
  here: Partial<FollowFacts["here"]>,
  there: Partial<FollowFacts["there"]> = {},
  kinship: FollowFacts["kinship"] = "continued",
): FollowFacts => ({
  kinship,
  here: { timeline: 1, position: 0x3000100, isRewindable: true, isUnproven: false, ...here },
  there: { timeline: 3, position: 0x6000000, history, ...there },
});

test.each([
  ["begins where the peer went on from its very end", facts({}), "begin"],
  ["begins on the peer's own timeline", facts({ timeline: 3, position: 0x5900000 }), "begin"],
  ["is rewound with a byte more than that", facts({ position: 0x3000101 }), "rewind"],
  ["is copied then without checksums", facts({ position: 0x3000101, isRewindable: false }), "copy"],
  [
    "is rewound when both were promoted apart",
    facts({ timeline: 2, position: 0x4000000 }, {}, "forked"),
    "rewind",
  ],
  [
    "is copied when their timelines do not tell them apart",
    facts({ timeline: 3 }, {}, "forked"),
    "copy",
  ],
  [
    "is copied when it is further on the same timeline",
    facts({ timeline: 3, position: 2 ** 40 }),
    "copy",
  ],
  ["is copied when its timeline is later", facts({ timeline: 4 }), "copy"],
  [
    "is rewound when the peer never had its timeline",
    facts({ timeline: 2 }, { history: "" }),
    "rewind",
  ],
  ["is copied when it does not say where it is", facts({ position: null }), "copy"],
  ["is copied after a promotion that was not proven", facts({ isUnproven: true }), "copy"],
  [
    "is copied then also on a timeline that would be behind",
    facts({ isUnproven: true, timeline: 3, position: 0x5900000 }),
    "copy",
  ],
  ["is left alone when the peer knows less", facts({}, {}, "older"), "refuse"],
] as const)("a copy %s", (_, given, kind) => {
  const plan = planFollow(given);
  expect(plan.kind).toBe(kind);
  expect(plan.because).not.toBe("");
});

test("a history tells where each timeline ended, whatever else is in it", () => {
  expect([...parseHistory(history)]).toEqual([
    [1, 0x3000100],
    [2, 0x5000000],
  ]);
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => parseHistory(text)).not.toThrow();
    }),
  );
});

const promotion = (id: string, epoch: number) => ({ id, epoch, region: "hz-fsn-rtz-prod" });

test.each([
  ["never promoted", [], [promotion("b", 2)], "continued"],
  ["known to the peer", [promotion("a", 1)], [promotion("a", 1), promotion("b", 2)], "continued"],
  ["promoted apart, before", [promotion("a", 1)], [promotion("b", 2)], "forked"],
  [
    "promoted twice in one epoch, the second time apart",
    [promotion("a", 1), promotion("a2", 1)],
    [promotion("a", 1), promotion("b", 2)],
    "forked",
  ],
  ["promoted apart, at the same epoch", [promotion("a", 2)], [promotion("b", 2)], "older"],
  ["promoted later than the peer", [promotion("a", 3)], [promotion("b", 2)], "older"],
  ["promoted, and the peer never", [promotion("a", 1)], [], "older"],
])("a copy that was %s", (_, here, there, kinship) => {
  expect(kinshipOf(here, there)).toBe(kinship);
});
