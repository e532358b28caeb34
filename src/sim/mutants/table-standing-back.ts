/** Bugs of rounds, promises and consents while the witness is silent. Each with where it comes from and what finds it here. */
import type { Mutant } from "./mutant.ts";

export const mutantsOfStandingBack: readonly Mutant[] = [
  {
    id: "asks-before-it-is-durable",
    area: "standing-back",
    name: "The peer is asked in a round that the asker may have forgotten after the next restart.",
    origin:
      "Raft: terms and votes are on disk before a message leaves (etcd raft, Ready's ordering)",
    guard: "RoundIsDurable",
    file: "core/failover/rounds.ts",
    patch: {
      find: '  store(turn, { open: { policy, epoch, round }, roundIssued: round }, { purpose: "openRound" });',
      replace:
        '  store(turn, { open: { policy, epoch, round }, roundIssued: round }, { purpose: "openRound" });\n  onRoundOpen(turn, { policy, epoch, round });\n  ask(turn, { policy, epoch, round });',
    },
    diesIn: {
      checker: "model",
      configuration: "sticky-stores",
      property: "before its round was durable",
      states: 2000,
    },
  },
  {
    id: "round-is-never-stored",
    area: "standing-back",
    name: "A round whose write failed is asked in nevertheless.",
    origin: "PostgreSQL's fsync errors of 2018: a write that failed was taken for done",
    guard: "RoundIsDurable",
    file: "core/failover/stored.ts",
    patch: {
      find: "put(turn, { pending: null, record: record === null ? null : { ...record, version } });",
      replace:
        'put(turn, { pending: null, record: pending.record });\n  if (pending.purpose === "openRound" && pending.record.open !== null)\n    onRoundOpen(turn, pending.record.open);',
    },
    diesIn: {
      checker: "model",
      configuration: "sticky-stores",
      property: "before its round was durable",
      states: 2000,
    },
  },
  {
    id: "consents-before-it-is-durable",
    area: "standing-back",
    name: "The consent leaves before the promise is in the stores.",
    origin:
      "Raft members that answered before their vote was on disk; Patroni's failsafe answer, which is in memory only",
    guard: "PromiseIsDurable",
    file: "core/failover/promise.ts",
    patch: {
      find: "  // Guard: PromiseIsDurable. The consent leaves when this is stored.\n",
      replace: "  consentNow(turn, consent);\n",
    },
    diesIn: {
      checker: "model",
      configuration: "sticky-stores",
      property: "before its promise was durable",
      states: 2000,
    },
  },
  {
    id: "any-consent-counts",
    area: "standing-back",
    name: "A consent counts for the newest question, whichever it answers.",
    origin:
      "Patroni's failsafe mode: an old acknowledgement is taken for the present one (facts of failover §1.2)",
    guard: "ConsentIsFresh",
    file: "core/failover/rounds.ts",
    patch: {
      find: "peer.asked.find(({ seq }) => seq === message.seq);",
      replace: "peer.asked.at(-1);",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a consent counts for the question that it answers",
    },
  },
  {
    id: "consent-from-the-answer",
    area: "standing-back",
    name: "What the arbiter grants is counted from the moment of its answer.",
    origin:
      "Facts of failover §3.2, variant D2: each answer has to echo the asker's time of sending",
    guard: "ConsentIsFresh",
    file: "core/failover/rounds.ts",
    patch: {
      find: "const granted = untilOf(turn, sent.sentAtMs);",
      replace: "const granted = untilOf(turn, turn.nowMs);",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a grant is counted from the question",
    },
  },
  {
    id: "no-cap",
    area: "standing-back",
    name: "A holder that asked for an arbiter goes on to renew its lease while the arbiter waits for its silence.",
    origin: "Facts of failover §3.2, D2 without the cap: two writers in 6 ticks",
    guard: "JointCap",
    file: "core/failover/rounds.ts",
    patch: {
      find: 'open.policy === "peerArbiter" && isFirst && authority.kind === "lease"',
      replace: 'open.policy !== "peerArbiter" && isFirst && authority.kind === "lease"',
    },
    diesIn: {
      checker: "rehearsal",
      property: "from its first question on a holder is capped",
    },
  },
  {
    id: "arbiter-waits-too-short",
    area: "standing-back",
    name: "The arbiter waits no longer than the holder may write.",
    origin: "Facts of failover §3.2, D2 with T_B too short: two writers in 3 ticks",
    guard: "ArbiterWaitsLonger",
    file: "core/failover/promise.ts",
    patch: {
      find: "grantRunsOutAtMs: untilAtMs,",
      replace: "grantRunsOutAtMs: turn.nowMs + turn.context.group.timing.rpcTimeoutMs,",
    },
    diesIn: {
      checker: "model",
      configuration: "peerArbiter-network",
      property: "two regions have authority",
      states: 3000,
    },
  },
  {
    id: "gives-back-before-the-lease",
    area: "standing-back",
    name: "The peer is told that it is free as soon as the witness is heard again, before the lease is live.",
    origin: "Facts of failover §3.2, D3 with `resume while sticky`: two writers in 5 ticks",
    guard: "ResumeOnLiveLease",
    file: "core/failover/rounds.ts",
    patch: {
      find: "if (open !== null && mayGiveBack && !isSilent) {",
      replace: 'if (open !== null && (mayGiveBack || authority.kind === "sticky")) {',
    },
    diesIn: {
      checker: "rehearsal",
      property: "the peer is freed only once the lease is live",
    },
  },
  {
    id: "hand-back-is-not-joint",
    area: "standing-back",
    name: "After the hand-back the lease alone counts, while the arbiter may not know that it is none any more.",
    origin: "Facts of failover §3.2, D2: one hand-over at a time, or both rights are needed",
    guard: "HandBackIsJoint",
    file: "core/failover/hold.ts",
    patch: {
      find: "untilAtMs: Math.min(authority.grantUntilAtMs, leaseUntilAtMs),",
      replace: "untilAtMs: leaseUntilAtMs,",
    },
    diesIn: {
      checker: "rehearsal",
      property: "until the hand-back is confirmed the lease and the grant are both needed",
    },
  },
  {
    id: "old-give-back-frees",
    area: "standing-back",
    name: "A late hand-back of an older round frees the peer of the newer one.",
    origin:
      "Chubby's delayed messages: a lock request of an older session arrives late, so sequencers are compared",
    guard: "OlderGiveBackIsNothing",
    file: "core/failover/promise.ts",
    patch: {
      find: "if (promise !== null && isAfter(promise, { epoch, round })) return;",
      replace: "",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a hand-back of an older round frees nobody",
    },
  },
  {
    id: "old-question-is-answered",
    area: "standing-back",
    name: "A question of an epoch that is over is consented to.",
    origin: "Raft: what comes from an older term is refused",
    guard: "OldQuestionIsNothing",
    file: "core/failover/promise.ts",
    patch: {
      find: "if (epoch < record.epochSeen || !isAfter({ epoch, round }, record.givenBack)) return false;",
      replace: "",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a question of an epoch that is over is not consented to",
    },
  },
  {
    id: "promises-while-acquiring",
    area: "standing-back",
    name: "A region consents to stand back while its own request for the lease is on its way.",
    origin:
      "Patroni's failsafe mode: a member answers and races at the same time (facts of failover §1.2)",
    guard: "NothingPromisedWhileAcquiring",
    file: "core/failover/promise.ts",
    patch: {
      find: 'if (witness.call?.request?.op === "acquire") return false;',
      replace: "",
    },
    diesIn: {
      checker: "rehearsal",
      property: "nothing is promised while the lease is asked for",
    },
  },
  {
    id: "holder-consents",
    area: "standing-back",
    name: "A region that holds the right to write consents to stand back, and goes on writing.",
    origin: "Continuum: both sides may be `Healthy` (facts of failover §1.3)",
    guard: "NothingPromisedWhileAcquiring",
    file: "core/failover/promise.ts",
    patch: {
      find: 'if (pending !== null || authority.kind !== "none" || data.kind !== "fenced") return false;',
      replace: "if (pending !== null) return false;",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a holder promises nothing",
    },
  },
  {
    id: "own-holder-gives-back",
    area: "standing-back",
    name: "An arbiter that took over tells its peer that it is free.",
    origin:
      "Found here by review of the reducer (R7): the peer takes an epoch that was given already",
    guard: "OwnEpochBinds",
    file: "core/failover/promise.ts",
    patch: {
      find: "if (record !== null && record.epochOwn !== null) return;",
      replace: "",
    },
    diesIn: {
      checker: "rehearsal",
      property: "who took an epoch without the witness frees and clears nobody",
    },
  },
  {
    id: "stray-round-is-freed",
    area: "standing-back",
    name: "After a restart the round is freed on which the resumed tenure still rests.",
    origin: "Found here by review of the reducer (R1): two writers, sticky",
    guard: "RoundMayBeRestedOn",
    file: "core/failover/rounds.ts",
    patch: {
      find: 'if (!isIdleHere && (open !== null || authority.kind !== "lease")) return;',
      replace: 'if (!isIdleHere && authority.kind === "own") return;',
    },
    diesIn: {
      checker: "rehearsal",
      property: "the promise is kept on which a resumed tenure rests",
    },
  },
  {
    id: "granted-counts-as-used",
    area: "standing-back",
    name: "A round is closed when the peer was granted a higher epoch, though it may not know of it.",
    origin:
      "Found here by review (N1): an acquire that was given up lands after the peer became the arbiter",
    guard: "OutlivedWhenUsed",
    file: "core/failover/rounds.ts",
    patch: {
      find: "if (seen.epoch <= open.epoch || region !== turn.context.peer || !isUsed) return;",
      replace: "if (seen.epoch <= open.epoch || region !== turn.context.peer) return;",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a round is over when the peer uses a later epoch",
    },
  },
  {
    id: "asked-own-goes-on",
    area: "standing-back",
    name: "A region that took an epoch of its own goes on beside the lease that it asked for, although the answer was lost.",
    origin:
      "Patroni's failsafe mode: a request to the store whose answer is lost may have been done (facts of failover §1.2)",
    guard: "AskedOwnIsBound",
    file: "core/failover/authority.ts",
    patch: {
      find: 'const boundAtMs = authority.kind === "own" ? authority.leaseUntilAtMs : null;',
      replace: "const boundAtMs = null;",
    },
    diesIn: {
      checker: "rehearsal",
      property: "who asked for the lease writes no longer than the peer has to wait",
    },
  },
  {
    id: "next-epoch-is-free",
    area: "standing-back",
    name: "An epoch that is taken without the witness is simply the next one.",
    origin:
      "Raft and etcd: a term that a cut-off member counts for itself is one that others gave out",
    guard: "OwnEpochIsAlone",
    file: "core/failover/own-epoch.ts",
    patch: {
      find: "return known + stride + group.regions.indexOf(self);",
      replace: "return known + 1;",
    },
    diesIn: {
      checker: "rehearsal",
      property:
        "an epoch that is taken without the witness is none that the witness gave meanwhile",
    },
  },
];
