/** Scripts for the guards of ADR 25 that are removed only to see that something finds it: one short scene for each. */

import type { AgentRecord } from "../../src/core/failover/record.ts";
import type * as rehearsal from "../../src/core/failover/rehearsal.ts";
import type { Actor, Stage } from "../../src/core/failover/rehearsal.ts";
import type { Finding } from "./kill.ts";
import type { Property } from "./properties.ts";

type Play = typeof rehearsal;

const stageFile = "core/failover/rehearsal.ts";
/** Longer than a lease and the waiting for it. */
const longMs = 70_000;

function script(act: (play: Play) => Finding): Property {
  return {
    entries: [stageFile],
    judge: async (load) => act((await load(stageFile)) as Play), // That file.
  };
}

const objectIf = (is: boolean, words: string): Finding => (is ? words : null);

/** Region a starts with this record; the data are here, and nobody ever held the lease. */
function alone(play: Play, record: Partial<AgentRecord> = {}) {
  const here = play.stage("fence");
  const a = here.actor("a");
  a.record = { ...play.clearRecord, epochSeen: 0, ...record };
  a.measures = (atMs) => play.factsOf("writable", atMs);
  here.restart(a);
  return { here, a };
}

/** Two people approve any loss, at epoch 1. */
function approve(here: Stage, actor: Actor, action: "failover" | "takeOverWithoutWitness"): void {
  for (const person of ["ada", "grace"]) {
    const limits = { maxLossBytes: Number.MAX_SAFE_INTEGER, expiresAtMs: here.nowMs + 600_000 };
    const about = { group: "shop", action, expectedEpoch: 1, person, nonce: person } as const;
    here.give(actor, { type: "approved", approval: { ...about, ...limits } });
  }
}

type Said = { readonly peerIsFenced: boolean; readonly approved: boolean };

/** Whether region b gets the right to write by a person's word, without the witness; `witness` says whether it answers all the time. */
function takenOver(play: Play, witness: "silent" | "answers", said: Said): boolean {
  const { here, a, b } = play.serving("sticky");
  const silentMs = witness === "silent" ? 40_000 : 0;
  here.pass(silentMs);
  if (said.approved) approve(here, b, "takeOverWithoutWitness");
  const { peerIsFenced } = said;
  here.give(b, {
    type: "personSaid",
    wish: { kind: "takeOver", withoutWitness: true, peerIsFenced },
  });
  let isTaken = false;
  here.pass(45_000, () => {
    if (witness === "answers") for (const one of [a, b]) here.answer(one);
    isTaken ||= play.writers(here, b).length > 0;
  });
  return isTaken;
}

export const rehearsalsOfGuards: Readonly<Record<string, Property>> = {
  "who is not armed takes nothing": script((play) => {
    const { here, a } = alone(play, { armed: false });
    here.pass(longMs, () => here.answer(a));
    return objectIf(here.witness.holder !== null, "it takes the lease");
  }),
  "after its watchdog was lost a region takes nothing for as long as a contender waits": script(
    (play) => {
      const { here, a } = alone(play);
      here.give(a, { type: "watchdogLost" });
      here.pass(20_000, () => here.answer(a));
      return objectIf(here.witness.holder !== null, "it takes the lease, and nobody would fence");
    },
  ),
  "a grant that comes when its time is over is not used": script((play) => {
    const { here, a } = alone(play);
    while (a.calls.at(-1)?.request?.op !== "acquire") if (!here.answer(a)) here.pass(1_000);
    here.nowMs += 25_000;
    a.done.length = 0;
    here.answer(a);
    const isUsed = a.done.some((one) => one.type === "setWatchdog" && one.tenure !== null);
    return objectIf(isUsed, "it is used, for a moment that is over");
  }),
  "one request to the witness is under way at a time": script((play) => {
    const { here, a } = play.serving("fence");
    let sentAtMs = 0;
    let isDoubled = false;
    here.pass(15_000, () => {
      const sent = a.done.splice(0).filter(({ type }) => type === "callWitness").length;
      if (sent === 0) return;
      isDoubled ||= sent > 1 || here.nowMs - sentAtMs < 3_000;
      sentAtMs = here.nowMs;
    });
    return objectIf(isDoubled, "a second one is sent before the first is answered or given up");
  }),
  "a consent of the round before does not count for this one": script((play) => {
    const { here, a, b } = play.serving("sticky");
    while (a.said.at(-1)?.kind !== "ask") here.pass(500);
    play.deliver(here, a, b, "ask");
    const late = b.said.at(-1);
    here.restart(a);
    while (a.said.at(-1)?.kind !== "ask") here.pass(500);
    if (late !== undefined) here.give(a, { type: "peerSaid", message: late });
    return objectIf(a.state.authority.kind === "sticky", "it goes on by a consent to another one");
  }),
  "what a witness shows that forgot is outwaited also when people ask": script((play) => {
    const scene = play.serving("fence");
    const { here, a, b } = scene;
    here.witness = { ...here.witness, epoch: 0, rev: 0, holder: null, instance: null, note: {} };
    here.answer(b);
    approve(here, b, "failover");
    const wish = { kind: "takeOver", withoutWitness: false, peerIsFenced: false } as const;
    here.give(b, { type: "personSaid", wish });
    let most = 0;
    here.pass(60_000, () => {
      here.answer(b);
      most = Math.max(most, play.writers(here, a, b).length);
    });
    return objectIf(most > 1, "two regions have authority");
  }),
  "an arbiter takes over only when it was told that every commit waits for it": script((play) => {
    const { here, b } = play.serving("peerArbiter");
    const about = { kind: "ask", policy: "peerArbiter", epoch: 1, round: 1, seq: 1 } as const;
    here.give(b, { type: "peerSaid", message: { ...about, sync: "degraded" } });
    here.pass(longMs);
    return objectIf(play.writers(here, b).length > 0, "what it lacks is lost without a word");
  }),
  "a switchover that was asked for long ago is not done when the witness answers at last": script(
    (play) => {
      const { here, a } = play.serving("fence");
      here.give(a, { type: "personSaid", wish: { kind: "switchover" } });
      here.pass(600_000);
      a.done.length = 0;
      here.pass(longMs, () => here.answer(a));
      const isHandedOver = a.done.some(
        (one) => one.type === "callWitness" && (one.request?.note["handTo"] ?? null) !== null,
      );
      return objectIf(isHandedOver, "it is handed over ten minutes later");
    },
  ),
  "what a person stated of the peer is doubted when the peer's agent speaks": script((play) => {
    const { here, a, b } = play.serving("sticky");
    while (a.said.at(-1)?.kind !== "ask") here.pass(500);
    const question = a.said.at(-1);
    approve(here, b, "takeOverWithoutWitness");
    const wish = { kind: "takeOver", withoutWitness: true, peerIsFenced: true } as const;
    here.give(b, { type: "personSaid", wish });
    if (question !== undefined) here.give(b, { type: "peerSaid", message: question });
    here.pass(60_000);
    return objectIf(play.writers(here, b).length > 0, "it takes over from a region that is alive");
  }),
  "a person takes over only from a peer that is bound or stated to be fenced": script((play) => {
    const isTaken = takenOver(play, "silent", { peerIsFenced: false, approved: true });
    return objectIf(isTaken, "the peer may write still");
  }),
  "people who did not sign take nothing over": script((play) => {
    const said = { peerIsFenced: true, approved: true };
    if (!takenOver(play, "silent", said)) return "those who did take nothing over either";
    const isTaken = takenOver(play, "silent", { ...said, approved: false });
    return objectIf(isTaken, "nobody approved it");
  }),
  "a person takes nothing over from a peer that the witness shows alive": script((play) => {
    const isTaken = takenOver(play, "answers", { peerIsFenced: true, approved: true });
    return objectIf(isTaken, "the peer renewed a moment ago");
  }),
};
