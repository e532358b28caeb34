import { expect, test } from "vitest";
import type { PersonWish } from "./event.ts";
import { stage } from "./rehearsal.ts";
import { type StatedOf, type Statement, statementDoubt, statementOf } from "./statement-doubt.ts";
import { statusOf } from "./status.ts";

const here = stage("sticky");
const [a, b] = [here.actor("a"), here.actor("b")];
const round = { policy: "sticky", epoch: 1, round: 4 } as const;
const arbiters = { ...round, policy: "peerArbiter" } as const;
const noNeeds = { needs: [] };
const status: StatedOf = { ...statusOf(b.context, b.state, here.nowMs), ...noNeeds, epochSeen: 7 };
const idle: StatedOf = { ...statusOf(a.context, a.state, here.nowMs), ...noNeeds, epochSeen: 7 };
const holding = (kind: StatedOf["authority"]["kind"], more: Partial<StatedOf> = {}): StatedOf => ({
  ...idle,
  authority: { kind, epoch: kind === "none" ? null : 7, leftMs: 1_000 },
  ...more,
});

test.each<[Statement, string, StatedOf | null, RegExp | null]>([
  ["closeRound", "nobody answers", null, null],
  ["closeRound", "the peer has no authority", holding("none"), null],
  ["closeRound", "the peer holds the lease", holding("lease"), /by lease authority at epoch 7/],
  ["closeRound", "the peer took over by itself", holding("own"), /by own authority at epoch 7/],
  ["closeRound", "the peer is told to", holding("none", { isTakingOver: true }), /people told a/],
  ["closeRound", "the peer is its arbiter", holding("none", { promise: arbiters }), /the arbiter/],
  ["closeRound", "the peer promised to stand back", holding("none", { promise: round }), null],
  ["closeRound", "the peer knows more", holding("none", { epochSeen: 8 }), /knows of epoch 8/],
  [
    "closeRound",
    "the peer knows more, and so does the witness",
    holding("none", { epochSeen: 8, witness: { ...idle.witness, epoch: 8 } }),
    null,
  ],
  ["rearm", "the peer holds the lease", holding("lease"), null],
  ["rearm", "and asks in a round", holding("lease", { openRound: round }), /a late answer/],
  ["rearm", "the peer rests on a promise", holding("sticky"), /by sticky authority/],
  ["rearm", "the peer took over by itself", holding("own"), /by own authority/],
  ["rearm", "the peer is its arbiter", holding("none", { promise: arbiters }), /the arbiter/],
  ["rearm", "the peer is told to", holding("none", { isTakingOver: true }), /people told a/],
  [
    "rearm",
    "the peer forgot, too",
    holding("none", { promise: arbiters, needs: [{ reason: "NoRecord" }] }),
    null,
  ],
  ["peerIsFenced", "nobody answers", null, null],
  ["peerIsFenced", "the peer holds the lease", holding("lease"), /has the right to write/],
  ["peerIsFenced", "the peer goes on by a promise", holding("sticky"), /has the right to write/],
  ["peerIsFenced", "the peer's agent runs", holding("none"), /may take the lease/],
  ["takeOver", "the peer holds the lease", holding("lease"), null],
  ["takeOver", "the peer is told to", holding("none", { isTakingOver: true }), /people told a/],
])("%s, and %s", (statement, _, peer, said) => {
  const doubt = statementDoubt(statement, { status, peer });
  if (said === null) expect(doubt).toBeNull();
  else expect(doubt).toMatch(said);
});

test.each([
  [round, true],
  [{ ...round, round: 3 }, false],
  [null, false],
])("a peer whose round is %j is bound by it: %s", (openRound, isBound) => {
  const doubt = statementDoubt("peerIsFenced", {
    status: { ...status, promise: round },
    peer: holding("none", { openRound }),
  });
  expect(doubt === null).toBe(isBound);
});

test.each<[PersonWish, Statement | null]>([
  [{ kind: "takeOver", withoutWitness: true, peerIsFenced: false }, "peerIsFenced"],
  [{ kind: "takeOver", withoutWitness: true, peerIsFenced: true }, "peerIsFenced"],
  [{ kind: "takeOver", withoutWitness: false, peerIsFenced: false }, "takeOver"],
  [{ kind: "closeRound" }, "closeRound"],
  [{ kind: "rearm" }, "rearm"],
  [{ kind: "switchover" }, null],
  [{ kind: "arm" }, null],
])("%j states %s", (wish, statement) => {
  expect(statementOf(wish)).toBe(statement);
});
