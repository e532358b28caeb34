/** Approvals that an agent was given, held against what it is about to do (DESIGN §7.7). */
import type { Approval } from "./approval.ts";
import { readNote } from "./note.ts";
import type { AgentState } from "./state.ts";
import type { AgentContext } from "./step.ts";

type Facts = {
  readonly context: AgentContext;
  readonly state: AgentState;
  readonly wallAtMs: number;
};

/** A loss of unknown size; an approval with this bound covers whatever is lost. */
export const anyLossBytes = Number.MAX_SAFE_INTEGER;

/**
 * The epoch that an approval has to name: the highest one that this region knows of. So a take-over uses up its approvals, also
 * where the witness does not know of it.
 */
export function approvalEpoch({ witness, record }: AgentState): number {
  return Math.max(witness.seen?.record.epoch ?? 0, record?.epochSeen ?? 0);
}

/** Approvals that cover the action now, one for each person. `lossBytes` null: nothing is lost that anybody has to approve. */
export function approvalsFor(
  { context, state, wallAtMs }: Facts,
  action: Approval["action"],
  lossBytes: number | null,
): readonly Approval[] {
  const { used } = readNote(state.witness.seen?.record ?? null);
  const epoch = approvalEpoch(state);
  const byPerson = new Map<string, Approval>();
  for (const approval of state.approvals) {
    const counts =
      approval.group === context.group.name &&
      approval.action === action &&
      approval.expectedEpoch === epoch &&
      approval.expiresAtMs > wallAtMs &&
      // Guard: ApprovalIsUsedOnce.
      !used.includes(approval.nonce) &&
      (lossBytes === null || approval.maxLossBytes >= lossBytes);
    if (counts) byPerson.set(approval.person, approval);
  }
  return [...byPerson.values()];
}

/** How many different people approved it. */
export function approvedPeople(
  facts: Facts,
  action: Approval["action"],
  lossBytes: number | null,
): number {
  return approvalsFor(facts, action, lossBytes).length;
}
