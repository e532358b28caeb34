import { expect, test } from "vitest";
import { stage } from "./rehearsal.ts";
import { type Statement, statementDoubt } from "./statement-doubt.ts";
import { type FailoverStatus, statusOf } from "./status.ts";

const here = stage("sticky");
const [a, b] = [here.actor("a"), here.actor("b")];
const status = statusOf(b.context, b.state, here.nowMs);
const silentPeer = statusOf(a.context, a.state, here.nowMs);
const round = { policy: "sticky", epoch: 1, round: 4 } as const;
const holding = (kind: FailoverStatus["authority"]["kind"]): FailoverStatus => ({
  ...silentPeer,
  authority: { kind, epoch: kind === "none" ? null : 7, leftMs: 1_000 },
});

test.each<[Statement, string, FailoverStatus | null, RegExp | null]>([
  ["closeRound", "nobody answers", null, null],
  ["closeRound", "the peer has no authority", holding("none"), null],
  ["closeRound", "the peer holds the lease", holding("lease"), /by lease authority at epoch 7/],
  ["closeRound", "the peer took over by itself", holding("own"), /by own authority at epoch 7/],
  ["rearm", "the peer holds the lease", holding("lease"), null],
  ["rearm", "the peer rests on a promise", holding("sticky"), /by sticky authority/],
  ["rearm", "the peer took over by itself", holding("own"), /by own authority/],
  ["peerIsFenced", "nobody answers", null, null],
  ["peerIsFenced", "the peer holds the lease", holding("lease"), /has the right to write/],
  ["peerIsFenced", "the peer's agent runs", holding("none"), /may take the lease/],
])("%s: %s", (statement, _, peer, said) => {
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
    peer: { ...holding("none"), openRound },
  });
  expect(doubt === null).toBe(isBound);
});
