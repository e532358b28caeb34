/** Bugs of people's actions, and of what the data does and says. Each with where it comes from and what finds it here. */
import type { Mutant } from "./mutant.ts";

export const mutantsOfData: readonly Mutant[] = [
  {
    id: "switchover-releases-too-early",
    area: "data",
    name: "A planned switchover hands the lease over while the old side still writes.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (12: DNS and lease change hands before the data does, in two calls)",
    guard: "FencedFirst",
    file: "core/failover/switchover.ts",
    patch: {
      find: '  if (data.kind !== "fenced") return;\n',
      replace: "",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a lease is handed over when the data is fenced",
    },
  },
  {
    id: "hand-over-without-position",
    area: "data",
    name: "The new side promotes without having received what was handed over.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (11: the old side is made to follow and the new one to lead, without waiting for the position)",
    guard: "FinalPositionReceived",
    file: "core/failover/loss.ts",
    patch: {
      find: "if (note.handTo === self && bytes === 0)",
      replace: "if (note.handTo === self)",
    },
    diesIn: {
      checker: "property",
      property: "what was handed over is taken only when all of it was received",
    },
  },
  {
    id: "takes-over-when-degraded",
    area: "data",
    name: "A standby that is known to lag takes over by itself.",
    origin:
      "Patroni's /sync key and orchestrator's limit on the lag before a promotion: what they are for (facts of failover §1.2)",
    guard: "InSyncOnly",
    file: "core/failover/loss.ts",
    patch: {
      find: 'if (note.sync === "in_sync" && note.handTo === null)',
      replace: "if (note.handTo === null)",
    },
    diesIn: {
      checker: "property",
      property: "a standby that may have lost something needs people",
    },
  },
  {
    id: "relaxed-before-the-witness",
    area: "data",
    name: "Commits stop waiting for the standby before the record says so.",
    origin:
      "Patroni and pg_auto_failover: the order of the /sync key and synchronous_standby_names (facts of failover §1.2)",
    guard: "DegradedFirst",
    file: "core/failover/sync.ts",
    patch: {
      find: 'return sync.recorded === "degraded";',
      replace: 'return sync.recorded !== "none";',
    },
    diesIn: {
      checker: "swarm",
      seed: 1,
      property: "degraded-order",
    },
  },
  {
    id: "acquired-as-in-sync",
    area: "data",
    name: "A new holder publishes that its peer follows, which nobody measured.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (9 and 20: lag always 0, incident hw232: standby absent, phase Healthy)",
    guard: "InSyncIsMeasured",
    file: "core/failover/contend.ts",
    patch: {
      find: 'sync: hasPrecious ? "degraded" : "none",',
      replace: 'sync: hasPrecious ? "in_sync" : "none",',
    },
    diesIn: {
      checker: "rehearsal",
      property: "a new holder says that nobody is known to follow",
    },
  },
  {
    id: "healthy-before-serving",
    area: "data",
    name: "The health path answers 200 with the lease, before the data takes writes, and DNS follows it.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (12: DNS flips before lease and promotion, and users meet a read-only standby)",
    guard: "ServingIs200",
    file: "core/failover/authority.ts",
    patch: {
      find: 'if (data.kind !== "serving") {',
      replace: 'if (data.kind === "fencing") {',
    },
    diesIn: {
      checker: "rehearsal",
      property: "the health path answers 200 when the data serves",
    },
  },
  {
    id: "failed-step-rolls-back",
    area: "data",
    name: "A later step that fails takes the promotion back.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (13: an audit event that can not be sent un-promotes a live database)",
    guard: "NeverUnpromoted",
    file: "core/failover/promotion.ts",
    patch: {
      find: "  put(turn, { data: { ...data, waiting, retryAtMs } });\n  // Otherwise",
      replace:
        '  put(turn, { data: { kind: "fencing", sinceAtMs: turn.nowMs, hasFailed: false } });\n  emit(turn, { type: "fence", because: "a step failed" });\n  // Otherwise',
    },
    diesIn: {
      checker: "rehearsal",
      property: "what fails later undoes nothing",
    },
  },
  {
    id: "approval-is-used-twice",
    area: "data",
    name: "An approval that was used counts again.",
    origin:
      "CloudNativePG #9273: a promotion token that was spent is found again, and blocks or allows what it was not given for",
    guard: "ApprovalIsUsedOnce",
    file: "core/failover/approved.ts",
    patch: {
      find: "!used.includes(approval.nonce) &&",
      replace: "(used.length >= 0 || !used.includes(approval.nonce)) &&",
    },
    diesIn: {
      checker: "property",
      property: "an approval counts once",
    },
  },
  {
    id: "old-approval-counts",
    area: "data",
    name: "An approval of an earlier outage approves the next one.",
    origin: "CloudNativePG #9273 and #5419: a token of an earlier switchover",
    guard: "ApprovalIsOfThisEpoch",
    file: "core/failover/approved.ts",
    patch: {
      find: "approval.expectedEpoch === epoch &&",
      replace: "approval.expectedEpoch <= epoch &&",
    },
    diesIn: {
      checker: "property",
      property: "an approval counts for the epoch that was seen",
    },
  },
  {
    id: "person-does-not-wait",
    area: "data",
    name: "A person's take-over does not wait for the last consent to run out.",
    origin:
      "Azure SQL's forced failover, and every `--force`: the old side may act on what it was told a moment ago",
    guard: "ConsentRunsOut",
    file: "core/failover/own.ts",
    patch: {
      find: "const atMs = peer.consentUntilAtMs ?? startedAtMs + outwaitMs(group.timing);",
      replace: "const atMs = startedAtMs + 0 * (peer.consentUntilAtMs ?? outwaitMs(group.timing));",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a person's take-over waits for the last consent",
    },
  },
  {
    id: "witness-inside-arms",
    area: "data",
    name: "A witness inside one of its regions arms automatic failover.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (6: the k8s lease lives in one region's API server, `each side would trivially hold its own lease`)",
    guard: "WitnessIsOutside",
    file: "core/failover/gates.ts",
    patch: {
      find: "if (witnessIsOutside) return passed(",
      replace: "if (witnessIsOutside || !witnessIsOutside) return passed(",
    },
    diesIn: {
      checker: "property",
      property: "a witness inside one of its regions arms nothing",
    },
  },
  {
    id: "old-evidence-counts",
    area: "data",
    name: "What resolvers showed long ago decides now.",
    origin:
      "RFC 8767 serve-stale: a dead region is kept visible by caches (facts of failover §3.3, 4)",
    guard: "EvidenceIsFresh",
    file: "core/failover/gates.ts",
    patch: {
      find: "nowMs - evidence.atMs < context.group.timing.ttlMs;",
      replace: "nowMs - evidence.atMs < Number.POSITIVE_INFINITY;",
    },
    diesIn: {
      checker: "property",
      property: "resolvers veto with what they show now",
    },
  },
  {
    id: "no-rest-between-failovers",
    area: "data",
    name: "A region that just failed over fails over again.",
    origin:
      "Orchestrator's RecoveryPeriodBlockSeconds, and Continuum's incident hw275: 19 re-latches in 30 minutes",
    guard: "SafetyRules",
    file: "core/failover/gates.ts",
    patch: {
      find: 'if (restLeftMs > 0 && state.wish?.kind !== "takeOver")',
      replace: 'if (restLeftMs > 1e12 && state.wish?.kind !== "takeOver")',
    },
    diesIn: {
      checker: "property",
      property: "after a failover there is rest",
    },
  },
  {
    id: "one-store-is-enough",
    area: "data",
    name: "A record counts as durable when the first store has it.",
    origin: "MongoDB, by Jepsen: a write that one member acknowledged (w: 1) is lost with it",
    guard: "TenureIsDurable",
    file: "control/failover/carry-out.ts",
    patch: {
      find: "(signal) => Promise.all(ports.stores.map((place) => place.write(record, signal))),",
      replace: "(signal) => Promise.any(ports.stores.map((place) => place.write(record, signal))),",
    },
    diesIn: {
      checker: "property",
      property: "a record is durable when every store has it",
    },
  },
  {
    id: "gap-is-not-looked-for",
    area: "data",
    name: "A suspended machine goes on where it was: nobody compares the two clocks.",
    origin:
      "Node's monotonic clock stands still while a virtual machine is suspended (facts of failover §3.1)",
    guard: "GapFences",
    file: "control/failover/agent-mind.ts",
    patch: {
      find: "if (gapMs !== 0) queue.put(",
      replace: "if (gapMs > 1e12) queue.put(",
    },
    diesIn: {
      checker: "swarm",
      seed: 3,
      property: "health-answer",
    },
  },
  {
    id: "silent-witness-blocks-the-fence",
    area: "data",
    name: "A wait has no limit: an answer that never comes is waited for.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (3: two requests of 10 s each in a loop of 10 s)",
    guard: "EveryWaitHasALimit",
    file: "control/failover/within.ts",
    patch: {
      find: "      wait.abort();\n      reject(",
      replace: "      wait.abort();\n      if (limitMs < 0) reject(",
    },
    diesIn: {
      checker: "property",
      property: "every wait ends",
    },
  },
  {
    id: "half-a-gap",
    area: "data",
    name: "Only clocks that jump back are noticed.",
    origin:
      "Node's monotonic clock stands still while a virtual machine is suspended (facts of failover §3.1)",
    guard: "GapFences",
    file: "control/failover/clock-gap.ts",
    patch: {
      find: "Math.abs(gapMs) >= noticeMs",
      replace: "-gapMs >= noticeMs",
    },
    diesIn: {
      checker: "property",
      property: "a gap between the clocks is told in either direction",
    },
  },
];
