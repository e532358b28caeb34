/** Bugs of who holds the lease. Each with where it comes from and what finds it here. */
import type { Mutant } from "./mutant.ts";

export const mutantsOfHolding: readonly Mutant[] = [
  {
    id: "lease-gates-nothing",
    area: "holding",
    name: "The end of the lease is noted, and the region serves on.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (2 and 3: on a lost or failed renewal the loop logs and goes on; nothing is fenced)",
    guard: "DeadlineEnds",
    file: "core/failover/authority.ts",
    patch: {
      find: 'if (authority.kind === "none" || turn.nowMs < authority.untilAtMs) return;',
      replace: 'if (authority.kind !== "own" || turn.nowMs < authority.untilAtMs) return;',
    },
    diesIn: {
      checker: "rehearsal",
      property: "a holder that hears nothing fences",
    },
  },
  {
    id: "lost-is-ignored",
    area: "holding",
    name: "`lost` is answered and the holder goes on until its deadline.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (2: on ErrLeaseLost the loop patches a status only)",
    guard: "LostFences",
    file: "core/failover/hold.ts",
    patch: {
      find: 'endAuthority(turn, "the witness says that the lease is lost");',
      replace: "",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a holder that is told that the lease is lost fences",
    },
  },
  {
    id: "lost-is-a-renewal",
    area: "holding",
    name: "Any answer of the witness counts as a renewal.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (2: on ErrLeaseLost the loop goes on as if it held the lease)",
    guard: "LostFences",
    file: "core/failover/hold.ts",
    patch: {
      find: '    endAuthority(turn, "the witness says that the lease is lost");\n    return;',
      replace: "",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a holder that is told that the lease is lost fences",
    },
  },
  {
    id: "deadline-from-the-answer",
    area: "holding",
    name: "The lease is counted from the moment of the answer, which may be old when it comes.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (3: no local deadline, requests of up to 20 s in a loop of 10 s)",
    guard: "DeadlineFromSend",
    file: "core/failover/hold.ts",
    patch: {
      find: "untilOf(turn, call.sentAtMs));",
      replace: "untilOf(turn, turn.nowMs));",
    },
    diesIn: {
      checker: "model",
      configuration: "fence-answers",
      property: "takes writes",
      states: 15000,
    },
  },
  {
    id: "pause-is-not-noticed",
    area: "holding",
    name: "A process that stood still while time went on acts on its lease.",
    origin: "Kleppmann, How to do distributed locking: a pause outlasts any time limit",
    guard: "GapFences",
    file: "core/failover/step.ts",
    patch: {
      find: "endAuthority(turn, `the clocks went apart",
      replace: "void (`the clocks went apart",
    },
    diesIn: {
      checker: "rehearsal",
      property: "after a pause nobody has authority",
    },
  },
  {
    id: "call-over-a-pause-is-believed",
    area: "holding",
    name: "A request that was sent before the machine slept gives authority after it.",
    origin: "Kleppmann, How to do distributed locking: a pause outlasts any time limit",
    guard: "GapFences",
    file: "core/failover/step.ts",
    patch: {
      find: "      forgetCall(turn);\n",
      replace: "",
    },
    diesIn: {
      checker: "rehearsal",
      property: "what was asked before a pause gives nothing after it",
    },
  },
  {
    id: "silence-extends",
    area: "holding",
    name: "A holder that does not reach the witness goes on by itself, without its peer's consent.",
    origin:
      "The handbook's SRE.md taken at its word, variant V0 of facts of failover §3.2: two writers one tick after the lease",
    guard: "ConsentWhileAuthorityLasts",
    file: "core/failover/authority.ts",
    patch: {
      find: 'if (authority.kind !== "sticky" && authority.kind !== "own") return;',
      replace:
        'const isSilent = turn.state.witness.silentSinceAtMs !== null;\n  if (authority.kind === "none" || authority.kind === "granted") return;\n  if (authority.kind === "lease" && !isSilent) return;',
    },
    diesIn: {
      checker: "model",
      configuration: "sticky-network",
      property: "two regions have authority",
      states: 40000,
    },
  },
  {
    id: "witness-of-a-higher-epoch-is-ignored",
    area: "holding",
    name: "A holder that reads that somebody else has a higher epoch goes on.",
    origin: "OpenOva Continuum, facts of failover §1.3 (2: the old writer serves on for ever)",
    guard: "HigherEpochFences",
    file: "core/failover/witness-call.ts",
    patch: {
      find: "record.epoch > authority.epoch && !isOwnGrant",
      replace: "record.epoch > authority.epoch + 1e9 && !isOwnGrant",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a holder that sees a later epoch at the witness fences",
    },
  },
  {
    id: "peer-of-a-higher-epoch-is-ignored",
    area: "holding",
    name: "A holder whose peer asks in a higher epoch goes on.",
    origin: "CloudNativePG #7407: an isolated writer is not told that there is another one",
    guard: "HigherEpochFences",
    file: "core/failover/promise.ts",
    patch: {
      find: "message.epoch > authority.epoch) {",
      replace: "message.epoch > authority.epoch + 1e9) {",
    },
    diesIn: {
      checker: "rehearsal",
      property: "a holder that hears of a later epoch from its peer fences",
    },
  },
];
