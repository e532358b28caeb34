/** Bugs of restarts, of what is remembered, and of the watchdog that goes on meanwhile. Each with where it comes from and what finds it here. */
import type { Mutant } from "./mutant.ts";

export const mutantsOfMemory: readonly Mutant[] = [
  {
    id: "one-copy-is-enough",
    area: "memory",
    name: "An agent that finds two different memories takes the newer one.",
    origin:
      "Orchestrator and etcd members that start from an older snapshot: the newer copy may be the one that was never acknowledged",
    guard: "CopiesMustAgree",
    file: "core/failover/start.ts",
    patch: {
      find: "if (record !== null && !isSameRecord(record, copy.record)) return null;",
      replace: "if (record !== null && record.version > copy.record.version) continue;",
    },
    diesIn: {
      checker: "rehearsal",
      property: "memories that differ are no memory",
    },
  },
  {
    id: "older-copy-wins",
    area: "memory",
    name: "An agent that finds two different memories takes the first that it read.",
    origin:
      "Kubernetes API servers: a stale read from a cache or an old member (kubernetes #59848)",
    guard: "CopiesMustAgree",
    file: "core/failover/start.ts",
    patch: {
      find: "if (record !== null && !isSameRecord(record, copy.record)) return null;",
      replace: "if (record !== null) continue;",
    },
    diesIn: {
      checker: "rehearsal",
      property: "memories that differ are no memory",
    },
  },
  {
    id: "missing-copy-is-no-matter",
    area: "memory",
    name: "A memory that is gone in one store is taken from the other one, however old that is.",
    origin:
      "CloudNativePG and Kubernetes: the object is recreated from Git while the disk says otherwise (Continuum's hw256, facts of failover §0, 8)",
    guard: "CopiesMustAgree",
    file: "core/failover/start.ts",
    patch: {
      find: 'if (copy.kind !== "present") return null;',
      replace: 'if (copy.kind !== "present") continue;',
    },
    diesIn: {
      checker: "rehearsal",
      property: "a memory that is missing in one store is no memory",
    },
  },
  {
    id: "tenure-is-extended-at-start",
    area: "memory",
    name: "A restarted agent takes up its old tenure for a full lease, without asking anybody.",
    origin:
      "Patroni: a restarted leader that finds its own name in the key goes on (cf. Continuum 4, facts of failover §1.3)",
    guard: "ResumeThroughWatchdog",
    file: "core/failover/start.ts",
    patch: {
      find: "authority: resumed(tenure, record),",
      replace:
        "authority: resumed(\n      { ...tenure, untilAtMs: turn.nowMs + turn.context.group.timing.ttlMs },\n      record,\n    ),",
    },
    diesIn: {
      checker: "model",
      configuration: "fence-crash",
      property: "two regions have authority",
      states: 15000,
    },
  },
  {
    id: "uses-the-old-round",
    area: "memory",
    name: "A restarted agent asks on in the round of the process before it.",
    origin:
      "client-go leader election: the lock is an identity, and a restarted pod with the same name is taken for the old one",
    guard: "RestartOpensNewRound",
    file: "core/failover/rounds.ts",
    patch: {
      find: "const needsNew = open === null || peer.isGivingBack || peer.roundAsked !== open.round;",
      replace: "const needsNew = open === null || peer.isGivingBack;",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a restarted agent opens a round of its own",
    },
  },
  {
    id: "begins-writable",
    area: "memory",
    name: "A region that comes back starts as what it was, before any agent looks.",
    origin:
      "CloudNativePG: a returning region starts as the writer that it was, because its resource still says so (facts of failover §0, 7)",
    guard: "BornFenced",
    file: "core/failover/start.ts",
    patch: {
      find: '    fence(turn, "it starts without a tenure");\n',
      replace: '    put(turn, { data: { kind: "fenced" } });\n',
    },
    diesIn: {
      checker: "rehearsal",
      property: "who has no tenure begins by fencing",
    },
  },
  {
    id: "watchdog-is-revived",
    area: "memory",
    name: "A watchdog whose time is over takes a new deadline and fences nothing.",
    origin:
      "Patroni's frozen_patroni test: a leader that wakes up writes to the watchdog before it is looked at",
    guard: "WatchdogKeepsUntilFenced",
    file: "core/failover/watchdog.ts",
    patch: {
      find: "if (isOver(state, nowMs)) return { tenure: null };",
      replace: "",
    },
    diesIn: {
      checker: "property",
      property: "a watchdog takes neither a late tenure nor an older one",
    },
  },
  {
    id: "watchdog-takes-an-older-tenure",
    area: "memory",
    name: "A watchdog takes what an older process left late.",
    origin: "Kleppmann: the resource has to refuse an older token",
    guard: "WatchdogKeepsUntilFenced",
    file: "core/failover/watchdog.ts",
    patch: {
      find: "if (state.tenure !== null && tenure.epoch < state.tenure.epoch) return state;",
      replace: "",
    },
    diesIn: {
      checker: "property",
      property: "a watchdog takes neither a late tenure nor an older one",
    },
  },
  {
    id: "watchdog-is-let-go-first",
    area: "memory",
    name: "The watchdog is told that there is nothing to guard before the data is fenced.",
    origin:
      "Patroni: its watchdog is switched off only when PostgreSQL has stopped, and it fires otherwise (facts of failover §1.1)",
    guard: "WatchdogKeepsUntilFenced",
    file: "core/failover/authority.ts",
    patch: {
      find: "guardBy(turn, { ...authority, untilAtMs: Math.min(authority.untilAtMs, turn.nowMs) });",
      replace: 'emit(turn, { type: "setWatchdog", tenure: null });',
    },
    diesIn: {
      checker: "rehearsal",
      property: "the watchdog guards until the data is fenced",
    },
  },
  {
    id: "any-answer-clears",
    area: "memory",
    name: "`Nothing is outstanding` is believed also when it answers another question.",
    origin: "Raft: an answer of an older term is for a question that is over",
    guard: "ArmsOnlyWhenClear",
    file: "core/failover/arming.ts",
    patch: {
      find: "if (isClear(turn) || peer.query?.nonce !== message.nonce) return;",
      replace: "if (isClear(turn)) return;",
    },
    diesIn: {
      checker: "rehearsal",
      property: "only a clear `none` clears",
    },
  },
  {
    id: "unsure-answer-clears",
    area: "memory",
    name: "An agent without memory counts any answer of its peer as `nothing is outstanding`.",
    origin:
      "Two amnesiac members that vouch for each other (etcd members that come back with empty disks)",
    guard: "ArmsOnlyWhenClear",
    file: "core/failover/arming.ts",
    patch: {
      find: 'if (message.outstanding !== "none") {',
      replace: 'if (message.outstanding === "some") {',
    },
    diesIn: {
      checker: "rehearsal",
      property: "only a clear `none` clears",
    },
  },
  {
    id: "arbiter-clears",
    area: "memory",
    name: "A region that may take over without the witness tells its peer that nothing is outstanding.",
    origin: "Found here by review of the reducer (R4): two writers",
    guard: "OwnClearsNobody",
    file: "core/failover/arming.ts",
    patch: {
      find: "const isBound = open !== null || epochOwn !== null || isAboutTo;",
      replace: "const isBound = open !== null;",
    },
    diesIn: {
      checker: "rehearsal",
      property: "who took an epoch without the witness frees and clears nobody",
    },
  },
  {
    id: "old-rounds-stay-after-none",
    area: "memory",
    name: "After `nothing is outstanding`, a question that was asked before it makes an arbiter of a dead round.",
    origin: "Found here by review of the reducer (R5): two writers",
    guard: "NoneEndsOldRounds",
    file: "core/failover/arming.ts",
    patch: {
      find: "const change = { promise: null, givenBack: { epoch: asked + 1, round: 0 } };",
      replace: "const change = { promise: null, givenBack: record.givenBack };",
    },
    diesIn: {
      checker: "rehearsal",
      property: "after `none` no older question is consented to",
    },
  },
  {
    id: "own-epoch-in-one-place",
    area: "memory",
    name: "What a watchdog still knows of an epoch of its own counts for nothing when the disk is lost.",
    origin: "etcd: a member that lost its data directory votes again (facts of failover §1.3)",
    guard: "OwnEpochBinds",
    file: "core/failover/start.ts",
    patch: {
      find: 'const isOwn = tenure?.kind === "own" || tenure?.kind === "ownAsked";',
      replace: "const isOwn = false;",
    },
    diesIn: {
      checker: "rehearsal",
      property: "an epoch of its own is remembered by what the watchdog holds",
    },
  },
  {
    id: "rest-is-not-kept",
    area: "memory",
    name: "What is left of a memory when one copy is lost is not written anew before the other copy is lost too.",
    origin:
      "Kubernetes and etcd: two members restored one after the other, each from an old snapshot",
    guard: "LeftIsDurable",
    file: "core/failover/start.ts",
    patch: {
      find: "if (record === null && (turn.state.record?.epochSeen ?? 0) > 0)",
      replace: "if (record !== null && record.epochSeen < 0)",
    },
    diesIn: {
      checker: "rehearsal",
      property: "what is left of a memory is written anew",
    },
  },
  {
    id: "late-question-still-binds",
    area: "memory",
    name: "A region without memory keeps what it promised to a question that had been under way for a minute.",
    origin:
      "Paxos and Raft: an acceptor that lost its log answers an old proposal again (facts of failover §3.2, no amnesia)",
    guard: "NoneEndsOldRounds",
    file: "core/failover/arming.ts",
    patch: {
      find: "promise !== null && promise.round > over.round ? {}",
      replace: "promise !== null ? {}",
    },
    diesIn: {
      checker: "swarm",
      seed: 85315,
      property: "one-writer",
    },
  },
];
