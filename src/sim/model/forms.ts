/**
 * The form of every part of the model's state. Every field of every type is named here, so a field that is added to the reducer's
 * state does not compile until somebody says how states with it are compared.
 */
import type { Approval } from "../../core/failover/approval.ts";
import type { DataFacts, Evidence, ServiceFacts } from "../../core/failover/facts.ts";
import type { PeerMessage } from "../../core/failover/message.ts";
import type { AgentRecord, OpenRound } from "../../core/failover/record.ts";
import type {
  AgentState,
  Authority,
  DataState,
  PeerState,
  PendingStore,
  SyncState,
  Wish,
  WitnessCall,
  WitnessState,
} from "../../core/failover/state.ts";
import type { Tenure, WatchdogState } from "../../core/failover/watchdog.ts";
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../../core/lease/request.ts";
import {
  type Codec,
  deadline,
  epoch,
  fields,
  flag,
  instant,
  json,
  listOf,
  name,
  nothing,
  orNull,
  ownRound,
  ownSeq,
  peersRound,
  peersSeq,
  plain,
  presence,
  rev,
  variants,
  version,
  word,
} from "./codec.ts";
import type { Call, Data, Granted, Letter, Region, Store, Witness } from "./world.ts";

/** A closed set of words. */
const oneOf = <T extends string>(): Codec<T> => word as unknown as Codec<T>; // Words come back unchanged.
/** What makes no difference, at the type that is wanted. */
const ignored = <T>(): Codec<T> => nothing as Codec<T>; // It comes back unchanged.
const jsonOf = <T>(): Codec<T> => json as Codec<T>; // It comes back unchanged.

const ownOpenRound = fields<OpenRound>({ policy: oneOf(), epoch, round: ownRound });
const promiseGiven = fields<OpenRound>({ policy: oneOf(), epoch, round: peersRound });

const agentRecord = fields<AgentRecord>({
  version,
  armed: flag,
  epochSeen: epoch,
  roundIssued: ownRound,
  givenBack: fields<AgentRecord["givenBack"]>({ epoch, round: peersRound }),
  unclear: flag,
  epochOwn: orNull(epoch),
  epochBeforeOwn: epoch,
  epochHeld: epoch,
  open: orNull(ownOpenRound),
  promise: orNull(promiseGiven),
});

const leaseRecord = fields<LeaseRecord>({
  slot: ignored(), // There is one.
  epoch,
  rev,
  holder: orNull(word),
  instance: orNull(name),
  ttlMs: plain,
  expiresAtMs: ignored(), // Of the witness's own clock: nobody else reads it, and the witness's part has its distance.
  reqId: orNull(name),
  note: jsonOf(),
});

const asked = {
  holder: word,
  instance: name,
  reqId: name,
  ifRev: rev,
  note: jsonOf<LeaseRequest["note"]>(),
};
const leaseRequest = variants<LeaseRequest, "op">("op", {
  acquire: fields<LeaseRequest & { op: "acquire" }>({
    ...asked,
    op: oneOf(),
    ttlMs: plain,
    epochFloor: epoch,
  }),
  renew: fields<LeaseRequest & { op: "renew" }>({ ...asked, op: oneOf(), ttlMs: plain, epoch }),
  release: fields<LeaseRequest & { op: "release" }>({ ...asked, op: oneOf(), epoch }),
});

const leaseReply: Codec<LeaseReply> = {
  write(value, sink, side) {
    sink.word(value.ok ? (value.repeated ? "repeated" : "ok") : value.code);
    leaseRecord.write(value.record, sink, side);
  },
  rename: (value, renamer, side) => ({
    ...value,
    record: leaseRecord.rename(value.record, renamer, side),
  }),
};

const authority = variants<Authority, "kind">("kind", {
  none: fields<Authority & { kind: "none" }>({ kind: oneOf() }),
  lease: fields<Authority & { kind: "lease" }>({
    kind: oneOf(),
    epoch,
    rev,
    untilAtMs: deadline,
  }),
  sticky: fields<Authority & { kind: "sticky" }>({
    kind: oneOf(),
    epoch,
    rev,
    round: ownRound,
    untilAtMs: deadline,
  }),
  granted: fields<Authority & { kind: "granted" }>({
    kind: oneOf(),
    epoch,
    rev,
    round: ownRound,
    grantUntilAtMs: deadline,
    leaseUntilAtMs: orNull(deadline),
    untilAtMs: deadline,
  }),
  own: fields<Authority & { kind: "own" }>({
    kind: oneOf(),
    by: oneOf(),
    epoch,
    rev,
    leaseUntilAtMs: orNull(deadline),
    untilAtMs: deadline,
  }),
});

const dataState = variants<DataState, "kind">("kind", {
  fenced: fields<DataState & { kind: "fenced" }>({ kind: oneOf() }),
  fencing: fields<DataState & { kind: "fencing" }>({
    kind: oneOf(),
    sinceAtMs: instant,
    hasFailed: flag,
  }),
  promoting: fields<DataState & { kind: "promoting" }>({
    kind: oneOf(),
    epoch,
    sinceAtMs: instant,
    done: jsonOf(),
    waiting: jsonOf(),
    retryAtMs: orNull(deadline),
  }),
  serving: fields<DataState & { kind: "serving" }>({ kind: oneOf(), epoch }),
});

const message = variants<PeerMessage, "kind">("kind", {
  ask: fields<PeerMessage & { kind: "ask" }>({
    kind: oneOf(),
    policy: oneOf(),
    epoch,
    round: ownRound,
    seq: ownSeq,
    sync: oneOf(),
  }),
  // The answer bears the numbers of the one that asked, which is the peer of the one that sends it.
  consent: fields<PeerMessage & { kind: "consent" }>({
    kind: oneOf(),
    policy: oneOf(),
    epoch,
    round: peersRound,
    seq: peersSeq,
  }),
  giveBack: fields<PeerMessage & { kind: "giveBack" }>({ kind: oneOf(), epoch, round: ownRound }),
  givenBack: fields<PeerMessage & { kind: "givenBack" }>({
    kind: oneOf(),
    epoch,
    round: peersRound,
  }),
  clearAsk: fields<PeerMessage & { kind: "clearAsk" }>({
    kind: oneOf(),
    nonce: name,
    epochSeen: epoch,
  }),
  clear: fields<PeerMessage & { kind: "clear" }>({
    kind: oneOf(),
    nonce: name,
    outstanding: oneOf(),
    epochSeen: epoch,
    roundIssued: ownRound,
  }),
});

const wish = variants<Wish, "kind">("kind", {
  switchover: fields<Wish & { kind: "switchover" }>({ kind: oneOf(), sinceAtMs: instant }),
  takeOver: fields<Wish & { kind: "takeOver" }>({
    kind: oneOf(),
    sinceAtMs: instant,
    withoutWitness: flag,
    peerIsFenced: flag,
  }),
});

const approval = fields<Approval>({
  person: word,
  group: ignored(), // There is one.
  action: oneOf(),
  expectedEpoch: epoch,
  maxLossBytes: plain,
  expiresAtMs: ignored(), // Farther away than a run of the model lasts.
  nonce: word, // It is compared with those in notes, which are words too.
});

const witnessState = fields<WitnessState>({
  seen: orNull(
    fields<NonNullable<WitnessState["seen"]>>({ record: leaseRecord, sinceAtMs: instant }),
  ),
  call: orNull(
    fields<WitnessCall>({ reqId: name, sentAtMs: instant, request: orNull(leaseRequest) }),
  ),
  nextCallAtMs: deadline,
  silentSinceAtMs: presence,
});

const peerState = fields<PeerState>({
  roundAsked: orNull(ownRound),
  isGivingBack: flag,
  asked: listOf(fields<PeerState["asked"][number]>({ seq: ownSeq, sentAtMs: instant })),
  nextSeq: ownSeq,
  nextSendAtMs: deadline,
  capAtMs: orNull(deadline),
  query: orNull(
    fields<NonNullable<PeerState["query"]>>({ kind: oneOf(), nonce: name, sentAtMs: instant }),
  ),
  grantRunsOutAtMs: orNull(deadline),
  grantSync: oneOf(),
  consentUntilAtMs: orNull(deadline),
});

const agentState = fields<AgentState>({
  startedAtMs: instant,
  instance: name,
  nextStoreAtMs: deadline,
  offUntilAtMs: deadline,
  counter: ignored(), // Names the next request; a fresh name is like any other.
  record: orNull(agentRecord),
  pending: orNull(
    fields<PendingStore>({
      record: agentRecord,
      purpose: oneOf(),
      tell: orNull(message),
      by: orNull(oneOf()),
    }),
  ),
  authority,
  data: dataState,
  witness: witnessState,
  peer: peerState,
  wish: orNull(wish),
  approvals: listOf(approval),
  facts: orNull(
    fields<DataFacts>({
      atMs: instant,
      services: jsonOf<readonly ServiceFacts[]>(),
      notReady: jsonOf<readonly string[]>(),
    }),
  ),
  evidence: orNull(
    fields<Evidence>({ atMs: instant, peerActiveEpoch: orNull(epoch), selfVisible: orNull(flag) }),
  ),
  sync: fields<SyncState>({
    recorded: oneOf(),
    wanted: oneOf(),
    told: orNull(fields<NonNullable<SyncState["told"]>>({ sync: oneOf(), atMs: instant })),
  }),
  disarmedBecause: jsonOf<readonly string[]>(),
  lastVerdict: ignored(), // Keeps an unchanged judgement out of the journal.
  failovers: ignored(), // The groups of the model have no rest and no limit of failovers.
});

const watchdog = fields<WatchdogState>({
  tenure: orNull(
    fields<Tenure>({
      epoch,
      rev,
      instance: name,
      round: orNull(ownRound),
      kind: oneOf(),
      untilAtMs: deadline,
    }),
  ),
});

const call = fields<Call>({
  reqId: name,
  request: orNull(leaseRequest),
  answer: orNull(
    fields<NonNullable<Call["answer"]>>({ record: leaseRecord, reply: orNull(leaseReply) }),
  ),
});

const store = fields<Store>({
  record: orNull(agentRecord),
  previous: orNull(agentRecord),
  isDown: flag,
});
const twoStores: Codec<Region["stores"]> = {
  write(value, sink, side) {
    store.write(value[0], sink, side);
    store.write(value[1], sink, side);
  },
  rename: (value, renamer, side) => [
    store.rename(value[0], renamer, side),
    store.rename(value[1], renamer, side),
  ],
};

const data = variants<Data, "kind">("kind", {
  closed: fields<Data & { kind: "closed" }>({ kind: oneOf() }),
  open: fields<Data & { kind: "open" }>({ kind: oneOf(), epoch }),
  closing: fields<Data & { kind: "closing" }>({
    kind: oneOf(),
    epoch,
    by: oneOf(),
    closedAtMs: deadline,
  }),
});

export const regionForm = fields<Region>({
  nowMs: ignored(), // Everything of this region is written relative to it.
  power: oneOf(),
  agent: orNull(agentState),
  isPaused: flag,
  watchdog,
  stores: twoStores,
  storing: orNull(agentRecord),
  durable: orNull(agentRecord),
  data,
  promoting: orNull(fields<NonNullable<Region["promoting"]>>({ service: word, epoch })),
  calls: listOf(call),
  suspendedMs: plain,
  hasData: flag,
  starts: ignored(), // Names the next agent; a fresh name is like any other.
});

export const witnessForm = (hasClock: boolean): Codec<Witness> => ({
  write(value, sink, side) {
    leaseRecord.write(value.record, sink, side);
    if (hasClock && value.record.holder !== null) {
      sink.deadline(value.record.expiresAtMs);
    }
  },
  rename: (value, renamer, side) => ({
    ...value,
    record: leaseRecord.rename(value.record, renamer, side),
  }),
});

export const letterForm: Codec<Letter> = {
  write(value, sink) {
    sink.plain(value.from);
    message.write(value.message, sink, value.from);
  },
  rename: (value, renamer) => ({
    ...value,
    message: message.rename(value.message, renamer, value.from),
  }),
};

export const grantedForm = fields<Granted>({ epoch, side: jsonOf() });
