import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agentReport } from "../../../test/agent-report.ts";
import { catalogueOf, declared, fsn, hel, placed, witnessed } from "../../../test/catalogue.ts";
import {
  following,
  groupOf,
  heard,
  rolesOf,
  serving,
  silent,
  standby,
  viewOf,
  writing,
} from "../../../test/topology-facts.ts";
import { resolveGroups } from "../failover/resolve-group.ts";
import type { Catalogue } from "../resources/catalogue.ts";
import type { AgentFacts } from "./topology.ts";
import { bytesText } from "./topology-words.ts";

describe("the title is the answer", () => {
  const cases: readonly (readonly [string, readonly AgentFacts[], string, string])[] = [
    [
      "one serves, the other stands by in step",
      [heard(serving), heard(standby)],
      "good",
      `${fsn} serves ledger; ${hel} stands by, in step`,
    ],
    [
      "the standby is behind",
      [
        heard({ ...serving, sync: "degraded", services: [{ ...writing, sync: "alone" }] }),
        heard({ ...standby, services: [{ ...following, position: 3_800 }] }),
      ],
      "look",
      `${fsn} serves ledger; ${hel} stands by, not in step, 1.2 kB behind`,
    ],
    [
      "the standby's agent is silent",
      [heard(serving), silent(hel)],
      "look",
      `${fsn} serves ledger; the agent of ${hel} is silent`,
    ],
    [
      "the standby would not take over",
      [
        heard(serving),
        heard(standby, 200, { status: { ...agentReport(standby).status, armed: false } }),
      ],
      "look",
      `${fsn} serves ledger; ${hel} is held back: it is not armed`,
    ],
    [
      "nobody is heard",
      [silent(fsn), silent(hel)],
      "look",
      `Nobody is heard to serve ledger; the agent of ${fsn} is silent; the agent of ${hel} is silent`,
    ],
    [
      "both say that they may not",
      [heard({ cluster: fsn }), heard({ cluster: hel })],
      "bad",
      `Nobody serves ledger; ${fsn} stands by; ${hel} stands by`,
    ],
    [
      "one is being promoted",
      [heard({ cluster: fsn }), heard({ cluster: hel, epoch: 5, data: "promoting" })],
      "bad",
      `Nobody serves ledger; ${fsn} stands by; ${hel} is being promoted`,
    ],
    [
      "both say that they serve",
      [heard(serving), heard({ cluster: hel, epoch: 5 })],
      "bad",
      `Two regions say that they serve ledger: ${fsn} and ${hel}`,
    ],
  ];

  test.each(cases)("%s", (_, agents, state, text) => {
    expect(viewOf(agents).headline).toEqual({ state, text });
  });

  test("no Sovereign, and no group, are said as such", () => {
    const none = { catalogue: { sovereign: undefined }, groups: [] };
    expect(viewOf([], none).headline.text).toBe("No Sovereign is declared");
    expect(viewOf([], { catalogue: undefined, groups: [] }).sovereign).toBeNull();
    const bare = catalogueOf([placed("shop")], witnessed());
    const view = viewOf([], { catalogue: bare, groups: resolveGroups(bare) });
    // A default group exists, and nobody serves it: it is not shown.
    expect(view.headline.text).toBe("No failover group is declared");
    expect(view.regions.map(({ cluster, place }) => [cluster, place])).toEqual([
      [fsn, "left"],
      [hel, "right"],
    ]);
  });

  test("several groups are counted, and the one that is worst is named", () => {
    const two: Catalogue = {
      ...catalogueOf([placed("shop"), placed("pay", { environmentRef: "acme-pay" })], witnessed()),
      failoverGroups: [
        declared("ledger", { environments: ["acme-prod"] }),
        declared("pay", { environments: ["acme-pay"] }),
      ],
    };
    const groups = resolveGroups(two);
    const pay = [
      heard({ cluster: fsn, group: "pay" }),
      heard({ cluster: hel, group: "pay", epoch: 2 }),
    ];
    const all = [heard(serving), heard(standby), ...pay];
    expect(viewOf(all, { catalogue: two, groups }).headline).toEqual({
      state: "good",
      text: "All 2 failover groups are served and have a standby",
    });
    const ill = viewOf([heard(serving), heard(standby), ...pay.slice(0, 1)], {
      catalogue: two,
      groups,
    });
    expect(ill.headline.text).toBe(
      `1 of 2 failover groups are served; nobody is heard to serve pay; ${fsn} stands by; the agent of ${hel} is silent`,
    );
  });
});

describe("a region's role", () => {
  test.each<[string, readonly AgentFacts[], readonly string[]]>([
    ["is told by its agent", [heard(serving), heard(standby)], ["active", "standby"]],
    [
      "is on its side, whoever is asked first",
      [heard(standby), heard(serving)],
      ["active", "standby"],
    ],
    [
      "is silent when its report is old",
      [heard(serving, 5_100), heard(standby)],
      ["silent", "standby"],
    ],
    [
      "ends with its authority",
      [heard({ ...serving, leftMs: 900 }, 1_000), heard(standby)],
      ["promoting", "standby"],
    ],
    [
      "changes when the later holder was heard last",
      [heard(serving, 900), heard({ cluster: hel, epoch: 5 }, 100)],
      ["changing", "active"],
    ],
    [
      "is held back when its data does not follow",
      [heard(serving), heard({ ...standby, services: [{ ...following, role: "absent" }] })],
      ["active", "held"],
    ],
    [
      "is only looking on",
      [heard(serving), heard(standby, 100, { observeOnly: true })],
      ["active", "observing"],
    ],
    [
      "is fencing",
      [heard({ cluster: fsn, data: "fencing" }), heard(standby)],
      ["fencing", "standby"],
    ],
    ["is silent where no agent is configured", [heard(serving)], ["active", "silent"]],
  ])("%s", (_, agents, roles) => {
    expect(rolesOf(viewOf(agents))).toEqual(roles);
  });

  test("is counted for each region", () => {
    const [left] = viewOf([heard(serving), heard(standby)]).regions;
    expect(left).toMatchObject({ cluster: fsn, own: true, roles: { active: 1, standby: 0 } });
  });

  test("carries the needs of people, health and the witness", () => {
    const needs = [{ reason: "NotArmed", because: "this region may not take over", remedy: "arm" }];
    const view = viewOf([
      heard({ ...serving, witness: { silentForMs: 3_000 } }),
      heard({ ...standby, needs }),
    ]);
    const [left, right] = groupOf(view).sides;
    expect(left).toMatchObject({
      health: { status: 200 },
      witness: { state: "silent", silentForMs: 3_000 },
    });
    expect(right).toMatchObject({ health: { status: 503 }, needs });
    expect(view.headline.state).toBe("look");
  });
});

describe("what forbids taking over", () => {
  const needs = [{ reason: "ModeAllows", because: "", remedy: "takeOver" }];
  const judgement = [{ rule: "ModeAllows", outcome: "failed", because: "the mode is manual" }];
  const waiting = heard({ ...standby, needs }, 200, { people: { judgement } });

  test("is no need while the other region serves", () => {
    const view = viewOf([heard(serving), waiting]);
    expect(groupOf(view).sides[1]?.needs).toEqual([]);
    expect(view.headline.state).toBe("good");
  });

  test("is one when nobody does, in the words of the judgement", () => {
    expect(groupOf(viewOf([silent(fsn), waiting])).sides[1]?.needs).toEqual([
      { reason: "ModeAllows", because: "the mode is manual", remedy: "takeOver" },
    ]);
  });
});

test("whatever is heard, the view is plain data, and at most one region is active", () => {
  const side = fc.record({
    epoch: fc.option(fc.nat(5), { nil: undefined }),
    leftMs: fc.nat(10_000),
    ageMs: fc.nat(8_000),
    data: fc.constantFrom("fenced", "fencing", "promoting", "serving"),
    isSilent: fc.boolean(),
  });
  fc.assert(
    fc.property(side, side, (a, b) => {
      const agents = [a, b].map(({ epoch, leftMs, ageMs, data, isSilent }, index) => {
        const cluster = index === 0 ? fsn : hel;
        const facts = { cluster, leftMs, data, ...(epoch === undefined ? {} : { epoch }) };
        return isSilent ? silent(cluster, agentReport(facts), ageMs) : heard(facts, ageMs);
      });
      const view = viewOf(agents);
      expect(JSON.parse(JSON.stringify(view))).toEqual(view);
      expect(rolesOf(view).filter((role) => role === "active").length).toBeLessThanOrEqual(1);
      const { lease } = groupOf(view);
      if (lease !== null) expect(lease.leftMs).toBeLessThanOrEqual(lease.fullMs);
    }),
  );
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [99_950, "100 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [2_500_000_000, "2.5 GB"],
])("%i bytes are %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
