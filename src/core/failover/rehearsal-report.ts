/** What two agents on a stage would report, for tests of all that people are told. Used by tests only. */
import type { AgentReport } from "./agent-report.ts";
import type { Approver } from "./approvals.ts";
import { healthAnswer } from "./authority.ts";
import { readNote } from "./note.ts";
import { peopleView } from "./people-view.ts";
import type { Actor, Stage } from "./rehearsal.ts";
import { statusOf } from "./status.ts";

export type ReportParts = {
  readonly approvers?: readonly Approver[];
  readonly journalTail?: AgentReport["journalTail"];
};

/** The report of an actor at this moment of its stage. */
export function reportOf(here: Stage, actor: Actor, parts: ReportParts = {}): AgentReport {
  const { context, state } = actor;
  const { nowMs } = here;
  const { facts, evidence } = state;
  return {
    version: "1.0.0",
    cluster: context.self,
    atMs: nowMs,
    observeOnly: false,
    sovereign: "sovereign.test",
    status: statusOf(context, state, nowMs),
    health: healthAnswer(state, nowMs),
    timing: context.group.timing,
    objectives: context.group.objectives,
    applications: ["ledger.acme-prod.sovereign.test"],
    data:
      facts === null
        ? null
        : { services: facts.services, notReady: facts.notReady, ageMs: nowMs - facts.atMs },
    evidence:
      evidence === null
        ? null
        : {
            peerActiveEpoch: evidence.peerActiveEpoch,
            selfVisible: evidence.selfVisible,
            ageMs: nowMs - evidence.atMs,
          },
    witnessPositions: readNote(state.witness.seen?.record ?? null).positions,
    documents: { revision: "0123456789abcdef", stale: null },
    people: peopleView(context, state, { nowMs, wallAtMs: nowMs }, parts.approvers ?? []),
    journalTail: parts.journalTail ?? [],
  };
}
