/** What an agent's report says for people beside its status: what it would judge now with all evidence, and what people have approved. */
import type { RuleResult, Verdict } from "../kernel/verdict.ts";
import type { ApproverRole } from "../resources/failover-words.ts";
import type { Approval } from "./approval.ts";
import type { Approver } from "./approvals.ts";
import { approvalEpoch } from "./approved.ts";
import { judgeTakeOver } from "./gates.ts";
import type { FailoverGroup } from "./group.ts";
import { type Loss, lossOf } from "./loss.ts";
import { readNote } from "./note.ts";
import type { AgentState } from "./state.ts";
import type { AgentContext } from "./step.ts";
import { ceilingsOf, toldLoss } from "./told-loss.ts";

export type PeopleView = {
  /** The group as this agent works by it, every default filled in. */
  readonly group: FailoverGroup;
  /** Taking over by the witness's lease, judged at this moment; null while this region has authority. */
  readonly judgement: readonly RuleResult[] | null;
  /** The last judgement that changed something, whichever way it was: how it ended and by which rule. */
  readonly lastVerdict: Pick<Verdict, "kind" | "reason"> | null;
  /** What taking over would lose, as things stand. */
  readonly loss: Loss;
  /** The epoch that an approval has to name. */
  readonly approvalEpoch: number;
  /** Approvals that were taken and that can still count. */
  readonly approvals: readonly Approval[];
  /** Whose word counts, and for what. */
  readonly approvers: readonly {
    readonly person: string;
    readonly roles: readonly ApproverRole[];
  }[];
  /** What the last record at the witness says: whose data it is, who follows, to whom it was handed. */
  readonly witnessNote: {
    readonly region: string | null;
    readonly sync: "in_sync" | "degraded" | "none";
    readonly handTo: string | null;
    /** Services whose published position is one beyond which nothing was acknowledged. */
    readonly ceilings: readonly string[];
  };
  /** Failovers of the last day, how long ago each was. */
  readonly failovers: readonly { readonly agoMs: number; readonly lossy: boolean }[];
};

type Moment = { readonly nowMs: number; readonly wallAtMs: number };

/** The view of a state at a moment of the agent's two clocks. */
export function peopleView(
  context: AgentContext,
  state: AgentState,
  { nowMs, wallAtMs }: Moment,
  approvers: readonly Approver[],
): PeopleView {
  const { group } = context;
  const isIdle = state.authority.kind === "none";
  const record = state.witness.seen?.record ?? null;
  const { region, sync, handTo, used } = readNote(record);
  const ceilings = ceilingsOf(record);
  const { lastVerdict } = state;
  return {
    group,
    judgement: isIdle ? judgeTakeOver(context, state, nowMs, wallAtMs).trace : null,
    lastVerdict:
      lastVerdict === null ? null : { kind: lastVerdict.kind, reason: lastVerdict.reason },
    loss: toldLoss(lossOf(context, state), { group, self: context.self, state, ceilings }),
    approvalEpoch: approvalEpoch(state),
    approvals: state.approvals.filter(
      ({ expiresAtMs, nonce }) => expiresAtMs > wallAtMs && !used.includes(nonce),
    ),
    approvers: approvers.map(({ person, roles }) => ({ person, roles })),
    witnessNote: { region, sync, handTo, ceilings },
    failovers: state.failovers.map(({ atMs, lossy }) => ({ agoMs: nowMs - atMs, lossy })),
  };
}
