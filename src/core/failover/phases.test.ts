/** Every event in every phase of an agent, before and after its deadlines: it never throws, and what must hold always holds. */
import { describe, expect, test } from "vitest";
import type { AgentEvent, PersonWish } from "./event.ts";
import type { PeerMessage } from "./message.ts";
import type { OpenRound } from "./record.ts";
import {
  type Actor,
  clearRecord,
  factsOf,
  type Happening,
  type Stage,
  serving,
  stage,
} from "./rehearsal.ts";
import { step } from "./step.ts";

type Scene = { readonly here: Stage; readonly actor: Actor };
const round: OpenRound = { policy: "sticky", epoch: 1, round: 1 };

function holder(
  happens: (scene: Scene) => void,
  policy: "sticky" | "peerArbiter" = "sticky",
): Scene {
  const { here, a } = serving(policy);
  const scene = { here, actor: a };
  happens(scene);
  return scene;
}

function standby(record: object = {}): Scene {
  const here = stage("sticky");
  const actor = here.actor("b");
  actor.measures = (atMs) => factsOf("standby", atMs);
  actor.record = { ...clearRecord, ...record };
  here.restart(actor);
  return { here, actor };
}

const consent = ({ here, actor }: Scene): void => {
  here.pass(15_000);
  const ask = actor.said.findLast(({ kind }) => kind === "ask");
  if (ask?.kind !== "ask") throw new Error("it did not ask");
  const { policy, epoch, round: number, seq } = ask;
  const message = { kind: "consent", policy, epoch, round: number, seq } as const;
  here.give(actor, { type: "peerSaid", message });
};

/** Each phase with what tells that it is the one that it is called. */
const phases: readonly (readonly [string, () => Scene, (actor: Actor) => string])[] = [
  ["fenced", () => standby(), ({ state }) => state.data.kind],
  [
    "fencing",
    () =>
      holder(({ here, actor }) => {
        actor.holds.add("fence");
        here.give(actor, { type: "clockGap", gapMs: 5_000 });
      }),
    ({ state }) => state.data.kind,
  ],
  ["lease", () => holder(() => undefined), ({ state }) => state.authority.kind],
  ["sticky", () => holder(consent), ({ state }) => state.authority.kind],
  ["granted", () => holder(consent, "peerArbiter"), ({ state }) => state.authority.kind],
  [
    "own",
    () => {
      const scene = standby({ promise: { ...round, policy: "peerArbiter" } });
      const { here, actor } = scene;
      const ask = {
        kind: "ask",
        seq: 2,
        sync: "in_sync",
        ...round,
        policy: "peerArbiter",
      } as const;
      here.give(actor, { type: "peerSaid", message: ask });
      here.pass(40_000);
      return scene;
    },
    ({ state }) => state.authority.kind,
  ],
  [
    "promoting",
    () => {
      const { here, b } = serving("sticky");
      b.holds.add("promote");
      here.pass(40_000, () => here.answer(b));
      return { here, actor: b };
    },
    ({ state }) => state.data.kind,
  ],
  [
    "acquire",
    () => {
      const { here, b } = serving("sticky");
      while (b.calls.at(-1)?.request?.op !== "acquire") {
        here.pass(1_000, () => {
          if (b.calls.at(-1)?.request?.op !== "acquire") here.answer(b);
        });
      }
      return { here, actor: b };
    },
    ({ state }) => state.witness.call?.request?.op ?? "",
  ],
  [
    "openRound",
    () =>
      holder(({ here, actor }) => {
        actor.holds.add("store");
        here.pass(15_000);
      }),
    ({ state }) => state.pending?.purpose ?? "",
  ],
  [
    "switchover",
    () =>
      holder(({ here, actor }) => {
        actor.measures = null;
        here.give(actor, { type: "personSaid", wish: { kind: "switchover" } });
      }),
    ({ state }) => state.wish?.kind ?? "",
  ],
  [
    "promise",
    () => standby({ promise: round }),
    ({ state }) => (state.record?.promise ? "promise" : ""),
  ],
  ["open", () => standby({ open: round }), ({ state }) => (state.record?.open ? "open" : "")],
  [
    "unclear",
    () => {
      const scene = standby();
      scene.here.restart(scene.actor, { copies: "lost" });
      return scene;
    },
    ({ state }) => (state.record?.unclear === true ? "unclear" : ""),
  ],
];

const wishes: readonly PersonWish[] = [
  { kind: "arm" },
  { kind: "disarm", because: "repairs" },
  { kind: "rearm" },
  { kind: "switchover" },
  { kind: "takeOver", withoutWitness: false, peerIsFenced: false },
  { kind: "takeOver", withoutWitness: true, peerIsFenced: true },
  { kind: "closeRound" },
];
const messages: readonly PeerMessage[] = [
  { kind: "ask", seq: 1, sync: "in_sync", ...round },
  { kind: "ask", seq: 1, sync: "degraded", policy: "peerArbiter", epoch: 9, round: 9 },
  { kind: "consent", seq: 1, ...round },
  { kind: "giveBack", epoch: 1, round: 1 },
  { kind: "givenBack", epoch: 1, round: 1 },
  { kind: "clearAsk", nonce: "n", epochSeen: 1 },
  { kind: "clear", nonce: "n", outstanding: "none", epochSeen: 1, roundIssued: 1 },
];

/** Every kind of event, and its answers to what is under way. */
function happenings({ here, actor }: Scene): readonly Happening[] {
  const { call } = actor.state.witness;
  const reqId = call?.reqId ?? "nobody";
  const version = actor.state.pending?.record.version ?? 7;
  const mine = { ...here.witness, rev: here.witness.rev + 1, holder: actor.context.self };
  const theirs = { ...mine, holder: actor.context.peer, epoch: mine.epoch + 1 };
  const approval = {
    person: "ada",
    group: "shop",
    action: "failover",
    expectedEpoch: 1,
    maxLossBytes: 0,
    expiresAtMs: here.nowMs + 1,
    nonce: "n",
  } as const;
  return [
    { type: "tick" },
    ...["nobody", reqId].flatMap((id): readonly Happening[] => [
      { type: "witnessRead", reqId: id, record: mine },
      { type: "witnessRead", reqId: id, record: theirs },
      { type: "witnessReplied", reqId: id, reply: { ok: true, record: mine, repeated: false } },
      { type: "witnessReplied", reqId: id, reply: { ok: true, record: theirs, repeated: true } },
      { type: "witnessReplied", reqId: id, reply: { ok: false, code: "held", record: theirs } },
      { type: "witnessReplied", reqId: id, reply: { ok: false, code: "lost", record: theirs } },
      { type: "witnessReplied", reqId: id, reply: { ok: false, code: "stale", record: mine } },
      { type: "witnessFailed", reqId: id, outcome: "unknown" },
      { type: "witnessFailed", reqId: id, outcome: "refused" },
    ]),
    ...messages.map((message): Happening => ({ type: "peerSaid", message })),
    { type: "stored", version },
    { type: "storeFailed", version },
    { type: "fenced" },
    { type: "fenceFailed", because: "no way" },
    { type: "promoted", service: "ledger", epoch: 2 },
    { type: "promoted", service: "nobody's", epoch: 2 },
    { type: "promoteFailed", service: "ledger", epoch: 2, because: "no way" },
    { type: "measured", facts: factsOf("writable", here.nowMs, { sync: "stalled" }) },
    { type: "measured", facts: { atMs: here.nowMs, services: [], notReady: ["everything"] } },
    { type: "seen", evidence: { atMs: here.nowMs, peerActiveEpoch: 1, selfVisible: false } },
    { type: "clockGap", gapMs: -60_000 },
    { type: "watchdogLost" },
    { type: "approved", approval },
    ...wishes.map((wish): Happening => ({ type: "personSaid", wish })),
  ];
}

describe.each(phases)("%s", (phase, scene, told) => {
  test("is the phase that this table says", () => {
    expect(told(scene().actor)).toBe(phase);
  });

  test("takes in every event, before and after its deadlines, and keeps the invariants", () => {
    const { here, actor } = scene();
    const waits = [0, 1, 2_500, 20_000, 40_000];
    for (const happening of happenings({ here, actor })) {
      for (const waitMs of waits) {
        const atMs = here.nowMs + waitMs;
        // Every Happening is an AgentEvent that only lacks its moments.
        const event = { ...happening, atMs, wallAtMs: atMs } as AgentEvent;
        const taken = step(actor.context, actor.state, event);
        const authority = taken.state.authority;
        expect(authority.kind === "none" || authority.untilAtMs > atMs).toBe(true);
        const isBare = taken.state.data.kind === "fenced" || taken.state.data.kind === "fencing";
        expect(authority.kind !== "none" || isBare, JSON.stringify(event)).toBe(true);
        const calls = taken.effects.filter(({ type }) => type === "callWitness");
        expect(calls.length).toBeLessThanOrEqual(1);
      }
    }
  });
});
