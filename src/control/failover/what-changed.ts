/** What the journal is told of a step: every change of right, data, promise, round and record, and each judgement once. */
import type { AgentEvent } from "../../core/failover/event.ts";
import type { OpenRound } from "../../core/failover/record.ts";
import type { AgentState, Authority, DataState } from "../../core/failover/state.ts";
import type { Step } from "../../core/failover/step.ts";
import type { NewEvent } from "../../core/kernel/event.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Verdict } from "../../core/kernel/verdict.ts";

/** The events of one step, in the order in which a person would tell them. */
export function whatChanged(
  before: AgentState,
  event: AgentEvent,
  { state: after, effects, verdict }: Step,
): readonly NewEvent[] {
  const events: NewEvent[] = [];
  const say = (type: string, data: JsonObject): void => void events.push({ type, data });
  sayHappening(event, say);
  if (before !== after) {
    sayAuthority(before.authority, after.authority, say);
    sayRecord(before, after, say);
    sayWitness(before, after, say);
    if (before.sync.recorded !== after.sync.recorded) {
      say("failover.syncRecorded", { from: before.sync.recorded, to: after.sync.recorded });
    }
    sayData(before.data, after.data, say);
  }
  sayVerdict(verdict, say);
  for (const effect of effects) {
    if (effect.type === "fence") say("failover.fencing", { because: effect.because });
    if (effect.type === "page") {
      say("failover.paged", { reason: effect.reason, because: effect.because });
    }
    if (effect.type === "setSync") say("failover.syncAsked", { sync: effect.sync });
  }
  return events;
}

type Say = (type: string, data: JsonObject) => void;

function sayHappening(event: AgentEvent, say: Say): void {
  switch (event.type) {
    case "clockGap":
      say("failover.clockGap", { gapMs: event.gapMs });
      return;
    case "watchdogLost":
      say("failover.watchdogLost", {});
      return;
    case "fenceFailed":
      say("failover.fenceFailed", { because: event.because });
      return;
    case "promoteFailed": {
      const { service, epoch, because } = event;
      say("failover.promoteFailed", { service, epoch, because });
      return;
    }
    case "promoted":
      say("failover.promoted", { service: event.service, epoch: event.epoch });
      return;
    case "storeFailed":
      say("failover.storeFailed", { version: event.version });
      return;
    case "personSaid":
      say("failover.personSaid", { ...event.wish });
      return;
    case "approved": {
      // The signature itself is kept by whoever checked it.
      const { person, action, expectedEpoch, maxLossBytes } = event.approval;
      say("failover.approved", { person, action, expectedEpoch, maxLossBytes });
      return;
    }
    case "started":
      say("failover.started", {
        copies: event.copies.map((copy) =>
          copy.kind === "present" ? `version ${copy.record.version}` : copy.kind,
        ),
        tenure: event.tenure === null ? null : { ...event.tenure },
      });
      return;
    default:
      return;
  }
}

function epochOf(authority: Authority): number | null {
  return authority.kind === "none" ? null : authority.epoch;
}

function sayAuthority(before: Authority, after: Authority, say: Say): void {
  // Renewals move the end of the same right and are no news.
  if (before.kind === after.kind && epochOf(before) === epochOf(after)) return;
  if (after.kind === "none") {
    say("failover.authorityLost", { was: before.kind, epoch: epochOf(before) });
    return;
  }
  const { kind, epoch } = after;
  const type = before.kind === "none" ? "failover.authorityGained" : "failover.authorityChanged";
  say(type, { kind, epoch, was: before.kind });
}

function sayRecord({ record: before }: AgentState, { record: after }: AgentState, say: Say): void {
  if (before === after) return;
  if ((before?.armed ?? false) !== (after?.armed ?? false)) {
    say(after?.armed === true ? "failover.armed" : "failover.disarmed", {
      epochSeen: after?.epochSeen ?? null,
    });
  }
  if (!isSameRound(before?.open ?? null, after?.open ?? null)) {
    const open = after?.open ?? null;
    if (open === null) say("failover.roundClosed", { ...before?.open });
    else say("failover.roundOpened", { ...open });
  }
  if (!isSameRound(before?.promise ?? null, after?.promise ?? null)) {
    const promise = after?.promise ?? null;
    if (promise === null) say("failover.promiseEnded", { ...before?.promise });
    else say("failover.promiseGiven", { ...promise });
  }
}

function isSameRound(one: OpenRound | null, other: OpenRound | null): boolean {
  if (one === null || other === null) return one === other;
  return one.policy === other.policy && one.epoch === other.epoch && one.round === other.round;
}

function sayWitness(
  { witness: before }: AgentState,
  { witness: after }: AgentState,
  say: Say,
): void {
  const wasSilent = before.silentSinceAtMs !== null;
  const isSilent = after.silentSinceAtMs !== null;
  if (wasSilent !== isSilent)
    say(isSilent ? "failover.witnessSilent" : "failover.witnessAnswers", {});
}

function sayData(before: DataState, after: DataState, say: Say): void {
  if (before.kind === after.kind) return;
  if (after.kind === "fenced") say("failover.fenced", {});
  if (after.kind === "promoting") say("failover.promoting", { epoch: after.epoch });
  if (after.kind === "serving") say("failover.serving", { epoch: after.epoch });
}

function sayVerdict(verdict: Verdict | null, say: Say): void {
  if (verdict === null) return;
  say(verdict.kind === "allowed" ? "failover.allowed" : "failover.refused", {
    reason: verdict.reason,
    because: verdict.because,
    trace: verdict.trace.map(({ rule, outcome, because }) => ({ rule, outcome, because })),
  });
}
