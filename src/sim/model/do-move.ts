/** What each move of a region does to it. */
import type { PersonWish } from "../../core/failover/event.ts";
import type { PeerMessage } from "../../core/failover/message.ts";
import { evidence, measured } from "./facts.ts";
import {
  change,
  fence,
  type Happening,
  happen,
  isAwake,
  type Local,
  open,
  spend,
  watch,
  write,
} from "./local.ts";
import { isLate, type Move, type RegionFault } from "./move.ts";
import { knownEpoch } from "./region-facts.ts";
import { mayHappen, type Store } from "./world.ts";

export const tickMs = 1000;

export function doMove(local: Local, move: Move): void {
  act(local, move);
  dropLateCalls(local);
}

/** The agent takes in a message of its peer. */
export function hear(local: Local, message: PeerMessage): void {
  happen(local, { type: "peerSaid", message });
  dropLateCalls(local);
}

function act(local: Local, move: Move): void {
  const { region } = local;
  switch (move.kind) {
    case "advance":
      advance(local, move.isSlow);
      return;
    case "answer":
      answer(local, move.index);
      return;
    case "loseCall":
      change(local, { calls: region.calls.toSpliced(move.index, 1) });
      return;
    case "repeatCall":
      spend(local, "duplicate");
      change(local, {
        calls: [...region.calls, ...region.calls.slice(move.index, move.index + 1)],
      });
      return;
    case "closed":
      change(local, { data: { kind: "closed" } });
      happen(local, { type: "fenced" });
      return;
    case "opened":
      opened(local);
      return;
    case "storesDone":
      storesDone(local, move);
      return;
    case "start":
      start(local);
      return;
    case "powerOn":
      change(local, { power: "on" });
      return;
    case "goOn":
      change(local, { isPaused: false, suspendedMs: 0 });
      if (region.suspendedMs > 0) happen(local, { type: "clockGap", gapMs: region.suspendedMs });
      // What it missed while it stood still.
      if (region.data.kind === "closed") happen(local, { type: "fenced" });
      tick(local);
      return;
    case "resume":
      resume(local);
      return;
    case "storeUp":
      change(local, { stores: [region.stores[0], { ...region.stores[1], isDown: false }] });
      return;
    case "fault":
      strike(local, move.fault);
      return;
  }
}

function advance(local: Local, isSlow: boolean): void {
  const { region } = local;
  if (region.power === "suspended") {
    change(local, { suspendedMs: Math.min(region.suspendedMs + tickMs, 3 * tickMs) });
    return;
  }
  // Fencing is an act in the world and keeps the world's time, whatever the clock beside it shows.
  const isClosed = region.data.kind === "closing";
  if (isClosed) change(local, { data: { kind: "closed" } });
  if (!isSlow) change(local, { nowMs: region.nowMs + tickMs });
  watch(local);
  if (isClosed) happen(local, { type: "fenced" });
  if (!isSlow) tick(local);
}

/** What an agent takes in once in a while: its data, resolvers, time limits and the time itself. */
function tick(local: Local): void {
  const { agent, nowMs } = local.region;
  const call = agent?.witness.call ?? null;
  const { rpcTimeoutMs } = local.rules.configuration.group.timing;
  if (call !== null && nowMs - call.sentAtMs >= rpcTimeoutMs) {
    happen(local, { type: "witnessFailed", reqId: call.reqId, outcome: "unknown" });
  }
  look(local);
  happen(local, { type: "tick" });
}

function look(local: Local): void {
  happen(local, { type: "measured", facts: measured(local.region) });
  happen(local, { type: "seen", evidence: evidence(local.region) });
}

function answer(local: Local, index: number): void {
  const { region } = local;
  const call = region.calls[index];
  if (call === undefined || call.answer === null) return;
  if (isLate(region, call)) spend(local, "late");
  change(local, { calls: region.calls.toSpliced(index, 1) });
  const { reqId } = call;
  const { record, reply } = call.answer;
  const event: Happening =
    reply === null
      ? { type: "witnessRead", reqId, record }
      : { type: "witnessReplied", reqId, reply };
  happen(local, event);
}

/** Calls that nobody waits for are lost, unless some may come late. */
export function dropLateCalls(local: Local): void {
  const { region, budget } = local;
  if (mayHappen(budget, "late") || !region.calls.some((call) => isLate(region, call))) return;
  change(local, { calls: region.calls.filter((call) => !isLate(region, call)) });
}

function opened(local: Local): void {
  const { promoting } = local.region;
  if (promoting === null) return;
  const after: Happening[] = [];
  open(local, promoting, after);
  for (const event of after) happen(local, event);
}

function storesDone(local: Local, { reaches, dies }: Move & { kind: "storesDone" }): void {
  const { storing } = local.region;
  if (storing === null) return;
  const isWhole = write(local, storing, reaches);
  if (dies || !isWhole) spend(local, "slowStore");
  if (dies) crashAgent(local);
  happen(local, { type: isWhole ? "stored" : "storeFailed", version: storing.version });
}

function start(local: Local): void {
  const { rules, side, region } = local;
  const starts = region.starts + 1;
  const instance = `${side === 0 ? "a" : "b"}${starts}`;
  const agent = rules.protocol.initialState(rules.contexts[side], instance, region.nowMs);
  change(local, { agent, starts, suspendedMs: 0 });
  const copies = region.stores.map(({ record, isDown }) => {
    if (isDown) return { kind: "unreadable" } as const;
    return record === null
      ? ({ kind: "missing" } as const)
      : ({ kind: "present", record } as const);
  });
  happen(local, { type: "started", copies, tenure: region.watchdog.tenure });
  if (local.region.agent?.authority.kind !== "none") local.reached.push("resumedTenure");
  look(local);
  happen(local, { type: "tick" });
}

/** After a suspension both the agent and the watchdog find that the wall clock went on without theirs. */
function resume(local: Local): void {
  const gapMs = local.region.suspendedMs;
  // An agent that stands still finds it when it goes on.
  change(local, { power: "on", suspendedMs: local.region.isPaused ? gapMs : 0 });
  if (gapMs > local.rules.configuration.group.timing.marginMs) {
    const { data } = local.region;
    // What was fencing already was held up by it as well.
    if (data.kind === "closing") change(local, { data: { ...data, by: "gap" } });
    fence(local, "gap");
    change(local, { watchdog: { tenure: null } });
  }
  happen(local, { type: "clockGap", gapMs });
  if (local.region.data.kind === "closed") happen(local, { type: "fenced" });
}

const lost: Store = { record: null, previous: null, isDown: false };

function strike(local: Local, fault: RegionFault): void {
  spend(local, fault);
  const { region } = local;
  const [disk, api] = region.stores;
  switch (fault) {
    case "crashAgent":
      crashAgent(local);
      return;
    case "crashRegion":
      // Everything stops at once; what the data services had open is closed, for they start fenced.
      change(local, { power: "off", agent: null, isPaused: false, watchdog: { tenure: null } });
      change(local, { data: { kind: "closed" }, promoting: null, storing: null, suspendedMs: 0 });
      return;
    case "loseStore":
      change(local, { stores: [disk, lost] });
      return;
    case "loseMemory":
      change(local, { stores: [lost, lost] });
      return;
    case "staleStore":
      change(local, { stores: [disk, { ...lost, record: api.previous }] });
      return;
    case "downStore":
      change(local, { stores: [disk, { ...api, isDown: true }] });
      return;
    case "pause":
      change(local, { isPaused: true });
      return;
    case "suspend":
      change(local, { power: "suspended", suspendedMs: 0 });
      return;
    case "wallStep":
      happen(local, { type: "clockGap", gapMs: 3_600_000 });
      return;
    case "watchdogLost":
      // Whoever starts it again finds nothing that it guards, so it fences.
      fence(local, "watchdog");
      change(local, { watchdog: { tenure: null } });
      happen(local, { type: "watchdogLost" });
      return;
    case "standbyLost":
      return;
    default:
      wish(local, fault);
  }
}

/** What the agent began to fence stays as it is, unless the watchdog goes on with it. */
function crashAgent(local: Local): void {
  const { data } = local.region;
  change(local, { agent: null, isPaused: false, suspendedMs: 0 });
  if (data.kind === "closing" && data.by === "agent") {
    change(local, { data: { kind: "open", epoch: data.epoch } });
  }
}

type Said = Exclude<
  RegionFault,
  | "crashAgent"
  | "crashRegion"
  | "loseStore"
  | "loseMemory"
  | "staleStore"
  | "downStore"
  | "pause"
  | "suspend"
  | "wallStep"
  | "watchdogLost"
  | "standbyLost"
>;

const wishes: Readonly<Record<Said, PersonWish>> = {
  arm: { kind: "arm" },
  disarm: { kind: "disarm", because: "a person said so" },
  rearm: { kind: "rearm" },
  switchover: { kind: "switchover" },
  takeOver: { kind: "takeOver", withoutWitness: false, peerIsFenced: false },
  takeOverFenced: { kind: "takeOver", withoutWitness: true, peerIsFenced: true },
  takeOverPromised: { kind: "takeOver", withoutWitness: true, peerIsFenced: false },
  closeRound: { kind: "closeRound" },
};

/** A person speaks, with the approvals that the group asks for. */
function wish(local: Local, said: Said): void {
  const { agent } = local.region;
  const action = said.startsWith("takeOver") ? "takeOverWithoutWitness" : "switchover";
  if (isAwake(local.region) && (said === "takeOverFenced" || said === "takeOverPromised")) {
    for (const person of ["ann", "ben"]) {
      happen(local, {
        type: "approved",
        approval: {
          person,
          group: local.rules.configuration.group.name,
          action,
          expectedEpoch: agent === null ? 0 : knownEpoch(agent),
          maxLossBytes: Number.MAX_SAFE_INTEGER,
          expiresAtMs: Number.MAX_SAFE_INTEGER,
          // Nobody says the same thing twice in a configuration.
          nonce: `${person}-${local.side}-${said}`,
        },
      });
    }
  }
  happen(local, { type: "personSaid", wish: wishes[said] });
}
