/** Authority without the witness: by an arbiter whose grant ran out, or by people while the peer is bound (ADR 25). */
import { decide, type Rule, type Verdict } from "../kernel/verdict.ts";
import { outwaitMs } from "../lease/timing.ts";
import { approvedPeople } from "./approved.ts";
import { take, untilOf } from "./authority.ts";
import { rememberFailover, say } from "./contend.ts";
import { outwaitedAtMs, rulesOfAnyTakeOver, takeOverFacts } from "./gates.ts";
import { bytesToApprove, lossOf } from "./loss.ts";
import { ownEpochAfter } from "./own-epoch.ts";
import { notReady } from "./ready.ts";
import { put, putPeer, store, type Turn } from "./turn.ts";

type Outcome = ReturnType<Rule<Turn>["evaluate"]>;
const passedIf = (is: boolean, because: string): Outcome => ({
  outcome: is ? "passed" : "failed",
  because,
});

const common: readonly Rule<Turn>[] = [
  {
    rule: "Armed",
    evaluate: ({ state: { record, disarmedBecause } }) =>
      passedIf(
        record?.armed === true && !record.unclear && disarmedBecause.length === 0,
        record === null || record.unclear
          ? "it has no record"
          : `armed: ${record.armed}; ${disarmedBecause.join("; ")}`,
      ),
  },
  {
    rule: "OpenRoundBinds",
    evaluate: ({ state: { record } }) =>
      passedIf((record?.open ?? null) === null, "an open round of its own would bind it"),
  },
  {
    rule: "LeaseIsNotLive",
    evaluate: ({ state, context, nowMs }) => {
      const atMs = outwaitedAtMs(context, state);
      const isSilent = state.witness.silentSinceAtMs !== null;
      return passedIf(
        isSilent || atMs === null || nowMs >= atMs,
        "the witness answers, and the peer renewed its lease a short time ago",
      );
    },
  },
];

const arbiterRules: readonly Rule<Turn>[] = [
  ...common.filter(({ rule }) => rule !== "LeaseIsNotLive"),
  {
    // Guard: ArbiterWaitsLonger.
    rule: "ArbiterWaitsLonger",
    evaluate: (turn) => {
      const leftMs = Math.max(0, grantRunsOutAtMs(turn) - turn.nowMs);
      return passedIf(
        leftMs === 0,
        `what was granted to the peer runs for ${Math.ceil(leftMs)} ms`,
      );
    },
  },
  {
    rule: "ModeAllows",
    evaluate: ({ context: { group } }) =>
      passedIf(group.mode === "automatic", `the mode is ${group.mode}`),
  },
  {
    rule: "DataIsSafe",
    // Guard: ArbiterKnowsSync. The witness may say something newer than what this region saw of it.
    evaluate: ({ state: { peer } }) =>
      passedIf(
        peer.grantSync !== "degraded",
        `the peer's last question said that its commits ${peer.grantSync === "in_sync" ? "wait" : "may not wait"} for this region`,
      ),
  },
  {
    rule: "Ready",
    evaluate: ({ context, state }) => {
      const reasons = notReady(context, state);
      return passedIf(reasons.length === 0, reasons.join("; "));
    },
  },
  ...rulesOfAnyTakeOver.map(
    ({ rule, evaluate }): Rule<Turn> => ({
      rule,
      evaluate: ({ context, state, nowMs, wallAtMs }) =>
        evaluate(takeOverFacts(context, state, nowMs, wallAtMs)),
    }),
  ),
];

const personRules: readonly Rule<Turn>[] = [
  ...common,
  {
    rule: "PeerIsBound",
    evaluate: ({ state: { record, wish } }) =>
      passedIf(
        (record?.promise ?? null) !== null || (wish?.kind === "takeOver" && wish.peerIsFenced),
        "the peer is bound by a round that this region consented to, or people state that it is fenced",
      ),
  },
  {
    // Guard: ConsentRunsOut. The peer may be acting on a consent that is on its way.
    rule: "ConsentRunsOut",
    evaluate: ({ state: { peer, startedAtMs }, context: { group }, nowMs }) => {
      const atMs = peer.consentUntilAtMs ?? startedAtMs + outwaitMs(group.timing);
      return passedIf(
        nowMs >= atMs,
        `the last consent stands for ${Math.ceil(Math.max(0, atMs - nowMs))} ms`,
      );
    },
  },
  {
    rule: "Approved",
    evaluate: (turn) => {
      const loss = lossOf(turn.context, turn.state);
      const people = approvedPeople(turn, "takeOverWithoutWitness", bytesToApprove(loss));
      const { lossy } = turn.context.group.approvals;
      return passedIf(people >= lossy, `${people} of ${lossy} people approved; ${loss.because}`);
    },
  },
];

/** Until when the peer may act on what was granted; a process before this one may have granted until its end. */
function grantRunsOutAtMs({ state: { peer, startedAtMs }, context: { group } }: Turn): number {
  return peer.grantRunsOutAtMs ?? startedAtMs + outwaitMs(group.timing);
}

/** Takes over without the witness when the rules of one of the two ways allow it. */
export function tendOwn(turn: Turn): void {
  const { authority, data, record, wish, witness, pending } = turn.state;
  if (authority.kind !== "none" || data.kind !== "fenced" || record === null) return;
  if (pending !== null || witness.call?.request?.op === "acquire") return;
  if (wish?.kind === "takeOver" && wish.withoutWitness) {
    const verdict = decide(personRules, turn);
    say(turn, verdict);
    if (verdict.kind === "allowed") begin(turn, "person");
    return;
  }
  if (record.promise?.policy !== "peerArbiter") return;
  // Until the last grant ran out there is nothing to judge, unless something happened that a person wants to see.
  if (turn.isQuiet && turn.nowMs < grantRunsOutAtMs(turn)) return;
  const verdict: Verdict = decide(arbiterRules, turn);
  say(turn, verdict);
  if (verdict.kind === "allowed") begin(turn, "arbiter");
}

/** The promise is void and the epoch taken once both are durable. */
function begin(turn: Turn, by: "arbiter" | "person"): void {
  const { record, witness } = turn.state;
  const known = Math.max(record?.epochSeen ?? 0, witness.seen?.record.epoch ?? 0);
  const epoch = ownEpochAfter(turn.context, known);
  const promise = record?.promise ?? null;
  const givenBack = record?.givenBack ?? { epoch: 0, round: 0 };
  store(
    turn,
    {
      promise: null,
      epochSeen: epoch,
      epochOwn: epoch,
      epochBeforeOwn: record?.epochOwn == null ? known : record.epochBeforeOwn,
      epochHeld: epoch,
      givenBack: promise === null ? givenBack : { epoch: promise.epoch, round: promise.round },
    },
    { purpose: "tenure", by },
  );
}

/** It is durable: this region writes from now on, and the peer is bound until it learns of the epoch. */
export function onOwnDurable(turn: Turn, epoch: number, by: "arbiter" | "person"): void {
  if (turn.state.authority.kind !== "none" || turn.state.data.kind !== "fenced") return;
  const rev = turn.state.witness.seen?.record.rev ?? 0;
  const untilAtMs = untilOf(turn, turn.nowMs);
  take(turn, { kind: "own", by, epoch, rev, leaseUntilAtMs: null, untilAtMs });
  put(turn, {
    wish: null,
    sync: { ...turn.state.sync, recorded: "none", wanted: "degraded" },
  });
  putPeer(turn, { grantRunsOutAtMs: null, consentUntilAtMs: null });
  rememberFailover(turn, false);
}
