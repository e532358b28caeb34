/** The sentence at the head of a report of data: who writes now, after how long, and what became of what was acknowledged. */
import { humanDurationMs } from "../kernel/duration.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { ledgerQuantity } from "./ledger-rows.ts";
import { statedWords } from "./stated-loss.ts";

/** Two sentences for people. */
export function ledgerAnswerOf(report: LedgerReport): string {
  return `${writing(report)} ${keeping(report)}`;
}

function writing({ measured, regions, region }: LedgerReport): string {
  const { rtoMs, handovers, writeGapMs, lastWriter, acknowledged } = measured;
  const short = (cluster: string): string =>
    regions.find((one) => one.cluster === cluster)?.short ?? cluster;
  if (acknowledged === 0 || lastWriter === null) return "No write was acknowledged.";
  if (rtoMs !== null) {
    const to = handovers.find(({ firstAckMs }) => firstAckMs >= 0)?.to ?? lastWriter;
    return `${short(to)} acknowledged writes ${humanDurationMs(rtoMs)} after the last one of ${short(region)}.`;
  }
  return `${short(lastWriter)} wrote all the time, with no gap longer than ${humanDurationMs(writeGapMs)}.`;
}

function keeping({ measured, stated }: LedgerReport): string {
  const { lost, acknowledged, rpoBytes } = measured;
  if (lost === null)
    return `Whether all ${acknowledged} acknowledged writes are kept is not known.`;
  if (lost === 0) return `All ${acknowledged} acknowledged writes are kept.`;
  const bytes = rpoBytes === null ? "" : `, ${ledgerQuantity("bytes", rpoBytes)} of the log`;
  const told =
    stated === undefined
      ? ""
      : `; ${stated.approvedBy.join(" and ")} had approved a loss of ${statedWords(stated)}`;
  return `${lost} of ${acknowledged} acknowledged writes are lost${bytes}${told}.`;
}
