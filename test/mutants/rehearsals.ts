/** Short scripts for two agents on the stage of `core/failover/rehearsal.ts`; each ends with what must not have happened. */
import type { healthAnswer } from "../../src/core/failover/authority.ts";
import type { PeerMessage } from "../../src/core/failover/message.ts";
import type { AgentRecord } from "../../src/core/failover/record.ts";
import type * as rehearsal from "../../src/core/failover/rehearsal.ts";
import type { Actor, Stage } from "../../src/core/failover/rehearsal.ts";
import { applyLease } from "../../src/core/lease/apply.ts";
import type { Finding } from "./kill.ts";
import type { Property } from "./properties.ts";

type Play = typeof rehearsal & { readonly healthAnswer: typeof healthAnswer };

const stageFile = "core/failover/rehearsal.ts";
const authorityFile = "core/failover/authority.ts";

function script(act: (play: Play) => Finding): Property {
  return {
    entries: [stageFile, authorityFile],
    async judge(load) {
      const parts = [await load(stageFile), await load(authorityFile)];
      return act(Object.assign({}, ...(parts as Partial<Play>[])) as Play); // Those two files.
    },
  };
}

/** So long after a renewal a holder whose witness is silent has asked its peer. */
const silentMs = 14_000;
const longMs = 70_000;

const ask = { kind: "ask", policy: "sticky", epoch: 1, round: 1, seq: 1, sync: "in_sync" } as const;
const objectIf = (is: boolean, words: string): Finding => (is ? words : null);
const hear = (here: Stage, actor: Actor, message: PeerMessage): void =>
  here.give(actor, { type: "peerSaid", message });

/** Whether both could write at some moment while time passes and `each` happens. */
function twoWriters(play: Play, scene: ReturnType<Play["serving"]>, each: () => void): Finding {
  const { here, a, b } = scene;
  let most = 0;
  here.pass(longMs, () => {
    each();
    most = Math.max(most, play.writers(here, a, b).length);
  });
  return objectIf(most > 1, "two regions have authority");
}

/** A scene in which a has asked b to stand back, and b heard it. */
function asked(play: Play, policy: "sticky" | "peerArbiter"): ReturnType<Play["serving"]> {
  const scene = play.serving(policy);
  const { here, a, b } = scene;
  here.pass(silentMs, () => here.answer(b));
  play.deliver(here, a, b, "ask");
  return scene;
}

/** An agent that has just sent a request for the lease, which nobody holds. */
function acquiring(play: Play): { readonly here: Stage; readonly a: Actor } {
  const here = play.stage("sticky");
  const a = here.actor("a");
  a.record = { ...play.clearRecord, epochSeen: 0 };
  a.measures = (atMs) => play.factsOf("writable", atMs);
  here.restart(a);
  here.give(a, { type: "measured", facts: play.factsOf("writable", here.nowMs) });
  for (let i = 0; i < 20 && a.calls.at(-1)?.request?.op !== "acquire"; i++) {
    if (!here.answer(a)) here.pass(1_000);
  }
  return { here, a };
}

/** Region b, started with these copies of its record. */
function startedWith(play: Play, ...records: readonly (AgentRecord | null)[]): Actor {
  const here = play.stage("sticky");
  const b = here.actor("b");
  const copies = records.map((record) =>
    record === null ? ({ kind: "missing" } as const) : ({ kind: "present", record } as const),
  );
  here.give(b, { type: "started", copies, tenure: null });
  return b;
}

const notClear = (actor: Actor): boolean =>
  actor.state.record === null || actor.state.record.unclear;

export const rehearsals: Readonly<Record<string, Property>> = {
  "a holder that hears nothing fences": script((play) => {
    const { here, a, b } = play.serving("fence");
    here.pass(longMs, () => here.answer(b));
    return objectIf(a.state.data.kind === "serving", "it serves on without a lease");
  }),
  "a holder that is told that the lease is lost fences": script((play) => {
    const { here, a } = play.serving("fence");
    while (a.state.witness.call === null) here.pass(500);
    here.witness = {
      ...here.witness,
      epoch: 1,
      rev: here.witness.rev + 1,
      holder: null,
      instance: null,
    };
    here.answer(a);
    return objectIf(play.writers(here, a).length > 0, "it goes on");
  }),
  "a holder that sees a later epoch at the witness fences": script((play) => {
    const { here, a } = play.serving("fence");
    const record = {
      ...here.witness,
      epoch: 2,
      rev: here.witness.rev + 1,
      holder: "b",
      instance: "b9",
    };
    here.give(a, { type: "witnessRead", reqId: "given up", record });
    return objectIf(play.writers(here, a).length > 0, "it goes on");
  }),
  "a holder that hears of a later epoch from its peer fences": script((play) => {
    const { here, a } = play.serving("sticky");
    hear(here, a, { ...ask, epoch: 2 });
    return objectIf(play.writers(here, a).length > 0, "it goes on");
  }),
  "after a pause nobody has authority": script((play) => {
    const { here, a } = play.serving("fence");
    here.give(a, { type: "clockGap", gapMs: 60_000 });
    return objectIf(play.writers(here, a).length > 0, "it goes on");
  }),
  "what was asked before a pause gives nothing after it": script((play) => {
    const { here, a } = acquiring(play);
    const { reqId, request } = a.calls.at(-1) ?? { reqId: "", request: null };
    here.give(a, { type: "clockGap", gapMs: 60_000 });
    if (request === null) throw new Error("it did not ask for the lease");
    const reply = applyLease(here.witness, request, here.nowMs);
    here.give(a, { type: "witnessReplied", reqId, reply });
    return objectIf(play.writers(here, a).length > 0, "an old grant is used");
  }),
  "the watchdog guards until the data is fenced": script((play) => {
    const { here, a } = play.serving("fence");
    a.holds.add("fence");
    here.pass(30_000);
    return objectIf(a.tenure === null, "nobody would fence if the agent died now");
  }),
  "who promised to stand back does not take the lease": script((play) => {
    const { here, a, b } = asked(play, "sticky");
    play.deliver(here, b, a, "consent");
    here.pass(longMs, () => here.answer(b));
    return objectIf(
      here.witness.holder !== "a" || here.witness.epoch > 1,
      "the lease changes hands",
    );
  }),
  "a round is over when the peer uses a later epoch": script((play) => {
    const { here, a } = asked(play, "peerArbiter");
    here.pass(20_000);
    const granted = { epoch: 2, rev: here.witness.rev + 1, holder: "b", instance: "b1" };
    here.witness = { ...here.witness, ...granted, note: { region: "b", isUsed: false } };
    here.pass(15_000, () => here.answer(a));
    return objectIf(
      (a.state.record?.open ?? null) === null,
      "it is closed, and b may not know of it",
    );
  }),
  "a new holder says that nobody is known to follow": script((play) => {
    const { a } = acquiring(play);
    const sync = a.calls.at(-1)?.request?.note["sync"];
    return objectIf(sync !== "degraded", `it says ${String(sync)}`);
  }),
  "who asked for an arbiter does not take the lease beside it": script((play) => {
    const scene = asked(play, "peerArbiter");
    const { here, a } = scene;
    here.pass(10_000);
    return twoWriters(play, scene, () => here.answer(a));
  }),
  "from its first question on a holder is capped": script((play) => {
    const scene = asked(play, "peerArbiter");
    return twoWriters(play, scene, () => scene.here.answer(scene.a));
  }),
  "until the hand-back is confirmed the lease and the grant are both needed": script((play) => {
    const scene = asked(play, "peerArbiter");
    const { here, a, b } = scene;
    play.deliver(here, b, a, "consent");
    return twoWriters(play, scene, () => here.answer(a));
  }),
  "the peer is freed only once the lease is live": script((play) => {
    const scene = asked(play, "sticky");
    const { here, a, b } = scene;
    play.deliver(here, b, a, "consent");
    return twoWriters(play, scene, () => {
      for (const said of a.said.splice(0)) if (said.kind === "giveBack") hear(here, b, said);
      here.answer(b);
    });
  }),
  "a grant is counted from the question": script((play) => {
    const { here, a, b } = play.serving("peerArbiter");
    while (a.said.at(-1)?.kind !== "ask") here.pass(500);
    const askedAtMs = here.nowMs;
    play.deliver(here, a, b, "ask");
    here.nowMs += 2_000;
    play.deliver(here, b, a, "consent");
    const { authority } = a.state;
    const untilAtMs = authority.kind === "none" ? 0 : authority.untilAtMs;
    return objectIf(untilAtMs > askedAtMs + 20_000, "it is counted from the answer");
  }),
  "a consent counts for the question that it answers": script((play) => {
    const { here, a, b } = play.serving("peerArbiter");
    while (a.said.at(-1)?.kind !== "ask") here.pass(500);
    const askedAtMs = here.nowMs;
    play.deliver(here, a, b, "ask");
    while (a.said.at(-1)?.kind !== "ask") here.pass(500);
    play.deliver(here, b, a, "consent", "oldest");
    const { authority } = a.state;
    const untilAtMs = authority.kind === "none" ? 0 : authority.untilAtMs;
    return objectIf(untilAtMs > askedAtMs + 20_000, "it counts for a newer one");
  }),
  "a hand-back of an older round frees nobody": script((play) => {
    const here = play.stage("sticky");
    const b = here.actor("b");
    b.record = { ...play.clearRecord, promise: { policy: "sticky", epoch: 1, round: 2 } };
    here.restart(b);
    hear(here, b, { kind: "giveBack", epoch: 1, round: 1 });
    return objectIf((b.state.record?.promise ?? null) === null, "the newer promise is gone");
  }),
  "a question of an epoch that is over is not consented to": script((play) => {
    const here = play.stage("sticky");
    const b = here.actor("b");
    b.record = { ...play.clearRecord, epochSeen: 3 };
    here.restart(b);
    hear(here, b, ask);
    return objectIf(
      b.said.some(({ kind }) => kind === "consent"),
      "it is consented to",
    );
  }),
  "nothing is promised while the lease is asked for": script((play) => {
    const { here, a } = acquiring(play);
    hear(here, a, { ...ask, epoch: 5 });
    return objectIf(
      a.said.some(({ kind }) => kind === "consent"),
      "it consents",
    );
  }),
  "a holder promises nothing": script((play) => {
    const { here, a } = play.serving("sticky");
    hear(here, a, ask);
    return objectIf(
      a.said.some(({ kind }) => kind === "consent"),
      "it consents and writes on",
    );
  }),
  "who took an epoch without the witness frees and clears nobody": script((play) => {
    const { here, a, b } = asked(play, "peerArbiter");
    here.pass(50_000);
    b.said.length = 0;
    hear(here, b, { kind: "giveBack", epoch: 1, round: a.state.record?.open?.round ?? 1 });
    hear(here, b, { kind: "clearAsk", nonce: "n", epochSeen: 1 });
    const isFreed = b.said.some(({ kind }) => kind === "givenBack");
    const isCleared = b.said.some((said) => said.kind === "clear" && said.outstanding === "none");
    return objectIf(isFreed || isCleared, "the peer may take the lease beside it");
  }),
  "after `none` no older question is consented to": script((play) => {
    const here = play.stage("peerArbiter");
    const b = here.actor("b");
    b.record = { ...play.clearRecord, epochSeen: 3 };
    here.restart(b);
    hear(here, b, { kind: "clearAsk", nonce: "n", epochSeen: 3 });
    hear(here, b, { ...ask, policy: "peerArbiter", epoch: 3, round: 9 });
    return objectIf(
      b.said.some(({ kind }) => kind === "consent"),
      "it is an arbiter of a dead round",
    );
  }),
  "a restarted agent opens a round of its own": script((play) => {
    const { here, a } = play.serving("sticky");
    while (a.said.at(-1)?.kind !== "ask") here.pass(500);
    here.restart(a);
    a.said.length = 0;
    here.pass(6_000);
    const rounds = a.said.flatMap((said) => (said.kind === "ask" ? [said.round] : []));
    return objectIf(rounds.includes(1), "it asks in the round of the process before it");
  }),
  "the promise is kept on which a resumed tenure rests": script((play) => {
    const scene = play.serving("sticky");
    const { here, a, b } = scene;
    here.pass(silentMs, () => here.answer(b));
    play.deliver(here, a, b, "ask");
    const late = b.said.at(-1);
    play.deliver(here, b, a, "consent");
    here.pass(40_000, () => here.answer(b));
    here.restart(a);
    here.pass(8_000, () => here.answer(b));
    a.said.length = 0;
    if (late !== undefined) hear(here, a, late);
    for (const said of a.said.splice(0)) if (said.kind === "giveBack") hear(here, b, said);
    return twoWriters(play, scene, () => here.answer(b));
  }),
  "memories that differ are no memory": script((play) => {
    const older = { ...play.clearRecord, version: 1 };
    const newer = { ...older, version: 2 };
    const both = startedWith(play, older, newer);
    const turned = startedWith(play, newer, older);
    return objectIf(!(notClear(both) && notClear(turned)), "one of the two is believed");
  }),
  "a memory that is missing in one store is no memory": script((play) =>
    objectIf(!notClear(startedWith(play, play.clearRecord, null)), "the other one is believed"),
  ),
  "who remembers nothing is not armed": script((play) =>
    objectIf(startedWith(play, null).state.record?.armed === true, "it is armed"),
  ),
  "who has no tenure begins by fencing": script((play) =>
    objectIf(
      !startedWith(play, play.clearRecord).done.some(({ type }) => type === "fence"),
      "it does not",
    ),
  ),
  "only a clear `none` clears": script((play) => {
    const here = play.stage("sticky");
    const b = here.actor("b");
    here.witness = {
      ...here.witness,
      epoch: 1,
      rev: 1,
      holder: "a",
      instance: "a1",
      ttlMs: 30_000,
    };
    here.restart(b, { copies: "lost" });
    here.pass(5_000, () => here.answer(b));
    const nonce = b.state.peer.query?.nonce ?? "";
    hear(here, b, {
      kind: "clear",
      nonce: `not ${nonce}`,
      outstanding: "none",
      epochSeen: 1,
      roundIssued: 0,
    });
    hear(here, b, { kind: "clear", nonce, outstanding: "unknown", epochSeen: 1, roundIssued: 1 });
    return objectIf(!notClear(b), "it is armed by an answer that says nothing");
  }),
  "a person's take-over waits for the last consent": script((play) => {
    const { here, b } = asked(play, "sticky");
    const common = { group: "shop", action: "takeOverWithoutWitness", expectedEpoch: 1 } as const;
    for (const person of ["ada", "grace"]) {
      const limits = { maxLossBytes: Number.MAX_SAFE_INTEGER, expiresAtMs: here.nowMs + 600_000 };
      here.give(b, { type: "approved", approval: { ...common, ...limits, person, nonce: person } });
    }
    const wish = { kind: "takeOver", withoutWitness: true, peerIsFenced: true } as const;
    here.give(b, { type: "personSaid", wish });
    here.pass(5_000);
    return objectIf(play.writers(here, b).length > 0, "the peer may act on it still");
  }),
  "a witness that lost its memory gives nothing": script((play) => {
    const cache = { name: "ledger", kind: "valkey", mayLose: "everything", after: [] } as const;
    const { here, b } = play.serving("fence", { services: [cache] });
    here.witness = { ...here.witness, epoch: 0, rev: 0, holder: null, instance: null, note: {} };
    here.pass(120_000, () => here.answer(b));
    return objectIf(play.writers(here, b).length > 0, "its epoch 1 is given a second time");
  }),
  "a lease is handed over when the data is fenced": script((play) => {
    const { here, a, b } = play.serving("fence");
    a.holds.add("fence");
    here.give(a, { type: "personSaid", wish: { kind: "switchover" } });
    here.pass(5_000, () => {
      here.answer(a);
      here.answer(b);
    });
    return objectIf(here.witness.holder !== "a", "it is released while the data is being fenced");
  }),
  "the health path answers 200 when the data serves": script((play) => {
    const { here, a } = acquiring(play);
    a.holds.add("promote");
    here.answer(a);
    const { status } = play.healthAnswer(a.state, here.nowMs);
    return objectIf(status === 200, "it answers 200 before");
  }),
  "what fails later undoes nothing": script((play) => {
    const { here, a } = acquiring(play);
    a.holds.add("promote");
    here.answer(a);
    a.done.length = 0;
    here.give(a, { type: "promoteFailed", service: "ledger", epoch: 1, because: "disk full" });
    return objectIf(
      a.done.some(({ type }) => type === "fence"),
      "the promotion is taken back",
    );
  }),
};
