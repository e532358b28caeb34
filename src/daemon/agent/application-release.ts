/** What `runRelease` looks at and does, in an agent's process: its own Applications, the peer's report, and the agent's own switchover. */
import type { Clock } from "../../control/env.ts";
import type { PeerOutlook, ReleaseParts } from "../../control/failover/application-release.ts";
import type { RegionAgent } from "../../control/failover/region-agent.ts";
import { movePlan } from "../../core/failover/move-plan.ts";
import type { PeopleReport } from "../../core/failover/people-report.ts";
import type { GroupDocuments } from "./documents.ts";
import { type PeerReportOptions, readPeerOutlook } from "./peer-report.ts";
import { failingOf } from "./report.ts";
import type { AgentWorld } from "./world.ts";

export type ReleaseSight = {
  readonly documents: GroupDocuments;
  readonly agent: RegionAgent;
  readonly peer: PeerReportOptions;
  /** This region's report as people are told from it; null when it can not be made. */
  readonly ownReport: () => PeopleReport | null;
};

/** The parts of a life. An agent that only observes judges and journals, and switches nothing over. */
export function releaseParts(world: AgentWorld, sight: ReleaseSight): ReleaseParts {
  const { documents, agent } = sight;
  return {
    group: documents.group,
    failing: () => failingOf(world.applications, documents.group),
    current: () => agent.current(),
    lookAtPeer: (signal) => lookAtPeer(world.env.clock, sight, signal),
    switchOver() {
      if (!world.observeOnly) agent.say({ kind: "switchover" });
    },
  };
}

async function lookAtPeer(
  clock: Clock,
  { documents, peer, ownReport }: ReleaseSight,
  signal: Parameters<ReleaseParts["lookAtPeer"]>[0],
): Promise<PeerOutlook> {
  const { context } = documents;
  // A peer that can not be asked is one that does not answer: the plan refuses it by its own rule.
  const heard = await readPeerOutlook(peer, signal).catch(() => null);
  const { verdict } = movePlan("switchover", {
    from: { cluster: context.self, report: ownReport() },
    to: { cluster: context.peer, report: heard?.report ?? null },
    wallAtMs: clock.nowMs(),
  });
  return { handOver: verdict, working: heard?.working ?? null };
}
