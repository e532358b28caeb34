/**
 * Whether this region's copy of a service may follow the peer's now: it gives up what only it has, so everything has to say that the
 * peer's is the one that counts (ADR 32).
 */
import { decide, type Rule, type RuleOutcome, type Verdict } from "../kernel/verdict.ts";
import type { AgentState } from "./state.ts";

export type FollowFacts = {
  readonly authority: AgentState["authority"]["kind"];
  readonly data: AgentState["data"]["kind"];
  /** Of the record: the highest epoch in which this region had authority; null without a record. */
  readonly epochHeld: number | null;
  readonly here: {
    readonly isFollowing: boolean;
    /** Of the last promotion that this copy knows of; null when it has none or does not answer. */
    readonly epoch: number | null;
  };
  /** The peer's server; null when it does not answer. */
  readonly peer: { readonly isWritable: boolean; readonly epoch: number } | null;
};

type Outcome = { readonly outcome: RuleOutcome; readonly because: string };

const passedIf = (is: boolean, yes: string, no: string): Outcome =>
  is ? { outcome: "passed", because: yes } : { outcome: "failed", because: no };

const rules: readonly Rule<FollowFacts>[] = [
  {
    rule: "NoAuthority",
    evaluate: ({ authority }) =>
      passedIf(
        authority === "none",
        "this region has no right to write",
        "this region has the right to write",
      ),
  },
  {
    rule: "DataFenced",
    evaluate: ({ data }) =>
      passedIf(data === "fenced", "its data are fenced", `its data are ${data}`),
  },
  {
    rule: "NotFollowing",
    evaluate: ({ here }) =>
      passedIf(!here.isFollowing, "its copy follows nobody", "its copy follows the peer's already"),
  },
  {
    rule: "PeerWritable",
    evaluate: ({ peer }) =>
      peer === null
        ? { outcome: "failed", because: "the peer's server does not answer" }
        : passedIf(
            peer.isWritable,
            "the peer's server takes writes",
            "the peer's server takes no writes itself",
          ),
  },
  {
    rule: "PeerNotOlder",
    evaluate: ({ peer, here, epochHeld }) => {
      if (peer === null) return { outcome: "notApplicable", because: "its epoch is not known" };
      const known = Math.max(here.epoch ?? 0, epochHeld ?? 0);
      const because = `the peer's server was promoted at epoch ${peer.epoch}, and this region knows of ${known}`;
      return passedIf(peer.epoch >= known && peer.epoch > 0, because, because);
    },
  },
];

/** Judges by every rule; a refusal is ordinary, and names what has to change. */
export function judgeFollow(facts: FollowFacts): Verdict {
  return decide(rules, facts);
}
