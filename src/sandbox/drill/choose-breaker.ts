/** What breaks the sandbox for a kind of drill, given what a running drill knows and may do. */
import { ledgerKindFacts } from "../../core/drill/ledger-kinds.ts";
import type { LedgerWrite } from "../../core/drill/ledger-write.ts";
import type { AgentWatch } from "./agent-watch.ts";
import { type Breaker, breakerOf } from "./break-ledger.ts";
import type { LedgerPlan } from "./ledger-plan.ts";
import { lossyFailover } from "./lossy-failover.ts";
import { refusal } from "./plan-drill.ts";
import type { LedgerDrillTools } from "./run-ledger-drill.ts";
import { stepClocks } from "./step-clocks.ts";
import { stopApiServers } from "./stop-api-servers.ts";

export type BreakerParts = {
  readonly tools: LedgerDrillTools;
  readonly plan: LedgerPlan;
  readonly watch: Pick<AgentWatch, "now">;
  readonly writes: () => readonly LedgerWrite[];
  readonly nowMs: () => number;
  /** Waits until `done`, or gives up; says which. */
  readonly until: (done: () => boolean | Promise<boolean>, limitMs: number) => Promise<boolean>;
  /** Whether writes are acknowledged and the group is as it should be, within what that may take. */
  readonly isWhole: () => Promise<boolean>;
  readonly agentIsBack: (region: string) => Promise<boolean>;
  readonly stopped: () => boolean;
  readonly tell: (type: string, text: string) => void;
};

/** Slack beyond what is expected, after which a step is given up: what has not happened by then is "never". */
const patienceMs = 30_000;

/** What is done to `region` by the plan's kind. */
export function chooseBreaker(parts: BreakerParts, region: string): Breaker {
  const { tools, plan } = parts;
  const { by } = ledgerKindFacts[plan.kind].how;
  if (by === "clock") return clocks(parts);
  if (by === "people") return lossy(parts, region);
  if (by === "apiServers") return apiServers(parts, region);
  const { restarts, kind } = plan;
  return breakerOf(kind, region, { ...tools, ...parts, restarts });
}

function clocks({ tools, plan, watch, isWhole, until, tell }: BreakerParts): Breaker {
  const { agents, stepSeconds } = plan;
  return stepClocks({
    ...{ ...tools, stepSeconds, isWhole, regions: agents.map(({ cluster }) => cluster) },
    epochOf: async (cluster) => {
      const heard = await watch.now();
      const status = heard.find(({ region }) => region === cluster)?.report?.status;
      return status?.isServing === false ? null : status?.authority.epoch;
    },
    until: (done) => until(done, patienceMs),
    tell: (text) => {
      tell("drill.broken", text);
      tools.progress(text);
    },
  });
}

function lossy(parts: BreakerParts, active: string): Breaker {
  const { tools, plan, tell } = parts;
  return lossyFailover(
    {
      ...{ ...tools, ...parts },
      tell: (type, text) => {
        tell(type, text);
        tools.progress(`${text}.`);
      },
    },
    { active, peer: peerOf(plan, active), fast: plan.fast },
  );
}

function apiServers(parts: BreakerParts, active: string): Breaker {
  const { tools, plan, tell, watch, writes } = parts;
  return stopApiServers(
    {
      ...{ ...tools, ...parts },
      look: async () =>
        (await watch.now()).map(({ region, report }) => ({
          region,
          servesAt: report?.status.isServing === true ? report.status.authority.epoch : null,
          notReady: report?.data?.notReady ?? [],
        })),
      failedSince: (atMs) =>
        writes().filter(({ endMs, outcome }) => endMs >= atMs && outcome !== "acknowledged").length,
      tell: (type, text) => {
        tell(type, text);
        tools.progress(`${text}.`);
      },
    },
    {
      active,
      standby: peerOf(plan, active).cluster,
      ttlMs: plan.profile.lease.ttlMs,
      leases: plan.fast ? 1 : 2,
    },
  );
}

function peerOf({ agents }: LedgerPlan, active: string): LedgerPlan["agents"][number] {
  const peer = agents.find(({ cluster }) => cluster !== active);
  if (peer === undefined) throw refusal("there is no other region", active);
  return peer;
}
