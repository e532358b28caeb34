/** An agent's report (`GET /v1/status`): everything that it knows, put together at the moment of asking. */
import type { AgentReport } from "../../core/failover/agent-report.ts";
import type { FailingApplication } from "../../core/failover/application-failure.ts";
import { readNote } from "../../core/failover/note.ts";
import { peopleView } from "../../core/failover/people-view.ts";
import { version } from "../version.ts";
import { applicationsNamed } from "./documents.ts";
import type { AgentLife } from "./life.ts";
import type { AgentWorld } from "./world.ts";

/** The report of the agent as it stands. */
export function reportOf(
  { env, journal, watch, observeOnly, applications }: AgentWorld,
  life: AgentLife,
): AgentReport {
  const { agent, documents } = life;
  const { context, group } = documents;
  const state = agent.current();
  const nowMs = env.clock.monotonicMs();
  const wallAtMs = env.clock.nowMs();
  const { facts, evidence } = state;
  return {
    version,
    cluster: context.self,
    atMs: wallAtMs,
    observeOnly,
    sovereign: documents.sovereign,
    status: agent.status(),
    health: agent.health(),
    timing: group.timing,
    objectives: group.objectives,
    applications: group.applications,
    failing: failingOf(applications, group),
    working: applications.working().flatMap((name) => applicationsNamed(group, name)),
    data: facts === null ? null : aged(facts, nowMs),
    evidence: evidence === null ? null : aged(evidence, nowMs),
    witnessPositions: readNote(state.witness.seen?.record ?? null).positions,
    documents: {
      revision: documents.revision,
      stale: watch.stale(),
      change: life.change(),
    },
    witnessFailure: life.witnessFailure()?.toJson() ?? null,
    readiness: life.readiness.reasons(),
    people: peopleView(context, state, { nowMs, wallAtMs }, group.approvers),
    journalTail: journal.tail(),
  };
}

/** Those of the group that the agent asks and that fail, by their FQDNs. */
export function failingOf(
  applications: AgentWorld["applications"],
  group: Parameters<typeof applicationsNamed>[0],
): readonly FailingApplication[] {
  return applications
    .failing()
    .flatMap((one) => applicationsNamed(group, one.name).map((name) => ({ ...one, name })));
}

function aged<Facts extends { readonly atMs: number }>(
  { atMs, ...facts }: Facts,
  nowMs: number,
): Omit<Facts, "atMs"> & { readonly ageMs: number } {
  return { ...facts, ageMs: Math.max(0, nowMs - atMs) };
}
