/** The region agent as a function (DESIGN §4): what it knows and what happened give what it knows then and what it does. */

import type { Verdict } from "../kernel/verdict.ts";
import { retryMs } from "../lease/poll.ts";
import { outwaitMs } from "../lease/timing.ts";
import { onClear, onClearAsk, seekClearance } from "./arming.ts";
import { endAuthority, endWhatIsOver, fence, moveOn } from "./authority.ts";
import { contend, contendWithOwn, onAcquired, onRead } from "./contend.ts";
import type { Effect } from "./effect.ts";
import type { AgentEvent } from "./event.ts";
import type { FailoverGroup } from "./group.ts";
import { onRenewed, renewWhenDue } from "./hold.ts";
import type { PeerMessage } from "./message.ts";
import { tendOwn } from "./own.ts";
import { doubtStatement, dropOldWish, onApproved, onPersonSaid, tendDisarmed } from "./person.ts";
import { onAsk, onGiveBack } from "./promise.ts";
import { advancePromotion, onPromoted, onPromoteFailed } from "./promotion.ts";
import {
  closeOutlivedPromise,
  closeOutlivedRound,
  onConsent,
  onGivenBack,
  tendRound,
} from "./rounds.ts";
import { onStarted } from "./start.ts";
import type { AgentState } from "./state.ts";
import { onStored, onStoreFailed } from "./stored.ts";
import { onFencedForSwitchover, tendSwitchover } from "./switchover.ts";
import { tendSync } from "./sync.ts";
import { emit, put, type Turn } from "./turn.ts";
import {
  endCall,
  forgetCall,
  giveUpLateCall,
  onRecord,
  onSilence,
  rememberEpoch,
} from "./witness-call.ts";

export type Step = {
  readonly state: AgentState;
  /** In order. */
  readonly effects: readonly Effect[];
  /** What was decided, when something was: with every rule behind it. */
  readonly verdict: Verdict | null;
};

/** What does not change while an agent runs. */
export type AgentContext = {
  readonly self: string;
  readonly peer: string;
  readonly group: FailoverGroup;
};

/** Takes in one event. Never fails: what the world does wrong is an event like others. */
export function step(context: AgentContext, state: AgentState, event: AgentEvent): Step {
  const { atMs: nowMs, wallAtMs } = event;
  const isTick = event.type === "tick";
  const isQuiet = isTick || event.type === "measured" || event.type === "seen";
  const rest = { effects: [], verdict: null };
  const turn: Turn = { context, nowMs, wallAtMs, isTick, isQuiet, state, ...rest };
  // First of all, whatever happened: a right that is over is over before anything is done with it.
  endWhatIsOver(turn);
  takeIn(turn, event);
  goOn(turn);
  return { state: turn.state, effects: turn.effects, verdict: turn.verdict };
}

function takeIn(turn: Turn, event: AgentEvent): void {
  const { context } = turn;
  switch (event.type) {
    case "tick":
      moveOn(turn);
      return;
    case "started":
      onStarted(turn, event.copies, event.tenure);
      return;
    case "witnessRead":
    case "witnessReplied":
    case "witnessFailed":
      onWitness(turn, event);
      return;
    case "peerSaid":
      onPeerSaid(turn, event.message);
      return;
    case "stored":
      onStored(turn, event.version);
      return;
    case "storeFailed":
      onStoreFailed(turn, event.version);
      return;
    case "fenced":
      onFenced(turn);
      return;
    case "fenceFailed":
      onFenceFailed(turn, event.because);
      return;
    case "promoted":
      onPromoted(turn, event.service, event.epoch);
      return;
    case "promoteFailed":
      onPromoteFailed(turn, event);
      return;
    case "measured":
      put(turn, { facts: event.facts });
      tendSync(turn);
      return;
    case "seen":
      put(turn, { evidence: event.evidence });
      return;
    case "clockGap":
      // Guard: GapFences. Nobody knows how long this process did not run.
      endAuthority(turn, `the clocks went apart by ${Math.round(event.gapMs)} ms`);
      forgetCall(turn);
      return;
    case "watchdogLost":
      endAuthority(turn, "the watchdog does not answer");
      // Guard: NobodyWithoutWatchdog. The peer gets its chance; by then the watchdog was started again, or is lost again.
      put(turn, { offUntilAtMs: turn.nowMs + outwaitMs(context.group.timing) });
      return;
    case "approved":
      onApproved(turn, event.approval);
      return;
    case "personSaid":
      onPersonSaid(turn, event.wish);
      return;
  }
}

/** What follows from the state itself, whatever happened last. */
function goOn(turn: Turn): void {
  giveUpLateCall(turn);
  if (turn.isTick) fenceAgain(turn);
  dropOldWish(turn);
  tendDisarmed(turn);
  rememberEpoch(turn);
  closeOutlivedRound(turn);
  closeOutlivedPromise(turn);
  seekClearance(turn);
  tendOwn(turn);
  tendRound(turn);
  tendSwitchover(turn);
  renewWhenDue(turn);
  contendWithOwn(turn);
  advancePromotion(turn);
  contend(turn);
}

type OnWitness = Extract<
  AgentEvent,
  { readonly type: "witnessRead" | "witnessReplied" | "witnessFailed" }
>;

function onWitness(turn: Turn, event: OnWitness): void {
  const call = endCall(turn, event.reqId);
  if (event.type === "witnessFailed") {
    if (call !== null) onSilence(turn, call.sentAtMs);
    return;
  }
  if (event.type === "witnessRead") {
    onRecord(turn, event.record, call);
    if (call !== null) onRead(turn);
    return;
  }
  // An answer to a call that was given up shows the record, and nothing else of it counts.
  if (call === null || call.request === null) {
    onRecord(turn, event.reply.record, call);
    return;
  }
  if (call.request.op === "renew" && turn.state.authority.kind !== "own") {
    onRenewed(turn, call, event.reply);
    return;
  }
  if (call.request.op === "acquire" || call.request.op === "renew") {
    onAcquired(turn, call, event.reply);
    return;
  }
  onRecord(turn, event.reply.record, call);
  onRead(turn);
}

function onPeerSaid(turn: Turn, message: PeerMessage): void {
  switch (message.kind) {
    case "ask":
      doubtStatement(turn);
      onAsk(turn, message);
      return;
    case "consent":
      onConsent(turn, message);
      return;
    case "giveBack":
      doubtStatement(turn);
      onGiveBack(turn, message);
      return;
    case "givenBack":
      onGivenBack(turn, message);
      return;
    case "clearAsk":
      onClearAsk(turn, message);
      return;
    case "clear":
      onClear(turn, message);
      return;
  }
}

/** No service writes any more; the watchdog has nothing left to guard, unless the lease is kept for a switchover. */
function onFenced(turn: Turn): void {
  const { data, authority } = turn.state;
  if (data.kind !== "fencing") return;
  put(turn, { data: { kind: "fenced" } });
  // Guard: WatchdogKeepsUntilFenced.
  if (authority.kind === "none") emit(turn, { type: "setWatchdog", tenure: null });
  onFencedForSwitchover(turn);
}

function onFenceFailed(turn: Turn, because: string): void {
  const { data } = turn.state;
  if (data.kind !== "fencing") return;
  put(turn, { data: { ...data, hasFailed: true } });
  emit(turn, { type: "page", reason: "FenceFailed", because: `fencing failed: ${because}` });
}

/** Fencing that failed is asked for again, never while an answer is outstanding: an old one could be taken for a newer one. */
function fenceAgain(turn: Turn): void {
  const { data } = turn.state;
  if (data.kind !== "fencing" || !data.hasFailed) return;
  if (turn.nowMs < data.sinceAtMs + retryMs(turn.context.group.timing)) return;
  fence(turn, "fencing failed before");
}
