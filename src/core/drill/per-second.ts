/** Requests counted by the second: the small picture of the terminal and the table twin of the large one. */
import type { DrillReport } from "./report.ts";

export type Second = {
  /** Start and end of the second, from the break; the first and the last may be shorter. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly ok: number;
  readonly failed: number;
  /** Successful requests by region, in the order of the Application's regions. */
  readonly byRegion: readonly number[];
};

/** Every second from the start of the measurement to its end, also those without a request; a rest too short for one is left out. */
export function perSecond(report: DrillReport): readonly Second[] {
  const { startMs, endMs } = report.times;
  const seconds: Second[] = [];
  for (let fromMs = Math.floor(startMs / 1_000) * 1_000; fromMs < endMs; fromMs += 1_000) {
    const toMs = Math.min(fromMs + 1_000, endMs);
    const started = report.samples.requests.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    if (toMs - fromMs < 1_000 && started.length === 0) break; // A rest too short for a request.
    const ok = started.filter(({ outcome }) => outcome === "ok");
    seconds.push({
      fromMs: Math.max(fromMs, startMs),
      toMs,
      ok: ok.length,
      failed: started.length - ok.length,
      byRegion: report.application.regions.map(
        ({ addresses }) => ok.filter(({ address }) => addresses.includes(address ?? "")).length,
      ),
    });
  }
  return seconds;
}
