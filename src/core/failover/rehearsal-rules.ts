/**
 * What has to hold of every step of an agent, whatever happens to it (ADR 25). It watches one agent from outside: the events that it
 * takes in and the effects that follow, and keeps its own books of them. Used by tests only.
 */
import type { JsonObject } from "../kernel/json.ts";
import { authorityMs, outwaitMs } from "../lease/timing.ts";
import { healthAnswer, mayWrite } from "./authority.ts";
import type { Effect } from "./effect.ts";
import type { AgentEvent } from "./event.ts";
import type { AgentRecord, OpenRound } from "./record.ts";
import type { AgentState } from "./state.ts";
import type { AgentContext, Step } from "./step.ts";
import type { Tenure } from "./watchdog.ts";

export type Observer = {
  /** Sentences about what is wrong with this step; empty when nothing is. */
  look(before: AgentState, event: AgentEvent, step: Step): readonly string[];
};

type Call = { readonly reqId: string; readonly sentAtMs: number; readonly note: JsonObject };

/** The books: what was acknowledged and confirmed so far. */
type Books = {
  stored: AgentRecord | null;
  call: Call | null;
  /** Until when confirmed requests give authority at the most, and what tenures of the process before it gave. */
  confirmedUntilMs: number;
  /** What the last confirmed write of a tenure said of the standby. */
  confirmedSync: unknown;
  watchdog: Tenure | null;
  /** When each question was sent. */
  readonly asked: Map<number, number>;
  /** Since when the revision that is seen has been seen. */
  seen: { readonly rev: number; readonly epoch: number; readonly sinceMs: number } | null;
};

/** Watches one process from its start. */
export function observe(context: AgentContext): Observer {
  const books: Books = {
    stored: null,
    call: null,
    confirmedUntilMs: Number.NEGATIVE_INFINITY,
    confirmedSync: null,
    watchdog: null,
    asked: new Map(),
    seen: null,
  };
  return {
    look(before, event, { state, effects }) {
      takeIn(books, context, before, event);
      const wrong: string[] = [];
      const must = (holds: boolean, because: string): void => {
        if (!holds) wrong.push(because);
      };
      for (const effect of effects) judge({ books, context, before, event, state, must }, effect);
      judgeState({ books, context, before, event, state, must });
      must(
        effects.filter(({ type }) => type === "callWitness").length <= 1,
        "one step asked the witness twice",
      );
      must(effects.filter(({ type }) => type === "store").length <= 1, "one step stored twice");
      return wrong;
    },
  };
}

/** What an event confirms, before the agent answers it. */
function takeIn(
  books: Books,
  { group, self }: AgentContext,
  before: AgentState,
  event: AgentEvent,
): void {
  if (event.type === "started") {
    const records = event.copies.map((copy) => (copy.kind === "present" ? copy.record : null));
    const [first = null] = records;
    const isSame = records.every((one) => JSON.stringify(one) === JSON.stringify(first));
    books.stored = isSame ? first : null;
    books.watchdog = event.tenure;
    if (books.stored !== null) books.confirmedUntilMs = event.tenure?.untilAtMs ?? 0;
  }
  if (event.type === "stored" && before.pending?.record.version === event.version) {
    books.stored = before.pending.record;
  }
  if (event.type === "clockGap") books.call = null;
  if (event.type !== "witnessReplied" || books.call?.reqId !== event.reqId) return;
  const { sentAtMs, note } = books.call;
  if (!event.reply.ok || event.reply.record.holder !== self) return;
  books.confirmedUntilMs = Math.max(books.confirmedUntilMs, sentAtMs + authorityMs(group.timing));
  books.confirmedSync = note["sync"];
}

type Scene = {
  readonly books: Books;
  readonly context: AgentContext;
  readonly before: AgentState;
  readonly event: AgentEvent;
  readonly state: AgentState;
  readonly must: (holds: boolean, because: string) => void;
};

function judge(scene: Scene, effect: Effect): void {
  const { books, state, event, must, before } = scene;
  switch (effect.type) {
    case "callWitness": {
      const { call } = before.witness;
      const isEnded =
        call === null ||
        event.type === "clockGap" ||
        isOver(scene, call.sentAtMs) ||
        answers(event, call);
      must(isEnded, "a second request to the witness is under way");
      if (effect.request === null) {
        books.call = { reqId: effect.reqId, sentAtMs: event.atMs, note: {} };
      } else {
        books.call = { reqId: effect.reqId, sentAtMs: event.atMs, note: effect.request.note };
        judgeRequest(scene, effect.request);
      }
      return;
    }
    case "tellPeer":
      judgeMessage(scene, effect.message);
      return;
    case "store":
      must(effect.record.version > (books.stored?.version ?? 0), "a version did not grow");
      must(
        effect.record.roundIssued >= (books.stored?.roundIssued ?? 0),
        "a round would be used twice",
      );
      must(effect.record.epochSeen >= (books.stored?.epochSeen ?? 0), "an epoch was forgotten");
      return;
    case "setWatchdog":
      must(
        effect.tenure !== null || (state.data.kind === "fenced" && state.authority.kind === "none"),
        "the watchdog was let go before everything was fenced",
      );
      books.watchdog = effect.tenure;
      return;
    case "promote":
      must(
        state.authority.kind !== "none" && state.authority.epoch === effect.epoch,
        "a service was promoted without authority at its epoch",
      );
      must((books.stored?.epochSeen ?? -1) >= effect.epoch, "promoted before it was durable");
      must(
        books.watchdog?.epoch === effect.epoch,
        "promoted while the watchdog did not know of it",
      );
      return;
    case "setSync": {
      const mayRelax = state.authority.kind === "own" || books.confirmedSync === "degraded";
      must(
        effect.sync === "required" || mayRelax,
        "commits stopped waiting before the witness confirmed it",
      );
      return;
    }
    case "fence":
    case "page":
      return;
  }
}

function isOver({ context, event }: Scene, sentAtMs: number): boolean {
  return event.atMs >= sentAtMs + context.group.timing.rpcTimeoutMs;
}

function answers(event: AgentEvent, { reqId }: { readonly reqId: string }): boolean {
  return "reqId" in event && event.reqId === reqId;
}

type Request = Extract<Effect, { readonly type: "callWitness" }>["request"];

function judgeRequest({ books, context, state, event, must }: Scene, request: Request): void {
  if (request === null) return;
  const { authority, data } = state;
  const { stored } = books;
  switch (request.op) {
    case "renew":
      must(authority.kind !== "none", "it renewed without authority");
      return;
    case "release":
      must(authority.kind === "none" && data.kind === "fenced", "it released before it was fenced");
      return;
    case "acquire": {
      must(authority.kind === "none" || authority.kind === "own", "a holder acquired");
      must(authority.kind === "own" || data.kind === "fenced", "it acquired before it was fenced");
      must(stored?.promise === null && stored.open === null, "it acquired although it is bound");
      const mayTake = stored?.armed === true && !stored.unclear;
      must(authority.kind === "own" || mayTake, "it acquired without being armed");
      must(request.epochFloor >= (stored?.epochSeen ?? 0), "an epoch may be given twice");
      const { seen } = state.witness;
      must(seen?.record.rev === request.ifRev, "it decided on another revision");
      const waitedMs = seen === null ? 0 : event.atMs - seen.sinceAtMs;
      const mustWaitMs =
        seen?.record.holder == null ? 0 : outwaitMs(context.group.timing, seen.record.ttlMs);
      must(waitedMs >= mustWaitMs, "it did not wait long enough");
      return;
    }
  }
}

const isSame = (one: OpenRound | null | undefined, other: object): boolean =>
  one != null &&
  "epoch" in other &&
  "round" in other &&
  one.epoch === other.epoch &&
  one.round === other.round;

function judgeMessage(
  { books, state, event, must }: Scene,
  message: Extract<Effect, { readonly type: "tellPeer" }>["message"],
): void {
  const { stored } = books;
  switch (message.kind) {
    case "ask":
      must(isSame(stored?.open, message), "a question left before its round was durable");
      must(!books.asked.has(message.seq), "a question has the number of another one");
      books.asked.set(message.seq, event.atMs);
      return;
    case "consent":
      must(isSame(stored?.promise, message), "a consent left before its promise was durable");
      must(state.authority.kind === "none", "a region with authority consented");
      return;
    case "givenBack":
      must(
        stored !== null && !isSame(stored.promise, message),
        "a promise was given back before that was durable",
      );
      return;
    case "clear":
      must(
        message.outstanding !== "none" || (stored !== null && stored.open === null),
        "it said that nothing is outstanding while a round is open",
      );
      return;
    case "giveBack":
    case "clearAsk":
      return;
  }
}

function judgeState({ books, context, event, state, must }: Scene): void {
  const { authority, data } = state;
  const longestMs = authorityMs(context.group.timing);
  if (authority.kind === "none") {
    must(data.kind === "fenced" || data.kind === "fencing", "it serves without authority");
    must(!mayWrite(state, event.atMs), "it may write without authority");
    must(healthAnswer(state, event.atMs).status === 503, "it answers 200 without authority");
    const live = books.watchdog !== null && books.watchdog.untilAtMs > event.atMs;
    must(!live, "the watchdog guards a tenure that the agent gave up");
    return;
  }
  const { untilAtMs } = authority;
  must(untilAtMs > event.atMs, "it kept an authority that is over");
  must(
    books.watchdog?.untilAtMs === untilAtMs && books.watchdog.epoch === authority.epoch,
    "the watchdog does not know until when it may write",
  );
  const confirmedMs = books.confirmedUntilMs;
  if (authority.kind === "lease") {
    const most = Math.max(confirmedMs, event.atMs);
    must(untilAtMs <= most, "a lease lasts longer than a confirmed request gives");
  } else if (authority.kind === "granted") {
    const granted = [...books.asked.values()].map((sentAtMs) => sentAtMs + longestMs);
    const most = Math.max(confirmedMs, ...granted);
    must(untilAtMs <= most, "a grant lasts longer than a question gives");
  } else {
    must(untilAtMs <= event.atMs + longestMs, "a hung agent would be fenced too late");
  }
}
