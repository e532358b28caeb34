/**
 * Epochs that a region takes without the witness (ADR 25, guard OwnEpochIsAlone). They begin far above what it knows: epochs that the
 * witness gave meanwhile are not reached by that, and from the same knowledge the two regions take different ones.
 */
import type { AgentContext } from "./step.ts";

const stride = 1_000;

/** The epoch that this region takes when `known` is the highest that it saw. */
export function ownEpochAfter({ self, group }: AgentContext, known: number): number {
  return known + stride + group.regions.indexOf(self);
}
