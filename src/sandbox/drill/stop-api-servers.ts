/**
 * What `api-server-down` breaks (ADR 47): the API servers of both regions, while nobody may notice; that of the standby during a
 * switchover, which it can not take over then; and that of the standby while the active region dies, which has to wait. Held by the
 * supervisor's connection, as every fault.
 */
import type { SandboxConnection } from "../connection.ts";
import type { Breaker } from "./break-ledger.ts";
import { heldFaults } from "./held-faults.ts";

/** What the agent of a region says of itself; what is silent serves nothing. */
export type AgentSight = {
  readonly region: string;
  /** Epoch in which it serves; null when it does not. */
  readonly servesAt: number | null;
  readonly notReady: readonly string[];
};

export type ApiServerTools = {
  readonly connection: Pick<SandboxConnection, "request">;
  /** Asks the agent of a region to hand over to its peer. */
  readonly order: (region: string) => Promise<void>;
  readonly look: () => Promise<readonly AgentSight[]>;
  /** Writes that failed since an instant. */
  readonly failedSince: (atMs: number) => number;
  readonly isWhole: () => Promise<boolean>;
  readonly until: (done: () => boolean | Promise<boolean>, limitMs: number) => Promise<boolean>;
  readonly nowMs: () => number;
  readonly tell: (type: string, text: string) => void;
};

export type ApiServerPlan = {
  readonly active: string;
  readonly standby: string;
  readonly ttlMs: number;
  /** For how many leases both are down. */
  readonly leases: number;
};

/** Slack beyond what is expected, after which a step is given up. */
const patienceMs = 60_000;

/** Its `begin` resolves when the other region has taken over from one that is dead. */
export function stopApiServers(tools: ApiServerTools, plan: ApiServerPlan): Breaker {
  const drill: ApiServerDrill = { tools, plan, faults: faultsOf(tools), unmet: [] };
  return {
    unmet: () => drill.unmet,
    async begin() {
      for (const step of [stopBoth, stopInSwitchover]) {
        await step(drill);
        if (await tools.isWhole()) continue;
        drill.unmet.push("the group was not as it should be once the API servers were back");
        return;
      }
      await killWithout(drill);
    },
    async restore() {
      for (const region of [plan.active, plan.standby]) await drill.faults.restore(region);
    },
  };
}

type ApiServerDrill = {
  readonly tools: ApiServerTools;
  readonly plan: ApiServerPlan;
  readonly faults: ReturnType<typeof faultsOf>;
  /** What should have come of it and did not. */
  readonly unmet: string[];
};

/** What is broken now, and how it is undone. */
function faultsOf({ connection, tell }: ApiServerTools) {
  const { breakBy, restore } = heldFaults(connection);
  return {
    restore,
    async stop(...regions: readonly string[]): Promise<void> {
      for (const region of regions) await breakBy(region, "kube-down");
      tell("drill.broken", `the API server of ${regions.join(" and of ")} is stopped`);
    },
    async start(...regions: readonly string[]): Promise<void> {
      for (const region of regions) await restore(region);
      tell("drill.restored", `the API server of ${regions.join(" and of ")} is back`);
    },
    async kill(region: string): Promise<void> {
      await breakBy(region, "kill");
      tell("drill.broken", `${region} is killed`);
    },
  };
}

/** The API servers of both regions: nobody may notice. */
async function stopBoth({ tools, plan, faults, unmet }: ApiServerDrill): Promise<void> {
  const { active, standby, leases, ttlMs } = plan;
  const before = servingIn(await tools.look());
  const sinceMs = tools.nowMs();
  await faults.stop(standby, active);
  await expectTold({ tools, unmet }, [standby, active]);
  await pause(tools, leases * ttlMs);
  const failed = tools.failedSince(sinceMs);
  if (failed > 0) unmet.push(`${failed} writes failed without the API servers`);
  const after = servingIn(await tools.look());
  if (after !== before) unmet.push(`before ${before}; without the API servers ${after}`);
  await faults.start(standby, active);
}

/** The old writer takes it again, or nobody has it until the other one can remember that it has. */
async function stopInSwitchover({ tools, plan, faults, unmet }: ApiServerDrill): Promise<void> {
  const { active, standby, ttlMs } = plan;
  const before = servingIn(await tools.look());
  await faults.stop(standby);
  await tools.order(active);
  tools.tell("drill.broken", `${active} is told to hand over`);
  const isTaken = async (): Promise<boolean> => {
    const now = servingIn(await tools.look());
    return now !== before && now !== nobody;
  };
  await tools.until(isTaken, 2 * ttlMs);
  const now = servingIn(await tools.look());
  tools.tell("drill.broken", now);
  if (now.includes(standby)) unmet.push(`in the switchover ${now} without its API server`);
  await faults.start(standby);
}

/** The region that writes dies while the other one's API server is down. */
async function killWithout({ tools, plan, faults, unmet }: ApiServerDrill): Promise<void> {
  const { active, standby, ttlMs } = plan;
  const seen = await tools.look();
  // The switchover may have succeeded once the API server was back.
  const writer = seen.find(({ servesAt }) => servesAt !== null)?.region ?? active;
  const other = writer === active ? standby : active;
  await faults.stop(other);
  await expectTold({ tools, unmet }, [other]);
  await faults.kill(writer);
  await pause(tools, 2 * ttlMs);
  const now = servingIn(await tools.look());
  if (now !== nobody) unmet.push(`without the other region's API server ${now}`);
  else tools.tell("drill.broken", `${other} takes over nothing without its API server`);
  await faults.start(other);
  const hasTaken = async (): Promise<boolean> =>
    (await tools.look()).some(({ region, servesAt }) => region === other && servesAt !== null);
  if (await tools.until(hasTaken, 2 * ttlMs + patienceMs)) return;
  unmet.push(`${other} did not take over once its API server was back`);
}

async function pause({ nowMs, until }: ApiServerTools, ms: number): Promise<void> {
  const endsAtMs = nowMs() + ms;
  await until(() => nowMs() >= endsAtMs, ms);
}

/** These agents say that their record has a place that fails. */
async function expectTold(
  { tools, unmet }: Pick<ApiServerDrill, "tools" | "unmet">,
  regions: readonly string[],
): Promise<void> {
  const who = regions.join(" and ");
  const say = async (): Promise<boolean> => {
    const seen = await tools.look();
    return regions.every((region) => isTold(seen.find((one) => one.region === region)));
  };
  if (await tools.until(say, patienceMs)) tools.tell("drill.broken", `${who} say so`);
  else unmet.push(`${who} did not say that a place of the record fails`);
}

const nobody = "nobody serves";

/** Who serves at which epoch, in words. */
function servingIn(seen: readonly AgentSight[]): string {
  const serving = seen.filter(({ servesAt }) => servesAt !== null);
  if (serving.length === 0) return nobody;
  return serving
    .map(({ region, servesAt }) => `${region} serves at epoch ${servesAt ?? 0}`)
    .join(" and ");
}

function isTold(seen: AgentSight | undefined): boolean {
  return seen?.notReady.some((because) => because.includes("(api-server)")) === true;
}
