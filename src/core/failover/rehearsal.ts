/**
 * A stage for tests of the agent: it answers what an agent asks of its own region at once, keeps what it says to the witness and to
 * its peer until the test delivers it, and moves the clock only when told. Used by tests only.
 */
import { applyLease } from "../lease/apply.ts";
import { emptyLease, type LeaseRecord } from "../lease/record.ts";
import type { LeaseTiming } from "../lease/timing.ts";
import { hasAuthority } from "./authority.ts";
import type { Effect } from "./effect.ts";
import type { AgentEvent } from "./event.ts";
import type { DataFacts } from "./facts.ts";
import type { FailoverGroup, FailoverMode, WitnessLossPolicy } from "./group.ts";
import { initialState } from "./initial-state.ts";
import type { PeerMessage } from "./message.ts";
import type { AgentRecord } from "./record.ts";
import type { AgentState } from "./state.ts";
import { type AgentContext, step } from "./step.ts";
import type { Tenure } from "./watchdog.ts";

/** What happens to an agent, without the moment. */
export type Happening = AgentEvent extends infer E
  ? E extends AgentEvent
    ? Omit<E, "atMs" | "wallAtMs">
    : never
  : never;

/** Authority for 20 s from sending; 31 s to wait. */
export const timing: LeaseTiming = {
  ttlMs: 30_000,
  renewEveryMs: 10_000,
  rpcTimeoutMs: 3_000,
  fenceBudgetMs: 10_000,
  clockRateErrorRatio: 0,
  marginMs: 1_000,
};

/** A group of one database that may lose nothing. */
export function groupOf(
  onWitnessLoss: WitnessLossPolicy,
  parts: Partial<FailoverGroup> = {},
): FailoverGroup {
  const mode: FailoverMode = "automatic";
  return {
    name: "shop",
    slot: "shop",
    regions: ["a", "b"],
    mode,
    onWitnessLoss,
    timing,
    services: [{ name: "ledger", kind: "postgresql", mayLose: "nothing", after: [] }],
    approvals: { semiAutomatic: 1, lossy: 2 },
    objectives: { rtoMs: 60_000, rpoBytes: 0 },
    freezes: [],
    safety: { maxLossyPerDay: 1, restMs: 0, dnsEvidence: "observe", witnessIsOutside: true },
    ...parts,
  };
}

/** A record of a region that remembers everything and has nothing outstanding. */
export const clearRecord: AgentRecord = {
  version: 1,
  armed: true,
  epochSeen: 1,
  roundIssued: 0,
  givenBack: { epoch: 0, round: 0 },
  unclear: false,
  epochHeld: 0,
  epochOwn: null,
  epochBeforeOwn: 0,
  open: null,
  promise: null,
};

/** What is measured of the database. */
export function factsOf(role: "writable" | "standby", atMs: number, parts = {}): DataFacts {
  const isWritable = role === "writable";
  return {
    atMs,
    services: [
      {
        name: "ledger",
        role,
        sync: isWritable ? "in_sync" : null,
        standbyReady: isWritable ? true : null,
        position: 1_000,
        timeline: 1,
        ready: true,
        ...parts,
      },
    ],
    notReady: [],
  };
}

export type Actor = {
  state: AgentState;
  readonly context: AgentContext;
  /** What it asked of the witness and nobody delivered. */
  readonly calls: Extract<Effect, { readonly type: "callWitness" }>[];
  /** What it said to its peer and nobody delivered, oldest first. */
  readonly said: PeerMessage[];
  /** Everything that it did, oldest first. */
  readonly done: Effect[];
  /** What its watchdog holds. */
  tenure: Tenure | null;
  /** What its stores have. */
  record: AgentRecord | null;
  /** What is measured of its database with every tick; null when nothing is. */
  measures: ((atMs: number) => DataFacts) | null;
  /** What is not answered at once. */
  readonly holds: Set<"store" | "fence" | "promote">;
};

export type Stage = {
  nowMs: number;
  witness: LeaseRecord;
  actor(self: "a" | "b"): Actor;
  /** Something happens to an agent now; its region answers at once what is not held. */
  give(actor: Actor, happening: Happening): void;
  /** Lets time pass for everybody, second by second. */
  pass(ms: number, each?: () => void): void;
  /** The witness does what was asked last and the answer arrives; false when nothing was asked. */
  answer(actor: Actor): boolean;
  /** The agent's process dies, and another starts with what its stores and its watchdog have. */
  restart(actor: Actor, parts?: { readonly copies?: "lost"; readonly tenure?: null }): void;
};

/** An empty stage: both agents have records and nobody holds the lease. */
export function stage(onWitnessLoss: WitnessLossPolicy, parts: Partial<FailoverGroup> = {}): Stage {
  const group = groupOf(onWitnessLoss, parts);
  const actors: Actor[] = [];
  let instances = 0;
  const here: Stage = {
    nowMs: 1_000_000,
    witness: emptyLease("shop"),
    actor(self) {
      const context: AgentContext = { self, peer: self === "a" ? "b" : "a", group };
      const actor: Actor = {
        state: initialState(context, `${self}${++instances}`, here.nowMs),
        context,
        calls: [],
        said: [],
        done: [],
        tenure: null,
        record: clearRecord,
        measures: null,
        holds: new Set(),
      };
      actors.push(actor);
      return actor;
    },
    give(actor, happening) {
      // Every Happening is an AgentEvent that only lacks its moment.
      const event = { ...happening, atMs: here.nowMs, wallAtMs: here.nowMs } as AgentEvent;
      const { state, effects } = step(actor.context, actor.state, event);
      actor.state = state;
      const answers: Happening[] = [];
      for (const effect of effects) {
        actor.done.push(effect);
        carryOut(actor, effect, answers);
      }
      for (const answer of answers) here.give(actor, answer);
    },
    pass(ms, each = () => undefined) {
      for (const untilMs = here.nowMs + ms; here.nowMs < untilMs; ) {
        here.nowMs += Math.min(1_000, untilMs - here.nowMs);
        for (const actor of actors) {
          const { measures } = actor;
          if (measures !== null) {
            here.give(actor, { type: "measured", facts: measures(here.nowMs) });
          }
          here.give(actor, { type: "tick" });
        }
        each();
      }
    },
    answer(actor) {
      const call = actor.calls.at(-1);
      if (call === undefined) return false;
      actor.calls.length = 0;
      const { reqId, request } = call;
      if (request === null) {
        here.give(actor, { type: "witnessRead", reqId, record: here.witness });
        return true;
      }
      const reply = applyLease(here.witness, request, here.nowMs);
      if (reply.ok) here.witness = reply.record;
      here.give(actor, { type: "witnessReplied", reqId, reply });
      return true;
    },
    restart(actor, { copies, tenure } = {}) {
      actor.calls.length = 0;
      actor.state = initialState(actor.context, `${actor.context.self}${++instances}`, here.nowMs);
      const { record } = actor;
      here.give(actor, {
        type: "started",
        copies:
          copies === "lost" || record === null
            ? [{ kind: "missing" }]
            : [{ kind: "present", record }],
        tenure: tenure === null ? null : actor.tenure,
      });
    },
  };
  return here;
}

function carryOut(actor: Actor, effect: Effect, answers: Happening[]): void {
  switch (effect.type) {
    case "callWitness":
      actor.calls.push(effect);
      return;
    case "tellPeer":
      actor.said.push(effect.message);
      return;
    case "setWatchdog":
      actor.tenure = effect.tenure;
      return;
    case "store":
      if (actor.holds.has("store")) return;
      actor.record = effect.record;
      answers.push({ type: "stored", version: effect.record.version });
      return;
    case "fence":
      if (!actor.holds.has("fence")) answers.push({ type: "fenced" });
      return;
    case "promote":
      if (actor.holds.has("promote")) return;
      answers.push({ type: "promoted", service: effect.service, epoch: effect.epoch });
      return;
    case "setSync":
    case "page":
      return;
  }
}

/** Region a serves under a lease that it just renewed, b follows and has seen that; both measured their data. */
export function serving(
  onWitnessLoss: WitnessLossPolicy,
  parts: Partial<FailoverGroup> = {},
): { readonly here: Stage; readonly a: Actor; readonly b: Actor } {
  const here = stage(onWitnessLoss, parts);
  const [a, b] = [here.actor("a"), here.actor("b")];
  a.record = { ...clearRecord, epochSeen: 0 };
  b.record = { ...clearRecord, epochSeen: 0 };
  a.measures = (atMs) => factsOf("writable", atMs);
  b.measures = (atMs) => factsOf("standby", atMs);
  here.restart(a);
  while (a.state.data.kind !== "serving") if (!here.answer(a)) here.pass(1_000);
  here.restart(b);
  here.pass(15_000, () => {
    here.answer(a);
    here.answer(b);
  });
  while (here.nowMs < lastRenewal(a) || a.state.witness.call !== null) {
    here.pass(1_000);
    here.answer(a);
    here.answer(b);
  }
  a.done.length = 0;
  b.done.length = 0;
  return { here, a, b };
}

function lastRenewal({ state }: Actor): number {
  return state.authority.kind === "none" ? 0 : state.authority.untilAtMs - 20_000;
}

/** Says a message to the peer that the other one said; the oldest of that kind, which is taken out. */
export function deliver(
  here: Stage,
  from: Actor,
  to: Actor,
  kind: PeerMessage["kind"],
  pick: "oldest" | "newest" = "newest",
): PeerMessage {
  const found =
    pick === "oldest"
      ? from.said.findIndex((message) => message.kind === kind)
      : from.said.findLastIndex((message) => message.kind === kind);
  const [message] = from.said.splice(found, found === -1 ? 0 : 1);
  if (message === undefined) throw new Error(`${from.context.self} did not say ${kind}`);
  here.give(to, { type: "peerSaid", message });
  return message;
}

/** Regions that have the right to write at this moment. */
export function writers(here: Stage, ...actors: readonly Actor[]): readonly string[] {
  return actors
    .filter(({ state }) => hasAuthority(state, here.nowMs))
    .map(({ context }) => context.self);
}
