/**
 * Whether an Application that fails here moves the group to the peer: only where the document says `onApplicationFailure: release`. What
 * happens then is an ordinary planned switchover, so nothing is lost by it; every rule is evaluated (DESIGN §4).
 */
import { humanDurationMs } from "../kernel/duration.ts";
import { decide, type Rule, type RuleOutcome, type Verdict } from "../kernel/verdict.ts";
import type { FailoverGroup } from "./group.ts";

export type FailingApplication = {
  /** Its FQDN. */
  readonly name: string;
  /** For how long it has failed without a break. */
  readonly forMs: number;
  readonly because: string;
};

export type ApplicationFailureFacts = {
  readonly group: FailoverGroup;
  /** Of the group, here; those that fail for a moment too. */
  readonly failing: readonly FailingApplication[];
  /** FQDNs of those that said lately in the peer's region that they are ready; null when its agent does not tell. */
  readonly peerWorking: readonly string[] | null;
  /** For how long this region has served in this tenure; null when it does not. */
  readonly servingForMs: number | null;
  /** A switchover to the peer as both reports have it (`movePlan`). */
  readonly handOver: Verdict;
};

type Outcome = { readonly outcome: RuleOutcome; readonly because: string };

const passedIf = (is: boolean, because: string): Outcome => ({
  outcome: is ? "passed" : "failed",
  because,
});

/** Judges it as things stand. */
export function judgeApplicationFailure(facts: ApplicationFailureFacts): Verdict {
  const handOver = facts.handOver.trace.map(
    ({ rule, ...outcome }): Rule<ApplicationFailureFacts> => ({ rule, evaluate: () => outcome }),
  );
  return decide([...rules, ...handOver], facts);
}

/** Those that fail for as long as the group waits for a lost region: shorter ones are blips. */
export function failingForLong({
  group,
  failing,
}: Pick<ApplicationFailureFacts, "group" | "failing">): readonly FailingApplication[] {
  return failing.filter(({ forMs }) => forMs >= group.timing.ttlMs);
}

const rules: readonly Rule<ApplicationFailureFacts>[] = [
  {
    rule: "ReleaseDeclared",
    evaluate: ({ group }) => {
      const policy = group.onApplicationFailure ?? "keep";
      return passedIf(policy === "release", `the group says onApplicationFailure: ${policy}`);
    },
  },
  {
    rule: "ModeAllows",
    evaluate: ({ group: { mode } }) => passedIf(mode === "automatic", `the mode is ${mode}`),
  },
  {
    rule: "ApplicationFails",
    evaluate: (facts) => {
      const long = failingForLong(facts);
      const neededMs = facts.group.timing.ttlMs;
      const said = facts.failing.map(
        ({ name, forMs, because }) =>
          `${name} has failed for ${humanDurationMs(forMs)}: ${because}`,
      );
      if (said.length === 0) return passedIf(false, "no Application of the group fails here");
      const needed = long.length > 0 ? "" : `; it takes ${humanDurationMs(neededMs)}`;
      return passedIf(long.length > 0, `${said.join("; ")}${needed}`);
    },
  },
  {
    // What fails in both regions would otherwise move to and fro.
    rule: "RestOver",
    evaluate: ({ group, servingForMs }) => {
      const neededMs = Math.max(group.safety.restMs, group.timing.ttlMs);
      if (servingForMs === null) return passedIf(false, "this region does not serve");
      const because = `this region has served for ${humanDurationMs(servingForMs)} of ${humanDurationMs(neededMs)}`;
      return passedIf(servingForMs >= neededMs, because);
    },
  },
  {
    rule: "PeerApplicationWorks",
    evaluate: (facts) => {
      const { peerWorking } = facts;
      if (peerWorking === null)
        return passedIf(false, "the peer's agent does not say how its Applications are");
      // One that nobody asks there is not known to work there.
      const others = failingForLong(facts).filter(({ name }) => !peerWorking.includes(name));
      const names = others.map(({ name }) => name).join(", ");
      return passedIf(
        others.length === 0,
        others.length === 0
          ? "in the peer's region they say that they are ready"
          : `${names} does not say in the peer's region that it is ready`,
      );
    },
  },
];
