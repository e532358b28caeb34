/**
 * Moves the group when an Application fails in an otherwise healthy region and the document says so: gathers, judges, journals, and asks the
 * agent for a planned switchover as a person would; the agent judges that once more (`core/failover/application-failure.ts`).
 */
import {
  type FailingApplication,
  failingForLong,
  judgeApplicationFailure,
} from "../../core/failover/application-failure.ts";
import type { FailoverGroup } from "../../core/failover/group.ts";
import type { AgentState } from "../../core/failover/state.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Verdict } from "../../core/kernel/verdict.ts";
import type { Env, Signal } from "../env.ts";

export type PeerOutlook = {
  /** A switchover to the peer as things stand in both regions. */
  readonly handOver: Verdict;
  /** FQDNs of Applications that say there that they are ready; null when its agent does not tell. */
  readonly working: readonly string[] | null;
};

export type ReleaseParts = {
  readonly group: FailoverGroup;
  /** Applications of the group that fail here now. */
  readonly failing: () => readonly FailingApplication[];
  readonly current: () => Pick<AgentState, "authority" | "data">;
  /** Asks the peer's agent; never fails, because not to be answered is an outlook as well. */
  readonly lookAtPeer: (signal: Signal) => Promise<PeerOutlook>;
  readonly switchOver: () => void;
};

type Serving = { readonly epoch: number; readonly sinceMs: number };

const everyMs = 1_000;

/** Works until the signal is given; does nothing at all unless the group says `release`. */
export async function runRelease(env: Env, parts: ReleaseParts, signal: Signal): Promise<void> {
  const { clock } = env;
  const { group } = parts;
  if (group.onApplicationFailure !== "release") return;
  let serving: Serving | null = null;
  let told = "";
  for (; !signal.aborted; await clock.sleep(everyMs, signal)) {
    const nowMs = clock.monotonicMs();
    const epoch = servingEpoch(parts.current());
    serving = servingSince(serving, epoch, nowMs);
    const failing = parts.failing();
    if (serving === null || failingForLong({ group, failing }).length === 0) {
      told = "";
      continue;
    }
    const { handOver, working: peerWorking } = await parts.lookAtPeer(signal);
    if (signal.aborted) return;
    const servingForMs = nowMs - serving.sinceMs;
    const verdict = judgeApplicationFailure({
      group,
      failing,
      peerWorking,
      servingForMs,
      handOver,
    });
    if (outcomeOf(verdict) !== told) tell(env, verdict, failing);
    told = outcomeOf(verdict);
    if (verdict.kind === "refused") continue;
    parts.switchOver();
    // As long as a switchover may take; what comes of it is seen afterwards.
    await clock.sleep(2 * group.timing.ttlMs, signal);
  }
}

function servingSince(before: Serving | null, epoch: number | null, nowMs: number): Serving | null {
  if (epoch === null) return null;
  return before?.epoch === epoch ? before : { epoch, sinceMs: nowMs };
}

function servingEpoch({ authority, data }: Pick<AgentState, "authority" | "data">): number | null {
  return authority.kind === "lease" && data.kind === "serving" ? authority.epoch : null;
}

/** Without its numbers, which differ at every look. */
function outcomeOf({ kind, trace }: Verdict): string {
  return `${kind} ${trace.map(({ rule, outcome }) => `${rule} ${outcome}`).join(" ")}`;
}

function tell(env: Env, verdict: Verdict, failing: readonly FailingApplication[]): void {
  const { kind, reason, because, trace } = verdict;
  const names = failing.map(({ name }) => name);
  const data = {
    kind,
    reason,
    because,
    applications: names,
    trace: trace.map((rule) => ({ ...rule })),
  };
  const details = { reason, because, applications: names.join(", ") };
  if (kind === "allowed")
    env.log.warn("an Application fails here: the group is switched over", details);
  else env.log.warn("an Application fails here, and the group stays", details);
  // A journal that is full keeps nobody from switching over.
  void env.journal.append({ type: "failover.applicationFailed", data }).catch((thrown: unknown) => {
    env.log.error("not journalled", { failure: Failure.from(thrown, "journal").toJson() });
  });
}
