/** Whatever happens to an agent, sensible or not, it never throws and its invariants hold (`rehearsal-rules.ts`). */
import fc from "fast-check";
import { test } from "vitest";
import { applyLease } from "../lease/apply.ts";
import { emptyLease, type LeaseRecord } from "../lease/record.ts";
import type { AgentEvent } from "./event.ts";
import { failoverModes, witnessLossPolicies } from "./group.ts";
import { initialState } from "./initial-state.ts";
import type { PeerMessage } from "./message.ts";
import type { AgentRecord, RecordCopy } from "./record.ts";
import { clearRecord, factsOf, groupOf, type Happening, timing } from "./rehearsal.ts";
import { observe } from "./rehearsal-rules.ts";
import type { AgentState } from "./state.ts";
import { type AgentContext, step } from "./step.ts";
import type { Tenure } from "./watchdog.ts";

/** What happens next, by what the agent and the witness are then. */
type Move = (world: World) => Happening | null;
type World = { state: AgentState; witness: LeaseRecord; nowMs: number };

const small = fc.integer({ min: 0, max: 6 });
// Epochs and rounds that somebody had begin at 1.
const count = fc.integer({ min: 1, max: 6 });
const round = { policy: fc.constantFrom("sticky", "peerArbiter"), epoch: count, round: count };
const openRound = fc.record(round);

const message: fc.Arbitrary<PeerMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("ask"),
    ...round,
    seq: small,
    sync: fc.constantFrom("in_sync", "degraded", "none"),
  }),
  fc.record({ kind: fc.constant("consent"), ...round, seq: small }),
  fc.record({ kind: fc.constant("giveBack"), epoch: count, round: count }),
  fc.record({ kind: fc.constant("givenBack"), epoch: count, round: count }),
  fc.record({ kind: fc.constant("clearAsk"), nonce: fc.constant("n"), epochSeen: small }),
  fc.record({
    kind: fc.constant("clear"),
    nonce: fc.constantFrom("a1/1", "a1/2", "n"),
    outstanding: fc.constantFrom("none", "some", "unknown"),
    epochSeen: small,
    roundIssued: small,
  }),
) as fc.Arbitrary<PeerMessage>; // The constants are the literals of the types.

const record: fc.Arbitrary<AgentRecord> = fc
  .record(
    {
      armed: fc.boolean(),
      epochSeen: small,
      unclear: fc.boolean(),
      open: fc.option(openRound),
      promise: fc.option(openRound),
      version: small,
    },
    { requiredKeys: [] },
  )
  .map((parts) => ({ ...clearRecord, roundIssued: 6, ...parts }) as AgentRecord);

const copies: fc.Arbitrary<readonly RecordCopy[]> = fc.oneof(
  record.map((one) => [{ kind: "present", record: one } as const]),
  record.map((one) => [
    { kind: "present", record: one } as const,
    { kind: "present", record: { ...one } } as const,
  ]),
  fc
    .tuple(record, record)
    .map((both) => both.map((one) => ({ kind: "present", record: one }) as const)),
  fc.constant([{ kind: "missing" } as const, { kind: "unreadable" } as const]),
);

const tenure: fc.Arbitrary<Tenure | null> = fc.option(
  fc.record({
    epoch: small,
    rev: small,
    instance: fc.constant("a0"),
    round: fc.option(small),
    kind: fc.constantFrom("lease", "sticky", "granted", "own", "ownAsked"),
    untilAtMs: fc.integer({ min: 990_000, max: 1_020_000 }),
  }),
) as fc.Arbitrary<Tenure | null>; // The constants are the literals of the type.

const lease: fc.Arbitrary<LeaseRecord> = fc.record({
  slot: fc.constant("shop"),
  epoch: small,
  rev: small,
  holder: fc.constantFrom("a", "b", null),
  instance: fc.constantFrom("a1", "a0", "b1", null),
  ttlMs: fc.constantFrom(5_000, 30_000),
  expiresAtMs: fc.constant(0),
  reqId: fc.constant(null),
  note: fc.constantFrom(
    {},
    { region: "b", sync: "in_sync", positions: { ledger: 1_000 } },
    { region: "a", sync: "degraded" },
    { region: "b", handTo: "a", positions: { ledger: 1_000 } },
  ),
});

/** The witness as it ships answers the call that is under way. */
const answered: Move = ({ state, witness, nowMs, ...world }) => {
  const call = state.witness.call;
  if (call === null) return null;
  void world;
  const { reqId, request } = call;
  if (request === null) return { type: "witnessRead", reqId, record: witness };
  return { type: "witnessReplied", reqId, reply: applyLease(witness, request, nowMs) };
};

/** The peer does with the lease what it may: takes it, renews it, releases it. */
const peerMoves =
  (op: "acquire" | "renew" | "release"): Move =>
  (world) => {
    const { witness, nowMs } = world;
    const common = { holder: "b", instance: "b1", reqId: `b/${witness.rev}`, ifRev: witness.rev };
    const note = { region: "b", sync: "in_sync", positions: { ledger: 1_000 } };
    const reply = applyLease(
      witness,
      op === "acquire"
        ? { ...common, op, ttlMs: timing.ttlMs, epochFloor: 0, note }
        : op === "renew"
          ? { ...common, op, epoch: witness.epoch, ttlMs: timing.ttlMs, note }
          : { ...common, op, epoch: witness.epoch, note },
      nowMs,
    );
    if (reply.ok) world.witness = reply.record;
    return null;
  };

/** What the agent asked is done or fails. */
const done =
  (isGood: boolean): Move =>
  ({ state }) => {
    const { pending, data } = state;
    if (pending !== null) {
      return { type: isGood ? "stored" : "storeFailed", version: pending.record.version };
    }
    if (data.kind === "fencing") {
      return isGood ? { type: "fenced" } : { type: "fenceFailed", because: "no way" };
    }
    if (data.kind !== "promoting") return null;
    const [service = "ledger"] = data.waiting;
    const { epoch } = data;
    return isGood
      ? { type: "promoted", service, epoch }
      : { type: "promoteFailed", service, epoch, because: "no way" };
  };

/** The peer answers what it was told as a sound one would. */
const peerAnswers: Move = ({ state }) => {
  const open = state.record?.open ?? null;
  if (open === null) return null;
  const seq = state.peer.asked.at(-1)?.seq ?? 0;
  return {
    type: "peerSaid",
    message: state.peer.isGivingBack
      ? { kind: "givenBack", epoch: open.epoch, round: open.round }
      : { kind: "consent", ...open, seq },
  };
};

const is =
  (happening: Happening): Move =>
  () =>
    happening;
const measured = fc
  .record({
    role: fc.constantFrom("writable", "standby"),
    sync: fc.constantFrom("in_sync", "stalled", "alone"),
    standbyReady: fc.boolean(),
  })
  .map(
    ({ role, ...parts }): Move =>
      ({ nowMs }) => ({
        type: "measured",
        facts: factsOf(role as "writable" | "standby", nowMs, parts),
      }),
  );

const nonsense: fc.Arbitrary<Move> = fc.oneof(
  lease.map((one) => is({ type: "witnessRead", reqId: "nobody", record: one })),
  fc.tuple(lease, fc.boolean(), fc.constantFrom("held", "lost", "stale"), fc.boolean()).map(
    ([one, ok, code, isCurrent]): Move =>
      ({ state }) => ({
        type: "witnessReplied",
        reqId: isCurrent ? (state.witness.call?.reqId ?? "nobody") : "nobody",
        reply: ok
          ? { ok, record: one, repeated: false }
          : { ok, code: code as "held" | "lost" | "stale", record: one },
      }),
  ),
  small.map((version) => is({ type: "stored", version })),
  small.map((version) => is({ type: "storeFailed", version })),
  small.map((epoch) => is({ type: "promoted", service: "ledger", epoch })),
  small.map((epoch) => is({ type: "promoteFailed", service: "mail", epoch, because: "?" })),
);

const wishes: fc.Arbitrary<Move> = fc
  .constantFrom<Extract<AgentEvent, { type: "personSaid" }>["wish"]>(
    { kind: "arm" },
    { kind: "disarm", because: "repairs" },
    { kind: "rearm" },
    { kind: "switchover" },
    { kind: "closeRound" },
    { kind: "takeOver", withoutWitness: false, peerIsFenced: false },
    { kind: "takeOver", withoutWitness: true, peerIsFenced: true },
  )
  .map((wish) => is({ type: "personSaid", wish }));

const approvals: fc.Arbitrary<Move> = fc
  .tuple(small, fc.constantFrom("ada", "grace"), fc.boolean())
  .map(([expectedEpoch, person, isFailover]) =>
    is({
      type: "approved",
      approval: {
        person,
        group: "shop",
        action: isFailover ? "failover" : "takeOverWithoutWitness",
        expectedEpoch,
        maxLossBytes: Number.MAX_SAFE_INTEGER,
        expiresAtMs: 2_000_000,
        nonce: `${person}/${expectedEpoch}`,
      },
    }),
  );

const sensible: fc.Arbitrary<Move> = fc.oneof(
  { weight: 8, arbitrary: fc.constant(answered) },
  { weight: 6, arbitrary: fc.constant(done(true)) },
  { weight: 1, arbitrary: fc.constant(done(false)) },
  { weight: 8, arbitrary: fc.constant(is({ type: "tick" })) },
  { weight: 4, arbitrary: measured },
  { weight: 3, arbitrary: fc.constant(peerAnswers) },
  { weight: 2, arbitrary: fc.constantFrom("acquire", "renew", "release").map(peerMoves) },
  { weight: 2, arbitrary: message.map((one) => is({ type: "peerSaid", message: one })) },
  { weight: 1, arbitrary: wishes },
  { weight: 1, arbitrary: approvals },
  {
    weight: 1,
    arbitrary: fc.constant<Move>(({ state }) =>
      state.witness.call === null
        ? null
        : { type: "witnessFailed", reqId: state.witness.call.reqId, outcome: "unknown" },
    ),
  },
  { weight: 1, arbitrary: fc.constant(is({ type: "clockGap", gapMs: 5_000 })) },
  { weight: 1, arbitrary: fc.constant(is({ type: "watchdogLost" })) },
);

const pauses = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 3_000, max: 45_000 }) },
);
const moments = (one: fc.Arbitrary<Move>, maxLength: number) =>
  fc.array(fc.record({ move: one, pauseMs: pauses }), { maxLength, size: "max" });

const groups = fc
  .record({
    onWitnessLoss: fc.constantFrom(...witnessLossPolicies),
    mode: fc.constantFrom(...failoverModes),
  })
  .map(({ onWitnessLoss, mode }) => groupOf(onWitnessLoss, { mode }));

/** What is left of a process before: anything at all, or a tenure with the record that goes with it. */
const begins = fc
  .record({
    copies: fc.oneof(
      { weight: 3, arbitrary: fc.constant([{ kind: "present", record: clearRecord } as const]) },
      { weight: 1, arbitrary: copies },
    ),
    tenure,
    record: fc.oneof(fc.constant(emptyLease("shop")), lease),
  })
  .map((begin) => {
    const { tenure: left } = begin;
    if (left === null) return begin;
    const { epoch, kind } = left;
    const policy = kind === "granted" ? ("peerArbiter" as const) : ("sticky" as const);
    const isOpen = kind === "sticky" || kind === "granted";
    const kept: AgentRecord = {
      ...clearRecord,
      epochSeen: epoch,
      epochHeld: epoch,
      epochOwn: kind === "own" ? epoch : null,
      roundIssued: 6,
      open: isOpen ? { policy, epoch, round: left.round ?? 1 } : null,
    };
    return { ...begin, copies: [{ kind: "present" as const, record: kept }] };
  });

function play(
  context: AgentContext,
  begin: { copies: readonly RecordCopy[]; tenure: Tenure | null; record: LeaseRecord },
  moves: readonly { readonly move: Move; readonly pauseMs: number }[],
): void {
  const observer = observe(context);
  const happened: AgentEvent[] = [];
  const world: World = {
    state: initialState(context, "a1", 1_000_000),
    witness: begin.record,
    nowMs: 1_000_000,
  };
  const take = (happening: Happening): void => {
    // Every Happening is an AgentEvent that only lacks its moments.
    const event = { ...happening, atMs: world.nowMs, wallAtMs: world.nowMs } as AgentEvent;
    const before = world.state;
    const taken = step(context, before, event);
    happened.push(event);
    const wrong = observer.look(before, event, taken);
    // What came before is the counterexample that a person reads.
    if (wrong.length > 0) {
      throw new Error([...wrong, ...happened.map((one) => JSON.stringify(one))].join("\n"));
    }
    world.state = taken.state;
    if (event.type === "witnessReplied" && event.reply.ok) world.witness = event.reply.record;
  };
  take({ type: "started", copies: begin.copies, tenure: begin.tenure });
  for (const { move, pauseMs } of moves) {
    world.nowMs += pauseMs;
    const happening = move(world);
    if (happening !== null) take(happening);
  }
}

/** Not how long it takes: how long a machine that does ten other things may need. */
const longMs = 120_000;

test(
  "in a world that behaves, with every fault, the invariants hold",
  () => {
    fc.assert(
      fc.property(groups, begins, moments(sensible, 120), (group, begin, moves) => {
        play({ self: "a", peer: "b", group }, begin, moves);
      }),
      { numRuns: 1_000 },
    );
  },
  longMs,
);

test(
  "in a world that talks nonsense it never throws, and the invariants hold",
  () => {
    const anything = fc.oneof(
      { weight: 3, arbitrary: sensible },
      { weight: 1, arbitrary: nonsense },
    );
    fc.assert(
      fc.property(groups, begins, moments(anything, 80), (group, begin, moves) => {
        play({ self: "a", peer: "b", group }, begin, moves);
      }),
      { numRuns: 1_000 },
    );
  },
  longMs,
);
