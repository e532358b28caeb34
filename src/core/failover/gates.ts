/** Whether this region may take over: every rule, all evaluated, each with its evidence (ADR 25, *Taking*). */
import { decide, type Rule, type RuleOutcome, type Verdict } from "../kernel/verdict.ts";
import { outwaitMs } from "../lease/timing.ts";
import { approvedPeople } from "./approved.ts";
import type { Evidence } from "./facts.ts";
import { leastShown } from "./least-shown.ts";
import { bytesToApprove, type Loss, lossOf } from "./loss.ts";
import { readNote } from "./note.ts";
import { notReady } from "./ready.ts";
import type { AgentState } from "./state.ts";
import type { AgentContext } from "./step.ts";

const dayMs = 86_400_000;

export type TakeOverFacts = {
  readonly context: AgentContext;
  readonly state: AgentState;
  readonly nowMs: number;
  readonly wallAtMs: number;
  readonly loss: Loss;
  /** A person is not needed: nobody had it, or it was this region's, or it was handed over on purpose. */
  readonly isOrdinary: boolean;
};

type Outcome = { readonly outcome: RuleOutcome; readonly because: string };

const passed = (because: string): Outcome => ({ outcome: "passed", because });
const failed = (because: string): Outcome => ({ outcome: "failed", because });
const notApplicable = (because: string): Outcome => ({ outcome: "notApplicable", because });
const passedIf = (is: boolean, yes: string, no: string): Outcome => (is ? passed(yes) : failed(no));

/** Judges a take-over by the witness's lease, as things stand. */
export function judgeTakeOver(
  context: AgentContext,
  state: AgentState,
  nowMs: number,
  wallAtMs: number,
): Verdict {
  return decide(takeOverRules, takeOverFacts(context, state, nowMs, wallAtMs));
}

/** What the rules of a take-over look at. */
export function takeOverFacts(
  context: AgentContext,
  state: AgentState,
  nowMs: number,
  wallAtMs: number,
): TakeOverFacts {
  const loss = lossOf(context, state);
  return { context, state, nowMs, wallAtMs, loss, isOrdinary: isOrdinary(context, state) };
}

/** From when a contender may take what it saw (guard Outwaited); null when nobody holds it, or nothing was seen. */
export function outwaitedAtMs(context: AgentContext, state: AgentState): number | null {
  const { self } = context;
  const { timing } = context.group;
  const { seen } = state.witness;
  if (seen === null) return null;
  if (seen.record.holder !== null) return seen.sinceAtMs + outwaitMs(timing, seen.record.ttlMs);
  // Guard: NothingFromAForgetfulWitness. That it shows no holder does not say that there is none.
  if (seen.record.epoch < leastShown(state.record)) return seen.sinceAtMs + outwaitMs(timing);
  const { region, handTo } = readNote(seen.record);
  // Who handed over stays off for a while, so that the other one can take it.
  return region === self && handTo !== null && handTo !== self
    ? seen.sinceAtMs + outwaitMs(timing)
    : null;
}

function isOrdinary(context: AgentContext, state: AgentState): boolean {
  const record = state.witness.seen?.record ?? null;
  if (record === null) return false;
  const { region, handTo } = readNote(record);
  return record.epoch === 0 || region === context.self || handTo === context.self;
}

/** What public resolvers showed less than a lease ago; older than that it says nothing. */
function freshEvidence({ context, state, nowMs }: TakeOverFacts): Evidence | null {
  const { evidence } = state;
  const isFresh = evidence !== null && nowMs - evidence.atMs < context.group.timing.ttlMs;
  return isFresh ? evidence : null;
}

const takeOverRules: readonly Rule<TakeOverFacts>[] = [
  {
    // Guard: NoRecordNoRight.
    rule: "Armed",
    evaluate: ({ nowMs, state: { record, pending, disarmedBecause, nextStoreAtMs } }) =>
      record === null || record.unclear
        ? failed("this region has no record of what it promised")
        : pending !== null
          ? failed("its record is being written")
          : disarmedBecause.length > 0
            ? failed(`it was disarmed: ${disarmedBecause.join("; ")}`)
            : nowMs < nextStoreAtMs
              ? failed("its record could not be written just now")
              : passedIf(record.armed, "it is armed", "it was disarmed, or never armed"),
  },
  {
    // Guard: NobodyWithoutWatchdog.
    rule: "WatchdogAnswers",
    evaluate: ({ nowMs, state: { offUntilAtMs } }) =>
      passedIf(
        nowMs >= offUntilAtMs,
        "its watchdog answers",
        `its watchdog was lost; it stays off for ${Math.ceil(offUntilAtMs - nowMs)} ms more`,
      ),
  },
  {
    // Guard: PromiseBinds.
    rule: "PromiseBinds",
    evaluate: ({ state: { record } }) =>
      passedIf(
        (record?.promise ?? null) === null,
        "nothing is promised to the peer",
        "it promised its peer to stand back",
      ),
  },
  {
    // Guard: OpenRoundBinds.
    rule: "OpenRoundBinds",
    evaluate: ({ state: { record } }) =>
      passedIf(
        (record?.open ?? null) === null,
        "no round of its own is open",
        "it asked its peer to stand back, and the peer has not given that back",
      ),
  },
  {
    rule: "Outwaited",
    evaluate: ({ context, state, nowMs }) => {
      const { seen } = state.witness;
      if (seen === null) return failed("the witness has not shown the lease yet");
      const { holder, rev } = seen.record;
      const atMs = outwaitedAtMs(context, state);
      if (atMs === null) return passed("nobody holds the lease");
      const leftMs = Math.ceil(atMs - nowMs);
      const because = `revision ${rev} of ${holder ?? "the last holder"} has stood for ${Math.floor(nowMs - seen.sinceAtMs)} ms`;
      return passedIf(leftMs <= 0, because, `${because}; ${Math.ceil(leftMs)} ms are left to wait`);
    },
  },
  {
    // Guard: EpochNeverBack.
    rule: "EpochNeverBack",
    evaluate: ({ state: { record, witness, wish } }) => {
      const shown = witness.seen?.record.epoch ?? 0;
      const known = leastShown(record);
      const because = `the witness shows epoch ${shown}, and ${known} was seen before`;
      return passedIf(shown >= known || wish?.kind === "takeOver", because, because);
    },
  },
  {
    rule: "ModeAllows",
    evaluate: (facts) => {
      const { mode, approvals } = facts.context.group;
      if (facts.isOrdinary) return passed("nobody is taken over from");
      if (mode === "automatic") return passed("the mode is automatic");
      const isAsked = facts.state.wish?.kind === "takeOver";
      if (mode === "manual" && !isAsked)
        return failed("the mode is manual, and nobody asked for it");
      const people = approvedPeople(facts, "failover", null);
      const because = `the mode is ${mode}: ${people} of ${approvals.semiAutomatic} people approved`;
      return passedIf(people >= approvals.semiAutomatic, because, because);
    },
  },
  {
    rule: "DataIsSafe",
    evaluate: (facts) => {
      const { loss } = facts;
      if (loss.kind === "nothing") return passed(loss.because);
      const { lossy } = facts.context.group.approvals;
      const people = approvedPeople(facts, "failover", bytesToApprove(loss));
      const because = `${loss.because}; ${people} of ${lossy} people approved that`;
      return passedIf(people >= lossy, because, because);
    },
  },
  {
    rule: "SafetyRules",
    evaluate: ({ context, state, nowMs, loss, isOrdinary: isNobodys }) => {
      const { maxLossyPerDay, restMs } = context.group.safety;
      if (isNobodys) return notApplicable("nobody is taken over from");
      const last = state.failovers.at(-1);
      const restLeftMs = last === undefined ? 0 : last.atMs + restMs - nowMs;
      if (restLeftMs > 0 && state.wish?.kind !== "takeOver")
        return failed(`the last failover rests for ${Math.ceil(restLeftMs)} ms more`);
      const lossy = state.failovers.filter(
        (failover) => failover.lossy && nowMs - failover.atMs < dayMs,
      ).length;
      const because = `${lossy} of ${maxLossyPerDay} lossy failovers in 24 hours`;
      return passedIf(loss.kind === "nothing" || lossy < maxLossyPerDay, because, because);
    },
  },
  {
    rule: "DnsEvidence",
    evaluate: (facts) => {
      const { context, state } = facts;
      const shown = freshEvidence(facts)?.peerActiveEpoch ?? null;
      const epoch = state.witness.seen?.record.epoch ?? 0;
      if (shown === null || shown < epoch)
        return passed("public resolvers do not show the peer active");
      const because = `public resolvers show the peer active at epoch ${shown}`;
      const isVeto = context.group.safety.dnsEvidence === "veto";
      const mayVeto = isVeto && !facts.isOrdinary && state.wish?.kind !== "takeOver";
      return mayVeto ? failed(because) : notApplicable(`${because}; that is only observed`);
    },
  },
  {
    rule: "SelfVisible",
    evaluate: (facts) =>
      passedIf(
        freshEvidence(facts)?.selfVisible !== false,
        "nothing says that this region can not be reached",
        "public resolvers do not reach this region",
      ),
  },
  {
    rule: "Ready",
    evaluate: (facts) => {
      const reasons = notReady(facts.context, facts.state);
      if (reasons.length === 0) return passed("nothing is in the way");
      return facts.isOrdinary ? notApplicable(reasons.join("; ")) : failed(reasons.join("; "));
    },
  },
  {
    rule: "WitnessIsOutside",
    evaluate: (facts) => {
      const { witnessIsOutside } = facts.context.group.safety;
      if (witnessIsOutside) return passed("the witness is in neither region");
      const because = "the witness is inside one of its two regions, and can be lost with it";
      const isAsked = facts.isOrdinary || facts.context.group.mode !== "automatic";
      return isAsked || facts.state.wish !== null ? notApplicable(because) : failed(because);
    },
  },
];

/** Those rules of a take-over that do not ask how the lease stands at the witness; an arbiter heeds them too. */
export const rulesOfAnyTakeOver: readonly Rule<TakeOverFacts>[] = takeOverRules.filter(({ rule }) =>
  ["WatchdogAnswers", "SafetyRules", "DnsEvidence", "SelfVisible"].includes(rule),
);
