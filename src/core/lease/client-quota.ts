/**
 * The part of a witness's daily quota that one client may use: what its pace will take of it, what it took since midnight UTC, and
 * when that is said aloud. Pure; `quota.ts` foretells for the whole Sovereign.
 */
import { dayMs, quotaAlarmRatio } from "./quota.ts";

/** Requests counted since midnight UTC, as the plans count them; by this process, so it may be more. */
export type QuotaMeter = { readonly dayAtMs: number; readonly requests: number };

/** The meter with one more request at `nowMs`; a new day begins at nothing. */
export function countRequest(meter: QuotaMeter | undefined, nowMs: number): QuotaMeter {
  const dayAtMs = Math.floor(nowMs / dayMs) * dayMs;
  const before = meter !== undefined && meter.dayAtMs === dayAtMs ? meter.requests : 0;
  return { dayAtMs, requests: before + 1 };
}

/** `tight` from 80 % of the part on, `used` when nothing is left. */
export type QuotaLevel = "tight" | "used";

/** The level that counting to `meter` has just reached; each once a day. */
export function levelReached(meter: QuotaMeter, requestsPerDay: number): QuotaLevel | undefined {
  if (meter.requests === requestsPerDay) return "used";
  return meter.requests === Math.ceil(requestsPerDay * quotaAlarmRatio) ? "tight" : undefined;
}

/** A standby's readings come a little sooner than renewals, and once more when it came too early (poll.ts). */
const readingsPerRenewal = 1.1;

export type ClientForecast = {
  readonly kind: "fits" | QuotaLevel;
  readonly because: string;
  readonly usedRatio: number;
};

/** What one client takes of its part in a day at its pace, whether it holds the lease or looks at it. */
export function forecastClient(renewEveryMs: number, requestsPerDay: number): ClientForecast {
  const perDay = Math.ceil((dayMs / renewEveryMs) * readingsPerRenewal);
  const usedRatio = perDay / requestsPerDay;
  const arithmetic = `${readingsPerRenewal} × 86400 s ÷ ${renewEveryMs / 1_000} s = ${perDay} of ${requestsPerDay} requests a day`;
  const because = `${(usedRatio * 100).toFixed(1)} % of this client's part is used: ${arithmetic}.`;
  if (usedRatio > 1) return { kind: "used", because, usedRatio };
  return { kind: usedRatio >= quotaAlarmRatio ? "tight" : "fits", because, usedRatio };
}
