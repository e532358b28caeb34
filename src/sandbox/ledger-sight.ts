/** Who may write the ledger now, by what the regions' agents say of themselves; an agent that says nothing is silent, not fenced. */
import { type HeardReport, readAgentReport } from "../core/failover/agent-report-schema.ts";
import { ledger, type RegionLayout, type SandboxLayout } from "./layout.ts";

export type LedgerRegion = {
  readonly cluster: string;
  /** `active`: it serves. `standby`: it follows and may take over. `fenced`: it neither serves nor may take over. */
  readonly role: "active" | "standby" | "fenced" | "silent";
  /** While active. */
  readonly epoch: number | null;
  /** Until it fences unless it renews; 0 without authority. */
  readonly leftMs: number;
  /** As active region: whether every commit waits for the other one. */
  readonly sync: "in_sync" | "stalled" | "alone" | null;
  /** As the last record at the witness says it. */
  readonly recorded: "in_sync" | "degraded" | "none" | null;
  /** As standby: age of the newest commit that it has. */
  readonly lagMs: number | null;
  /** One sentence about what is not as it should be; empty otherwise. */
  readonly because: string;
};

const limitMs = 1_500;

/** What each region's agent says now, in order of the layout. */
export function lookAtLedger(
  layout: SandboxLayout,
  signal?: AbortSignal,
): Promise<readonly LedgerRegion[]> {
  return Promise.all(
    layout.regions.map(async (region) => {
      const said = await askAgent(region, signal);
      return typeof said === "string" ? silent(region.cluster, said) : regionOf(said);
    }),
  );
}

/** The region that serves, when exactly one says so. */
export function activeRegion(regions: readonly LedgerRegion[]): LedgerRegion | undefined {
  const active = regions.filter(({ role }) => role === "active");
  return active.length === 1 ? active[0] : undefined;
}

/** What an agent's report says of its region. */
export function regionOf({ cluster, status, data }: HeardReport): LedgerRegion {
  const service = data?.services.find(({ name }) => name === ledger.service);
  const active = status.isServing;
  const { authority, armed, disarmedBecause, needs, sync } = status;
  const because = [
    ...(armed ? [] : ["not armed"]),
    ...disarmedBecause,
    ...needs.map((need) => need.because),
    ...(data?.notReady ?? []),
  ];
  return {
    cluster,
    role: active ? "active" : armed ? "standby" : "fenced",
    epoch: active ? authority.epoch : null,
    leftMs: active ? authority.leftMs : 0,
    sync: active ? (service?.sync ?? null) : null,
    recorded: sync.recorded,
    lagMs: active ? null : (service?.lagMs ?? null),
    because: because[0] ?? "",
  };
}

function silent(cluster: string, because: string): LedgerRegion {
  return {
    ...{ cluster, role: "silent", epoch: null, leftMs: 0, sync: null },
    ...{ recorded: null, lagMs: null, because },
  };
}

async function askAgent(
  { agent: { health } }: RegionLayout,
  signal?: AbortSignal,
): Promise<HeardReport | string> {
  try {
    const limit = AbortSignal.timeout(limitMs);
    const response = await fetch(`http://${health.address}:${health.port}/v1/status`, {
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      headers: { connection: "close" },
    });
    const report = readAgentReport(await response.json());
    return report.ok ? report.value : `its report can not be read: ${report.because}`;
  } catch {
    return "its agent does not answer";
  }
}
