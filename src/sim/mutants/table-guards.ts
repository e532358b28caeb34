/** Guards of ADR 25 that no row of the other tables removes: each is removed here, of whatever area it is. */
import type { Mutant } from "./mutant.ts";

export const mutantsOfGuards: readonly Mutant[] = [
  {
    id: "unarmed-takes",
    area: "taking",
    name: "A region that people disarmed takes the lease.",
    origin:
      "pg_auto_failover: a node in maintenance is no candidate; and every controller that goes on while its object says paused",
    guard: "NoRecordNoRight",
    file: "core/failover/gates.ts",
    patch: {
      find: ': passedIf(record.armed, "it is armed"',
      replace: ': passedIf(true, "it is armed"',
    },
    diesIn: {
      checker: "rehearsal",
      property: "who is not armed takes nothing",
    },
  },
  {
    id: "goes-on-without-watchdog",
    area: "taking",
    name: "A region whose watchdog is lost takes the lease at once.",
    origin:
      "Patroni: `watchdog: required` keeps a member without a working watchdog from becoming leader",
    guard: "NobodyWithoutWatchdog",
    file: "core/failover/gates.ts",
    patch: {
      find: "nowMs >= offUntilAtMs,",
      replace: "nowMs >= offUntilAtMs || true,",
    },
    diesIn: {
      checker: "rehearsal",
      property:
        "after its watchdog was lost a region takes nothing for as long as a contender waits",
    },
  },
  {
    id: "late-grant-is-used",
    area: "holding",
    name: "A grant whose answer comes when its time is over is used.",
    origin:
      "Kleppmann, How to do distributed locking: the answer is delayed for longer than the lock lasts",
    guard: "LateReplyIsNothing",
    file: "core/failover/contend.ts",
    patch: {
      find: "if (turn.nowMs >= untilAtMs) return;",
      replace: "if (turn.nowMs >= untilAtMs + 1e9) return;",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a grant that comes when its time is over is not used",
    },
  },
  {
    id: "calls-pile-up",
    area: "holding",
    name: "Renewals are sent whether or not the one before was answered.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (3: requests of up to 20 s in a loop of 10 s)",
    guard: "OneCallAtATime",
    file: "core/failover/hold.ts",
    patch: {
      find: "if (witness.call !== null || turn.nowMs < witness.nextCallAtMs) return;",
      replace: "if (turn.nowMs < witness.nextCallAtMs) return;",
    },
    diesIn: {
      checker: "rehearsal",
      property: "one request to the witness is under way at a time",
    },
  },
  {
    id: "any-consent-counts",
    area: "standing-back",
    name: "A consent counts whatever round it answers.",
    origin: "Raft: a vote counts for the term in which it was asked for",
    guard: "ConsentOfThisRound",
    file: "core/failover/rounds.ts",
    patch: {
      find: "    open.round === message.round &&\n    open.epoch === message.epoch &&\n    peer.roundAsked === message.round &&\n",
      replace: "    open.epoch === message.epoch &&\n",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a consent of the round before does not count for this one",
    },
  },
  {
    id: "forgetful-witness-frees",
    area: "taking",
    name: "That a witness which lost its memory shows no holder is taken for `nobody holds the lease`.",
    origin:
      "etcd: a cluster that is restored from an older snapshot has no key for a lock that is held",
    guard: "NothingFromAForgetfulWitness",
    file: "core/failover/gates.ts",
    patch: {
      find: "if (seen.record.epoch < leastShown(state.record)) return",
      replace: "if (seen.record.epoch < 0) return",
    },
    diesIn: {
      checker: "rehearsal",
      property: "what a witness shows that forgot is outwaited also when people ask",
    },
  },
  {
    id: "arbiter-ignores-lag",
    area: "data",
    name: "An arbiter takes over although its peer's commits did not wait for it.",
    origin:
      "Patroni's failsafe mode and its /sync key: who may take over without the store is who was confirmed in it",
    guard: "ArbiterKnowsSync",
    file: "core/failover/own.ts",
    patch: {
      find: 'peer.grantSync !== "degraded",',
      replace: 'peer.grantSync !== "degraded" || true,',
    },
    diesIn: {
      checker: "rehearsal",
      property: "an arbiter takes over only when it was told that every commit waits for it",
    },
  },
  {
    id: "old-switchover-is-done",
    area: "data",
    name: "A switchover that could not be done when it was asked for is done whenever the witness answers again.",
    origin: "Found here by the swarm (seed 53066): minutes later, in a freeze window",
    guard: "AskedOfNow",
    file: "core/failover/switchover.ts",
    patch: {
      find: "if (turn.nowMs > wish.sinceAtMs + turn.context.group.timing.ttlMs) {",
      replace: "if (turn.nowMs > wish.sinceAtMs + 1e12) {",
    },
    diesIn: {
      checker: "rehearsal",
      property:
        "a switchover that was asked for long ago is not done when the witness answers at last",
    },
  },
  {
    id: "statement-is-for-ever",
    area: "data",
    name: "A person stated that the peer is fenced, and its agent speaks; the statement is acted on.",
    origin:
      "Orchestrator and every `--force`: what was true when a person looked need not be when it is done",
    guard: "StatementIsDoubted",
    file: "core/failover/person.ts",
    patch: {
      find: 'if (wish?.kind === "takeOver" && wish.withoutWitness) put(turn, { wish: null });',
      replace: 'if (wish?.kind === "closeRound") put(turn, { wish: null });',
    },
    diesIn: {
      checker: "rehearsal",
      property: "what a person stated of the peer is doubted when the peer's agent speaks",
    },
  },
  {
    id: "loss-of-nothing-approved",
    area: "data",
    name: "An approval of no bytes covers a loss of which no byte was measured.",
    origin: "OpenOva Continuum, facts of failover §1.3 (9: lag is always 0)",
    guard: "LossIsNeverZero",
    file: "core/failover/loss.ts",
    patch: {
      find: "Math.max(1, loss.bytes ?? anyLossBytes)",
      replace: "(loss.bytes ?? anyLossBytes)",
    },
    diesIn: {
      checker: "property",
      property: "an approval of no bytes covers no loss",
    },
  },
  {
    id: "own-log-counts-as-received",
    area: "data",
    name: "A log that went its own way counts as what came from the last holder.",
    origin: "CloudNativePG #8701: positions of two timelines are compared, and the longer one wins",
    guard: "OnlyWhatFollowed",
    file: "core/failover/loss.ts",
    patch: {
      find: 'const received = one?.role === "standby" ? one.position : null;',
      replace: "const received = one?.position ?? null;",
    },
    diesIn: {
      checker: "property",
      property: "what is here counts only where it came from the last holder",
    },
  },
  {
    id: "takes-over-unasked",
    area: "taking",
    name: "Where people decide, a region takes over without them.",
    origin:
      "Azure SQL's failover groups: `GracePeriodWithDataLossHours` makes of a manual failover an automatic one",
    guard: "ModeAllows",
    file: "core/failover/gates.ts",
    patch: {
      find: "return passedIf(people >= approvals.semiAutomatic, because, because);",
      replace: "return passedIf(people >= 0, because, because);",
    },
    diesIn: {
      checker: "property",
      property: "where people decide nobody takes over without them",
    },
  },
  {
    id: "cut-off-region-takes-over",
    area: "taking",
    name: "A region that no resolver reaches takes over.",
    origin: "MySQL and orchestrator: a promotion in the data centre that is cut off itself",
    guard: "SelfVisible",
    file: "core/failover/gates.ts",
    patch: {
      find: "freshEvidence(facts)?.selfVisible !== false,",
      replace: "freshEvidence(facts)?.selfVisible !== false || true,",
    },
    diesIn: {
      checker: "property",
      property: "a region that nobody reaches takes nothing over",
    },
  },
  {
    id: "unbound-peer-is-no-matter",
    area: "data",
    name: "A person takes over from a peer that promised nothing, without saying that it is fenced.",
    origin:
      "CloudNativePG: promoting a replica cluster by hand does not ask whether the other one still writes (facts of failover §0)",
    guard: "PeerIsBound",
    file: "core/failover/own.ts",
    patch: {
      find: "(record?.promise ?? null) !== null || (wish?.kind",
      replace: "true || (wish?.kind",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a person takes over only from a peer that is bound or stated to be fenced",
    },
  },
  {
    id: "unsigned-take-over",
    area: "data",
    name: "A take-over without the witness needs nobody's approval.",
    origin: "Repmgr and pg_auto_failover: whoever has the shell promotes",
    guard: "Approved",
    file: "core/failover/own.ts",
    patch: {
      find: "passedIf(people >= lossy,",
      replace: "passedIf(people >= 0,",
    },
    diesIn: {
      checker: "rehearsal",
      property: "people who did not sign take nothing over",
    },
  },
  {
    id: "person-overrules-a-live-lease",
    area: "data",
    name: "A person takes over without the witness although it answers and shows the peer alive.",
    origin: "Redis Sentinel and orchestrator: a forced failover against a healthy writer",
    guard: "LeaseIsNotLive",
    file: "core/failover/own.ts",
    patch: {
      find: "isSilent || atMs === null || nowMs >= atMs,",
      replace: "isSilent || atMs === null || nowMs >= 0,",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a person takes nothing over from a peer that the witness shows alive",
    },
  },
];
