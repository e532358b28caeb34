/** Bugs of who takes the lease, or authority without it. Each with where it comes from and what finds it here. */
import type { Mutant } from "./mutant.ts";

export const mutantsOfTaking: readonly Mutant[] = [
  {
    id: "no-waiting",
    area: "taking",
    name: "A contender believes the expiry that is stamped by another clock.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (7 and facts of the witness §3: k8slease and dns-quorum compare a peer's expiry with their own clock; 14 overlaps in 24 grants)",
    guard: "Outwaited",
    file: "core/failover/gates.ts",
    patch: {
      find: "return passedIf(leftMs <= 0, because,",
      replace: "return passedIf(leftMs <= 1e9, because,",
    },
    diesIn: {
      checker: "model",
      configuration: "fence-clockless",
      property: "two regions have authority",
      states: 500,
    },
  },
  {
    id: "promise-does-not-bind",
    area: "taking",
    name: "A region that promised to stand back takes the lease when it can.",
    origin:
      "Patroni's failsafe mode without the members' memory of it: they race for the key (facts of failover §1.2)",
    guard: "PromiseBinds",
    file: "core/failover/gates.ts",
    patch: {
      find: '(record?.promise ?? null) === null,\n        "nothing',
      replace: '(record?.promise ?? null) === null || true,\n        "nothing',
    },
    diesIn: {
      checker: "rehearsal",
      property: "who promised to stand back does not take the lease",
    },
  },
  {
    id: "open-round-does-not-bind",
    area: "taking",
    name: "A holder that asked its peer to be the arbiter, and lost its right, takes the lease beside it.",
    origin:
      "pg_auto_failover: a node that comes back reports its old state, and the monitor has moved on (facts of failover §1.1)",
    guard: "OpenRoundBinds",
    file: "core/failover/gates.ts",
    patch: {
      find: '(record?.open ?? null) === null,\n        "no round',
      replace: '(record?.open ?? null) === null || true,\n        "no round',
    },
    diesIn: {
      checker: "swarm",
      seed: 60,
      policy: "peerArbiter",
      property: "one-writer",
    },
  },
  {
    id: "memoryless-agent-takes-over",
    area: "taking",
    name: "An agent that remembers nothing takes over as if nothing had been promised.",
    origin:
      "Raft, whose members may not forget what they voted: one that comes back with an empty disk votes twice",
    guard: "ArmsOnlyWhenClear",
    file: "core/failover/start.ts",
    patch: {
      find: "    ...emptyRecord,\n    version",
      replace: "    ...emptyRecord,\n    armed: true,\n    unclear: false,\n    version",
    },
    diesIn: {
      checker: "rehearsal",
      property: "who remembers nothing is not armed",
    },
  },
  {
    id: "forgetful-witness-is-believed",
    area: "taking",
    name: "A witness that was put back shows epoch 0, and the lease is taken anew.",
    origin:
      "etcd restored from a backup: revisions go back and watchers believe them (etcd disaster recovery, `--bump-revision`)",
    guard: "EpochNeverBack",
    file: "core/failover/gates.ts",
    patch: {
      find: 'shown >= known || wish?.kind === "takeOver"',
      replace: 'shown >= known || wish?.kind !== "switchover"',
    },
    diesIn: {
      checker: "rehearsal",
      property: "a witness that lost its memory gives nothing",
    },
  },
  {
    id: "own-epoch-is-given-again",
    area: "taking",
    name: "The witness is not told of the epoch that was taken without it, and gives it a second time.",
    origin: "CloudNativePG #8701: two clusters are promoted apart, and their timelines diverge",
    guard: "FloorAboveSeen",
    file: "core/failover/contend.ts",
    patch: {
      find: "acquire(turn, record.epochSeen);",
      replace: "acquire(turn, 0);",
    },
    diesIn: {
      checker: "swarm",
      seed: 360,
      policy: "peerArbiter",
      property: "epochs-grow",
    },
  },
  {
    id: "promotes-before-it-is-durable",
    area: "taking",
    name: "A region promotes under an epoch that it may have forgotten after the next restart.",
    origin: "Raft: a vote that is answered before it is on disk is given twice after a crash",
    guard: "TenureIsDurable",
    file: "core/failover/promotion.ts",
    patch: {
      find: "if (record !== null && record.epochSeen >= epoch && record.epochHeld >= epoch) return true;",
      replace: "if (record !== null) return true;",
    },
    diesIn: {
      checker: "model",
      configuration: "fence-cold",
      property: "before its tenure was durable",
      states: 1000,
    },
  },
  {
    id: "readiness-is-only-shown",
    area: "taking",
    name: "A region whose readiness is red takes over all the same.",
    origin:
      "Checks that nothing acts upon; Amazon's Application Recovery Controller looks at them for status only, every 30 minutes (facts of failover §4 row 13)",
    guard: "Ready",
    file: "core/failover/gates.ts",
    patch: {
      find: 'return facts.isOrdinary ? notApplicable(reasons.join("; ")) : failed(reasons.join("; "));',
      replace: 'return notApplicable(reasons.join("; "));',
    },
    diesIn: { checker: "swarm", seed: 1181, property: "held-back" },
  },
  {
    id: "freeze-is-only-shown",
    area: "taking",
    name: "A planned switchover begins in a freeze window.",
    origin:
      "Amazon's Application Recovery Controller knows gating rules for it; most failover scripts know none (facts of failover §4 row 14)",
    guard: "NotFrozen",
    file: "core/failover/switchover.ts",
    patch: {
      find: "if (window === null) return",
      replace: "if (window === null || Number.isFinite(wallAtMs)) return",
    },
    diesIn: { checker: "swarm", seed: 879, property: "held-back" },
  },
];
