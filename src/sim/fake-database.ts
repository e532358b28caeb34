/**
 * FAKE: two PostgreSQL servers of a ledger, one in each region: streaming replication, commits that wait for the standby or do not, timelines,
 * promotion, fencing that takes time and may fail at first, crashes, and a returning side that comes up fenced (facts of failover §2).
 */
import type { ServiceFacts } from "../core/failover/facts.ts";
import { chance, type Random } from "../core/kernel/random.ts";
import type { WorldTime } from "./failover-time.ts";

/** What a client is told of a write: done and safe, refused, or nothing at all. */
export type Commit = "acknowledged" | "refused";

export type FakeDatabase = {
  /** A client's write; `answer` may never be called, as when the server dies or the commit waits for ever. */
  write(id: number, answer: (commit: Commit) => void): void;
  /** Takes writes at this moment. */
  isWritable(): boolean;
  isRunning(): boolean;
  commits(): "required" | "relaxed";
  /** Ids of all writes that it holds, oldest first. */
  log(): readonly number[];
  timeline(): number;
  /** Whether writes wait because the standby does not confirm them. */
  isStalled(): boolean;
  fence(done: (isFenced: boolean) => void): void;
  promote(epoch: number, done: (refusal: string | null) => void): void;
  setSync(sync: "required" | "relaxed"): void;
  measure(): Omit<ServiceFacts, "name">;
  /** Dies at once; what waited is never answered. */
  crash(): void;
  /** Comes up as it was, fenced unless its tenure goes on, and commits wait for the standby. */
  start(): void;
  pause(): void;
  resume(): void;
  /** What it does by itself every few seconds: streams again, and follows a peer that writes. */
  nudge(): void;
};

export type DatabaseOptions = {
  readonly time: WorldTime;
  readonly random: Random;
  /** Whether the two servers reach each other. */
  readonly isLinked: () => boolean;
  readonly fenceBudgetMs: number;
  readonly promoteMostMs: number;
  /** Chance in a thousand that a first try of fencing or promoting fails. */
  readonly failsPerMille: number;
  /** Told whenever a server may have begun or ceased to take writes. */
  readonly changed: () => void;
};

type Waiting = { readonly position: number; readonly answer: (commit: Commit) => void };

type Side = {
  readonly gate: (epoch: number) => boolean;
  role: "writable" | "standby";
  log: number[];
  timeline: number;
  isRunning: boolean;
  isPaused: boolean;
  isFenced: boolean;
  /** Since when fencing is asked for; null when it is done. */
  fencingSinceMs: number | null;
  /** Who waits for the fencing that is under way. */
  fencers: ((isFenced: boolean) => void)[];
  /** Counts fences and crashes: a promotion that began before one of them comes to nothing. */
  fences: number;
  /** Counts crashes. */
  life: number;
  /** Of the last promotion. */
  epoch: number;
  isStreaming: boolean;
  commits: "required" | "relaxed";
  /** Up to here clients were told "done" without the standby. */
  relaxedUpTo: number;
  waiting: Waiting[];
};

/** Two servers of one ledger: the first writable, the second its standby, both fenced; `gates` tell whether the watchdog lets an epoch write. */
export function fakeDatabases(
  options: DatabaseOptions,
  gates: readonly [(epoch: number) => boolean, (epoch: number) => boolean],
): readonly [FakeDatabase, FakeDatabase] {
  const one = newSide("writable", gates[0]);
  const other = newSide("standby", gates[1]);
  other.isStreaming = true;
  return [databaseOf(options, one, other), databaseOf(options, other, one)];
}

function newSide(role: Side["role"], gate: Side["gate"]): Side {
  return {
    gate,
    role,
    log: [],
    timeline: 1,
    isRunning: true,
    isPaused: false,
    isFenced: true,
    fencingSinceMs: null,
    fencers: [],
    fences: 0,
    life: 0,
    epoch: 0,
    isStreaming: false,
    commits: "required",
    relaxedUpTo: 0,
    waiting: [],
  };
}

const isAlive = (side: Side): boolean => side.isRunning && !side.isPaused;
const isWritable = (side: Side): boolean =>
  isAlive(side) && side.role === "writable" && !side.isFenced;

function databaseOf(options: DatabaseOptions, self: Side, peer: Side): FakeDatabase {
  return {
    write: (id, answer) => write(options, self, peer, { id, answer }),
    isWritable: () => isWritable(self),
    isRunning: () => isAlive(self),
    commits: () => self.commits,
    log: () => self.log,
    timeline: () => self.timeline,
    isStalled: () =>
      isWritable(self) && self.commits === "required" && !isConfirming(options, self, peer),
    fence: (done) => fence(options, self, done),
    promote: (epoch, done) => promote(options, self, { epoch, done }),
    setSync(sync) {
      if (!isAlive(self)) return;
      self.commits = sync;
      if (sync === "relaxed") answerRelaxed(self);
    },
    measure: () => measure(options, self, peer),
    crash() {
      crash(self);
      options.changed();
    },
    start() {
      self.isRunning = true;
      // Born fenced, unless it is in the tenure that it was promoted in (the watchdog knows).
      self.isFenced = self.role !== "writable" || !self.gate(self.epoch);
      options.changed();
    },
    pause() {
      self.isPaused = true;
      options.changed();
    },
    resume() {
      self.isPaused = false;
      options.changed();
    },
    nudge() {
      if (!isAlive(self) || !isAlive(peer) || !options.isLinked()) return;
      rejoin(self, peer);
      if (self.role === "writable" && peer.log.length < self.log.length)
        streamLater(options, self, peer);
    },
  };
}

/** Whether the peer streams from this side and keeps up. */
function isConfirming({ isLinked }: DatabaseOptions, self: Side, peer: Side): boolean {
  return (
    isLinked() && isAlive(self) && isAlive(peer) && peer.role === "standby" && peer.isStreaming
  );
}

function write(
  options: DatabaseOptions,
  self: Side,
  peer: Side,
  { id, answer }: { readonly id: number; readonly answer: (commit: Commit) => void },
): void {
  if (!isAlive(self)) return;
  if (!isWritable(self)) {
    answer("refused");
    return;
  }
  self.log.push(id);
  self.waiting.push({ position: self.log.length, answer });
  if (self.commits === "relaxed") answerRelaxed(self);
  streamLater(options, self, peer);
}

/** The standby has what was written a moment ago; a standby that stood away catches up in the same way. */
function streamLater(options: DatabaseOptions, self: Side, peer: Side): void {
  const { time, random } = options;
  const wayMs = self.commits === "relaxed" ? 200 + random.below(400) : 1 + random.below(15);
  time.after(wayMs, () => {
    if (!isConfirming(options, self, peer) || !stream(self, peer)) return;
    // The confirmation travels back as far.
    const confirmed = peer.log.length;
    const { fences } = self;
    time.after(1 + random.below(10), () => {
      if (options.isLinked() && isAlive(self) && self.fences === fences)
        answerUpTo(self, confirmed);
    });
  });
}

/** Copies what is missing; false when the standby is of another history and has to join anew. */
function stream(from: Side, to: Side): boolean {
  const { length } = to.log;
  if (length > from.log.length || to.log[length - 1] !== from.log[length - 1]) return false;
  for (let at = length; at < from.log.length; at++) {
    const id = from.log[at];
    if (id !== undefined) to.log.push(id);
  }
  to.timeline = from.timeline;
  return true;
}

function answerUpTo(self: Side, position: number): void {
  while (self.waiting[0] !== undefined && self.waiting[0].position <= position) {
    self.waiting.shift()?.answer("acknowledged");
  }
}

function answerRelaxed(self: Side): void {
  self.relaxedUpTo = self.log.length;
  answerUpTo(self, self.log.length);
}

function fence(options: DatabaseOptions, self: Side, done: (isFenced: boolean) => void): void {
  const { time, random, fenceBudgetMs, failsPerMille, changed } = options;
  if (!isAlive(self)) {
    // A server that does not run takes no writes; when it comes up it is fenced. A paused one does not answer.
    if (!self.isRunning) time.after(1, () => done(true));
    return;
  }
  self.fences += 1;
  if (self.isFenced) {
    time.after(1, () => done(true));
    return;
  }
  // Who asks while one is under way waits for the same end, so that none lands after the next promotion.
  self.fencers.push(done);
  if (self.fencers.length > 1) return;
  self.fencingSinceMs ??= time.nowMs();
  const leftMs = Math.max(1, self.fencingSinceMs + Math.floor(fenceBudgetMs * 0.8) - time.nowMs());
  const fails = leftMs > fenceBudgetMs * 0.6 && chance(random, failsPerMille);
  const mostMs = fails ? Math.floor(fenceBudgetMs * 0.1) : leftMs;
  const { life } = self;
  const end = (): void => {
    if (self.isPaused) {
      time.after(Math.floor(fenceBudgetMs / 10), end);
      return;
    }
    if (self.life !== life) return;
    const told = self.fencers;
    self.fencers = [];
    if (!fails) {
      shut(self);
      changed();
    }
    for (const tell of told) tell(!fails);
  };
  time.after(1 + random.below(mostMs), end);
}

/** Takes no writes from now on; commits that wait are never answered. */
function shut(self: Side): void {
  self.isFenced = true;
  self.fencingSinceMs = null;
  self.waiting = [];
}

function crash(self: Side): void {
  shut(self);
  self.fences += 1;
  self.life += 1;
  self.fencers = [];
  self.isRunning = false;
  self.isStreaming = false;
  self.commits = "required";
}

function promote(
  options: DatabaseOptions,
  self: Side,
  asked: { readonly epoch: number; readonly done: (refusal: string | null) => void },
): void {
  const { time, random, promoteMostMs, failsPerMille } = options;
  const { epoch, done } = asked;
  if (!isAlive(self)) {
    time.after(1, () => done("the server does not answer"));
    return;
  }
  const { fences } = self;
  const isDoomed = chance(random, failsPerMille);
  time.after(1 + random.below(promoteMostMs), () => {
    if (!isAlive(self)) return;
    if (self.fences !== fences) return done("it was fenced meanwhile");
    if (isDoomed) return done("pg_promote failed");
    if (!self.gate(epoch)) return done(`the watchdog holds no live tenure of epoch ${epoch}`);
    if (self.role === "standby") {
      self.role = "writable";
      self.timeline += 1;
      self.isStreaming = false;
    }
    // A new tenure begins with commits that wait; what is asked later counts.
    if (self.isFenced) self.commits = "required";
    self.isFenced = false;
    self.epoch = epoch;
    options.changed();
    done(null);
  });
}

/** A side that is not the writer follows the one that is; what only it had is gone then (`pg_rewind`). */
function rejoin(self: Side, peer: Side): void {
  if (self.role === "standby" && self.isStreaming) return;
  const peerLeads = peer.role === "writable" && (self.role === "standby" || isWritable(peer));
  if (!peerLeads || (self.role === "writable" && !self.isFenced)) return;
  if (self.role === "writable" && peer.timeline <= self.timeline) return;
  const shared = self.log.findIndex((id, at) => peer.log[at] !== id);
  if (shared >= 0) self.log.length = shared;
  self.relaxedUpTo = 0;
  self.role = "standby";
  self.isStreaming = true;
  stream(peer, self);
}

function measure(options: DatabaseOptions, self: Side, peer: Side): Omit<ServiceFacts, "name"> {
  if (!isAlive(self)) {
    return {
      role: "unknown",
      sync: null,
      standbyReady: null,
      position: null,
      timeline: null,
      ready: false,
    };
  }
  const isWriter = self.role === "writable";
  // What was answered without the standby has to be there before it confirms everything again.
  const isConfirmed = isConfirming(options, self, peer) && peer.log.length >= self.relaxedUpTo;
  const waiting = isConfirmed ? "in_sync" : "stalled";
  return {
    role: self.role,
    sync: !isWriter ? null : self.commits === "relaxed" ? "alone" : waiting,
    standbyReady: isWriter ? isConfirmed : null,
    position: self.log.length,
    timeline: self.timeline,
    ready: true,
  };
}
