import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AgentState } from "../failover/state.ts";
import { annotationsOf, type MeshValues, meshValuesOf } from "./mesh-annotations.ts";
import { foreignOwners, ownersText } from "./mesh-owners.ts";
import {
  type MeshFacts,
  type MeshPlan,
  type MeshStanding,
  meshPlan,
  meshStanding,
} from "./mesh-plan.ts";

const stepsOf = (plan: MeshPlan) => (plan.kind === "steps" ? plan.steps : []);
const reasons = (plan: MeshPlan) => stepsOf(plan).map(({ reason }) => reason);
const serving = (epoch: number): MeshStanding => ({ kind: "serving", epoch });
const away = (epoch: number): MeshStanding => ({ kind: "away", epoch });
const facts = (given: Partial<MeshFacts> = {}): MeshFacts => ({
  global: true,
  shared: false,
  affinity: "remote",
  epoch: 4,
  ...given,
});

describe("what is refused or left alone", () => {
  test("a region that serves by an older epoch than the Service carries changes nothing", () => {
    const plan = meshPlan(serving(4), facts({ epoch: 5 }));
    expect(plan).toMatchObject({ kind: "outlived", because: expect.stringContaining("epoch 5") });
  });

  test("in between, nothing is changed whatever the Service says", () => {
    expect(meshPlan({ kind: "between" }, facts({ shared: true }))).toEqual({ kind: "settled" });
  });

  test("what is as it has to be is not written again", () => {
    expect(meshPlan(away(4), facts())).toEqual({ kind: "settled" });
    const served = facts({ shared: true, affinity: "local", epoch: 5 });
    expect(meshPlan(serving(5), served)).toEqual({ kind: "settled" });
  });

  test("a region withdraws also below the epoch of its Service, and keeps that epoch", () => {
    const [step] = stepsOf(meshPlan(away(1), facts({ shared: true, epoch: 9 })));
    expect(step).toMatchObject({ reason: "LeaveOtherClients", epoch: 9 });
  });
});

describe("the order", () => {
  test("who takes over leaves the other region's backends before others are asked to come", () => {
    expect(reasons(meshPlan(serving(5), facts()))).toEqual(["KeepOwnClients", "TakeOtherClients"]);
  });

  test("who is fenced is left by others before its own clients are sent away", () => {
    const plan = meshPlan(away(4), facts({ shared: true, affinity: "local" }));
    expect(reasons(plan)).toEqual(["LeaveOtherClients", "SendOwnClients"]);
  });

  test("a Service that was never global is not shared before its own clients are kept", () => {
    const never = facts({ global: false, shared: false, affinity: "unset", epoch: null });
    expect(stepsOf(meshPlan(serving(1), never)).map(({ values }) => values)).toEqual([
      { global: false, shared: false, affinity: "local" },
      { global: true, shared: true, affinity: "local" },
    ]);
  });

  test("a later epoch is carried also where nothing else changes", () => {
    expect(reasons(meshPlan(away(7), facts()))).toEqual(["CarryEpoch"]);
    expect(reasons(meshPlan(away(7), facts({ epoch: null })))).toEqual(["CarryEpoch"]);
  });
});

describe("annotations", () => {
  test.each([
    [{}, { global: false, shared: false, affinity: "unset" }],
    [{ "service.cilium.io/global": "true" }, { global: true, shared: true, affinity: "unset" }],
    [
      { "service.cilium.io/global": "True", "service.cilium.io/shared": "no" },
      { global: true, shared: false, affinity: "unset" },
    ],
    [
      { "service.cilium.io/global": "true", "service.cilium.io/affinity": "none" },
      { global: true, shared: true, affinity: "unset" },
    ],
  ] as const)("%j is understood as Cilium understands it", (annotations, values) => {
    expect(meshValuesOf(annotations)).toEqual(values);
  });

  test("what is written is read as what it was", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(meshValuesOf(annotationsOf(value))).toEqual(value);
      }),
    );
  });

  test("affinity none is never written", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(Object.values(annotationsOf(value))).not.toContain("none");
      }),
    );
  });
});

const values: fc.Arbitrary<MeshValues> = fc.record({
  global: fc.boolean(),
  shared: fc.boolean(),
  affinity: fc.constantFrom("local", "remote", "unset"),
});

type Sides = { readonly here: MeshFacts; readonly there: MeshFacts };

/** Whose backends a client here may reach, by Cilium's rules; each side always has backends, and a mesh that is cut keeps what it knew. */
function reached({ here, there }: Sides): readonly ("here" | "there")[] {
  const remote = here.global && there.global && there.shared;
  if (here.affinity === "remote" && remote) return ["there"];
  if (here.affinity === "local" || !remote) return ["here"];
  return ["here", "there"];
}

const written = (epoch: number, { shared, affinity }: Pick<MeshValues, "shared" | "affinity">) => ({
  global: true,
  shared,
  affinity,
  epoch,
});

describe("two regions, write by write", () => {
  const orders = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });

  test("while one region is fenced the Service goes on being reachable, and nobody is led to the fenced one from outside", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), orders, (epoch, order) => {
        // The region that served is fenced before the other one serves; their writes arrive in any order after that.
        let sides: Sides = {
          here: written(epoch, { shared: true, affinity: "local" }),
          there: written(epoch, { shared: false, affinity: "remote" }),
        };
        const todo = {
          here: [...stepsOf(meshPlan(away(epoch), sides.here))],
          there: [...stepsOf(meshPlan(serving(epoch + 1), sides.there))],
        };
        for (const isHere of [...order, true, true, false, false]) {
          const side = isHere ? "here" : "there";
          const step = todo[side].shift();
          if (step === undefined) continue;
          sides = { ...sides, [side]: { ...step.values, epoch: step.epoch } };
          expect(reached(sides).length).toBeGreaterThan(0);
          const fromThere = reached({ here: sides.there, there: sides.here });
          // Once the region that serves keeps its own clients, the lost one is never needed again.
          if (sides.there.affinity === "local") expect(fromThere).toEqual(["here"]);
        }
        expect(reached(sides)).toEqual(["there"]);
        expect(reached({ here: sides.there, there: sides.here })).toEqual(["here"]);
      }),
    );
  });

  test("a region that is lost and says nothing takes no client of the one that serves", () => {
    const lost = written(4, { shared: true, affinity: "local" });
    const steps = stepsOf(meshPlan(serving(5), facts()));
    const after = steps.map(({ values: value, epoch }) => ({ ...value, epoch }));
    for (const here of after) expect(reached({ here, there: lost })).toEqual(["here"]);
  });

  test("no plan shares a region that is away, and none lowers an epoch", () => {
    const epochs = fc.integer({ min: 0, max: 12 });
    const seen = fc.tuple(values, fc.option(epochs)).map(([value, epoch]) => ({ ...value, epoch }));
    const standings = fc.oneof(epochs.map(serving), epochs.map(away));
    fc.assert(
      fc.property(standings, seen, (standing, before) => {
        let now: MeshFacts = before;
        for (const step of stepsOf(meshPlan(standing, before))) {
          expect(step.epoch).toBeGreaterThanOrEqual(now.epoch ?? 0);
          if (standing.kind === "away") expect(!now.shared && step.values.shared).toBe(false);
          now = { ...step.values, epoch: step.epoch };
        }
        const again = meshPlan(standing, now);
        expect(again.kind === "outlived" ? again : stepsOf(again)).toEqual(
          again.kind === "outlived" ? again : [],
        );
      }),
    );
  });
});

describe("where a region stands", () => {
  const record = { epochSeen: 6 } as Parameters<typeof meshStanding>[0]["record"]; // The part that is read.
  const lease = { kind: "lease", epoch: 7, rev: 1, untilAtMs: 100 } as const;
  const served = { kind: "serving", epoch: 7 } as const;
  const promoting: AgentState["data"] = {
    kind: "promoting",
    epoch: 7,
    sinceAtMs: 0,
    done: [],
    waiting: [],
    retryAtMs: null,
  };
  const none = { kind: "none" } as const;

  type Known = Pick<AgentState, "authority" | "data" | "record">;
  const fenced = { kind: "fenced" } as const;
  const fencing = { kind: "fencing", sinceAtMs: 0, hasFailed: true } as const;
  const cases: readonly (readonly [string, Known, number, string])[] = [
    ["nothing is known yet", { authority: none, data: fenced, record: null }, 0, "between"],
    ["services are being promoted", { authority: lease, data: promoting, record }, 0, "between"],
    ["it serves", { authority: lease, data: served, record }, 0, "serving"],
    ["its authority is over now", { authority: lease, data: served, record }, 100, "away"],
    ["it is fenced", { authority: none, data: fenced, record }, 0, "away"],
    ["its services are being fenced", { authority: lease, data: fencing, record }, 0, "away"],
  ];
  test.each(cases)("%s", (_, state, nowMs, kind) => {
    expect(meshStanding(state, nowMs).kind).toBe(kind);
  });

  test("a fenced region carries the latest epoch that it saw", () => {
    const state = { authority: none, data: { kind: "fenced" }, record } as const;
    expect(meshStanding(state, 0)).toEqual({ kind: "away", epoch: 6 });
  });
});

describe("owners", () => {
  const entry = (manager: string, ...annotations: readonly string[]) => ({
    manager,
    operation: "Apply",
    fieldsV1: {
      "f:metadata": {
        "f:annotations": Object.fromEntries(annotations.map((name) => [`f:${name}`, {}])),
      },
    },
  });

  test("a GitOps controller that owns what has to move is named with what it owns", () => {
    const entries = [
      entry("sovereign-agent", "service.cilium.io/shared", "service.cilium.io/affinity"),
      entry("kustomize-controller", "service.cilium.io/shared"),
    ];
    const owners = foreignOwners(entries, "sovereign-agent");
    expect(ownersText("shop/web", owners)).toContain(
      "service.cilium.io/shared of the Service shop/web belongs to kustomize-controller",
    );
  });

  test("that a Service is global may be anybody's", () => {
    const entries = [entry("kustomize-controller", "service.cilium.io/global")];
    expect(ownersText("shop/web", foreignOwners(entries, "sovereign-agent"))).toBeNull();
  });

  test("entries without fields own nothing", () => {
    expect(foreignOwners([{ manager: "helm", operation: "Update" }], "us")).toEqual([]);
  });
});
