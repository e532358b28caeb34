/**
 * One region in the course of a transition: the events that its agent takes in, and the effects that follow at once. The effects
 * of a decision are carried out in order before anything else happens; what takes time in the world is left for later.
 */
import type { Effect } from "../../core/failover/effect.ts";
import type { AgentEvent } from "../../core/failover/event.ts";
import type { PeerMessage } from "../../core/failover/message.ts";
import type { AgentRecord } from "../../core/failover/record.ts";
import type { Configuration, Fault } from "./configuration.ts";
import { measured } from "./facts.ts";
import type { Protocol } from "./protocol.ts";
import { type Budget, mayHappen, nameOf, type Region, type Side, spent } from "./world.ts";

/** An event without the moments that every one carries. */
export type Happening = AgentEvent extends infer E
  ? E extends AgentEvent
    ? Omit<E, "atMs" | "wallAtMs">
    : never
  : never;

export type Context = Parameters<Protocol["step"]>[0];
export type Rules = {
  readonly protocol: Protocol;
  readonly configuration: Configuration;
  readonly contexts: readonly [Context, Context];
};

export type Local = {
  readonly rules: Rules;
  readonly side: Side;
  region: Region;
  budget: Budget;
  /** Messages that left, in order. */
  sent: PeerMessage[];
  /** The first property that an effect broke. */
  broken: string | null;
  /** Milestones that can only be seen while they happen. */
  reached: string[];
  /** Commits stopped waiting for the standby in the tenure of this epoch. */
  relaxedEpoch: number | null;
  /** What the agent did, for a trace; null when nobody reads it. */
  readonly notes: string[] | null;
};

export function begun(
  rules: Rules,
  side: Side,
  region: Region,
  budget: Budget,
  notes: string[] | null,
): Local {
  const nothing = { sent: [], broken: null, reached: [], relaxedEpoch: null };
  return { rules, side, region, budget, notes, ...nothing };
}

export function change(local: Local, fields: Partial<Region>): void {
  local.region = { ...local.region, ...fields };
}

export function spend(local: Local, fault: Fault): void {
  local.budget = spent(local.budget, fault);
}

export function breach(local: Local, what: string): void {
  local.broken ??= `${nameOf(local.side)}: ${what}`;
}

/** Whether its agent takes in events. */
export function isAwake({ agent, isPaused, power }: Region): boolean {
  return agent !== null && !isPaused && power === "on";
}

/** Wall time is the monotonic clock and this: only approvals and freeze windows look at it, and both are far away. */
const wallOffsetMs = 1_700_000_000_000;

/** Has the agent take in one event, and carries out what it decides. */
export function happen(local: Local, happening: Happening): void {
  const { region, rules, side } = local;
  if (region.agent === null || !isAwake(region)) return;
  const { nowMs } = region;
  // A happening and these two fields make an event again.
  const event = { ...happening, atMs: nowMs, wallAtMs: nowMs + wallOffsetMs } as AgentEvent;
  const { state, effects } = rules.protocol.step(rules.contexts[side], region.agent, event);
  local.notes?.push(`${nameOf(side)} takes in ${shown(happening)}`);
  if (state !== region.agent) change(local, { agent: state });
  const after: Happening[] = [];
  for (const effect of effects) carryOut(local, effect, after);
  for (const next of after) happen(local, next);
}

function carryOut(local: Local, effect: Effect, after: Happening[]): void {
  local.notes?.push(`  ${nameOf(local.side)} does ${shown(effect)}`);
  switch (effect.type) {
    case "callWitness":
      call(local, effect);
      return;
    case "tellPeer":
      tell(local, effect.message);
      return;
    case "store":
      store(local, effect.record, after);
      return;
    case "setWatchdog": {
      const { watchdog, nowMs } = local.region;
      // Told to guard nothing while it guards, it fences: whoever says so may be gone in a moment.
      if (effect.tenure === null && watchdog.tenure !== null) fence(local, "watchdog");
      change(local, { watchdog: local.rules.protocol.guard(watchdog, effect.tenure, nowMs) });
      watch(local);
      return;
    }
    case "fence":
      fence(local, "agent");
      if (local.region.data.kind === "closed") after.push({ type: "fenced" });
      return;
    case "promote":
      promote(local, effect, after);
      return;
    case "setSync":
      // In a tenure of its own no witness is asked: the peer is bound and does not take over.
      if (effect.sync === "relaxed" && local.region.agent?.authority.kind !== "own") {
        local.relaxedEpoch = epochOf(local.region) ?? 0;
      }
      return;
    case "page":
      return;
  }
}

/** The epoch of the agent's own authority. */
function epochOf({ agent }: Region): number | null {
  return agent === null || agent.authority.kind === "none" ? null : agent.authority.epoch;
}

function call(local: Local, effect: Effect & { type: "callWitness" }): void {
  const { calls } = local.region;
  // A full line loses what is new; what is older may be lost at any time before.
  if (calls.length >= local.rules.configuration.callsInFlight) return;
  const { reqId, request } = effect;
  change(local, { calls: [...calls, { reqId, request, answer: null }] });
}

function tell(local: Local, message: PeerMessage): void {
  const objection = objectionTo(message, local.region.durable);
  if (objection !== null) breach(local, objection);
  local.sent.push(message);
}

/** Why the message must not leave yet: it tells of something that is not in every store. */
function objectionTo(message: PeerMessage, durable: AgentRecord | null): string | null {
  const has = (held: { epoch: number; round: number } | null | undefined): boolean =>
    "epoch" in message && held?.epoch === message.epoch && held.round === message.round;
  switch (message.kind) {
    case "ask":
      return has(durable?.open) ? null : "a question was sent before its round was durable";
    case "consent":
      return has(durable?.promise) ? null : "a consent was sent before its promise was durable";
    case "givenBack":
      return durable !== null && !has(durable.promise)
        ? null
        : "a promise was given back before that was durable";
    case "giveBack":
    case "clearAsk":
    case "clear":
      return null;
  }
}

function store(local: Local, record: AgentRecord, after: Happening[]): void {
  if (mayHappen(local.budget, "slowStore")) {
    change(local, { storing: record });
    return;
  }
  const isWhole = write(local, record, [true, true]);
  after.push({ type: isWhole ? "stored" : "storeFailed", version: record.version });
}

/** A write reaches those of the stores that are named and not down; whether that is all of them. */
export function write(
  local: Local,
  record: AgentRecord,
  reaches: readonly [boolean, boolean],
): boolean {
  const [disk, api] = local.region.stores;
  const hasDisk = reaches[0] && !disk.isDown;
  const hasApi = reaches[1] && !api.isDown;
  const isWhole = hasDisk && hasApi;
  // What a store had before is only asked for where one may come back with it.
  const keeps = local.budget.left.staleStore > 0;
  const previousOf = (held: AgentRecord | null): AgentRecord | null => (keeps ? held : null);
  change(local, {
    stores: [
      hasDisk ? { ...disk, record, previous: previousOf(disk.record) } : disk,
      hasApi ? { ...api, record, previous: previousOf(api.record) } : api,
    ],
    storing: null,
    ...(isWhole ? { durable: record } : {}),
  });
  return isWhole;
}

/** What the watchdog does by itself: once its tenure is over it fences, and nobody can stop that. */
export function watch(local: Local): void {
  const { watchdog, nowMs } = local.region;
  if (!local.rules.protocol.isOver(watchdog, nowMs)) return;
  fence(local, "watchdog");
  change(local, { watchdog: { tenure: null } });
}

/** Begins to close what takes writes, and ends a promotion under way. */
export function fence(local: Local, by: "agent" | "watchdog" | "gap"): void {
  const { data, nowMs } = local.region;
  const { fenceBudgetMs } = local.rules.configuration.group.timing;
  if (data.kind === "open") {
    const closedAtMs = nowMs + fenceBudgetMs;
    change(local, { data: { kind: "closing", epoch: data.epoch, by, closedAtMs } });
  } else if (data.kind === "closing" && data.by === "agent" && by === "watchdog") {
    change(local, { data: { ...data, by } });
  }
  change(local, { promoting: null });
}

function promote(local: Local, effect: Effect & { type: "promote" }, after: Happening[]): void {
  const { service, epoch } = effect;
  const { region } = local;
  if (epochOf(region) !== epoch) breach(local, "a service was promoted without authority");
  if ((region.durable?.epochSeen ?? -1) < epoch) {
    breach(local, "a service was promoted before its tenure was durable");
  }
  if (mayHappen(local.budget, "slowPromotion")) {
    change(local, { promoting: { service, epoch } });
    return;
  }
  open(local, { service, epoch }, after);
}

/** The data service does it, unless its watchdog does not guard a live tenure of that epoch. */
export function open(
  local: Local,
  { service, epoch }: { readonly service: string; readonly epoch: number },
  after: Happening[],
): void {
  const { tenure } = local.region.watchdog;
  change(local, { promoting: null });
  if (tenure === null || tenure.epoch !== epoch || local.region.nowMs >= tenure.untilAtMs) {
    after.push({ type: "promoteFailed", service, epoch, because: "nothing guards it" });
    return;
  }
  change(local, { data: { kind: "open", epoch }, hasData: true });
  after.push({ type: "measured", facts: measured(local.region) });
  after.push({ type: "promoted", service, epoch });
}

/** An event or an effect in a line of a trace. */
function shown(value: object): string {
  return JSON.stringify(value, (key, field: unknown) =>
    key === "atMs" || key === "services" || key === "note" ? undefined : field,
  );
}
