/**
 * How much of a plan's daily quota a Sovereign's leases use, before it runs out: a witness that takes no more requests fences
 * every region for the rest of the day (facts of the witness §5). Pure.
 */

/** What a plan gives for a day; beyond it requests fail until midnight UTC. */
export type QuotaPlan = {
  readonly name: string;
  readonly workerRequests: number;
  readonly objectRequests: number;
  readonly rowsWritten: number;
  readonly rowsRead: number;
};

/** Cloudflare's free plan, as its documentation had it in November 2026. */
export const cloudflareFreePlan: QuotaPlan = {
  name: "Cloudflare's free plan",
  workerRequests: 100_000,
  objectRequests: 100_000,
  rowsWritten: 100_000,
  rowsRead: 5_000_000,
};

export type WitnessLoad = {
  /** Slots with a holder: failover groups, and one for the duties of the Sovereign. */
  readonly slots: number;
  /** Regions that ask for each slot: one renews, the others look. */
  readonly regions: number;
  readonly renewEveryMs: number;
  readonly pollEveryMs: number;
};

export type QuotaLine = {
  readonly what: "workerRequests" | "objectRequests" | "rowsWritten" | "rowsRead";
  readonly perDay: number;
  readonly limit: number;
  readonly usedRatio: number;
  readonly arithmetic: string;
};

export type QuotaForecast = {
  /** `fits` below the alarm, `tight` from it on, `exceeds` above the limit. */
  readonly kind: "fits" | "tight" | "exceeds";
  readonly reason: "QuotaFits" | "QuotaTight" | "QuotaExceeded";
  readonly because: string;
  /** The line that uses most of its limit first. */
  readonly lines: readonly QuotaLine[];
};

/** From this part of a limit on it is said aloud. */
export const quotaAlarmRatio = 0.8;

export const dayMs = 86_400_000;

/** Rows that a renewal reads: the record before the decision, and again by the statement that writes it. */
const rowsReadPerRenewal = 2;

/** What the load takes of the plan in a day, with the arithmetic. Periods are in milliseconds and positive. */
export function forecastQuota(load: WitnessLoad, plan: QuotaPlan): QuotaForecast {
  const { slots, regions } = load;
  const others = Math.max(0, regions - 1);
  const renewals = Math.ceil((slots * dayMs) / load.renewEveryMs);
  const polls = Math.ceil((slots * others * dayMs) / load.pollEveryMs);
  const asked = `${slots} × 86400 s ÷ ${load.renewEveryMs / 1_000} s renewals + ${slots} × ${others} × 86400 s ÷ ${load.pollEveryMs / 1_000} s looks`;
  const line = (what: QuotaLine["what"], perDay: number, arithmetic: string): QuotaLine => ({
    what,
    perDay,
    limit: plan[what],
    usedRatio: perDay / plan[what],
    arithmetic: `${arithmetic} = ${perDay} of ${plan[what]} a day`,
  });
  const lines = [
    line("workerRequests", renewals + polls, asked),
    line("objectRequests", renewals + polls, asked),
    line("rowsWritten", renewals, `${renewals} renewals × 1 row`),
    line(
      "rowsRead",
      renewals * rowsReadPerRenewal + polls,
      `${renewals} renewals × ${rowsReadPerRenewal} rows + ${polls} looks × 1 row`,
    ),
  ].sort((a, b) => b.usedRatio - a.usedRatio);
  const worst = lines[0]?.usedRatio ?? 0;
  const used = `${(worst * 100).toFixed(1)} % of ${plan.name} is used: ${lines[0]?.arithmetic ?? ""}.`;
  if (worst > 1) {
    const because = `${used} After ${hours(24 / worst)} of each day every region would fence itself.`;
    return { kind: "exceeds", reason: "QuotaExceeded", because, lines };
  }
  return worst >= quotaAlarmRatio
    ? {
        kind: "tight",
        reason: "QuotaTight",
        because: `${used} A retry storm would use the rest.`,
        lines,
      }
    : { kind: "fits", reason: "QuotaFits", because: used, lines };
}

function hours(count: number): string {
  const minutes = Math.floor(count * 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
