/** A drill of data against the sandbox of a state folder. */
import { join } from "node:path";
import { ledgerReports } from "../../adapters/reports/report-forms.ts";
import type { LedgerReport } from "../../core/drill/ledger-report.ts";
import { clockFile, setClock as setClockFile } from "../stepped-clock.ts";
import { lossPeople } from "./approve-loss.ts";
import { conductDrill, type DrillOptions, type FinishedDrill } from "./conduct-drill.ts";
import { renderLedgerHtml } from "./html/render-ledger-html.ts";
import { type LedgerWish, planLedgerDrill } from "./ledger-plan.ts";
import { orderSwitchover } from "./order-switchover.ts";
import { runLedgerDrill } from "./run-ledger-drill.ts";

export type FinishedLedgerDrill = FinishedDrill<LedgerReport>;

/** Runs a drill to its written report; fails with NotRunning, NotFound, DrillRefused, OrderRefused or Cancelled. */
export function ledgerDrill(
  options: DrillOptions & { readonly wish: LedgerWish },
): Promise<FinishedLedgerDrill> {
  return conductDrill(options, {
    form: ledgerReports,
    plan: (world) => planLedgerDrill(options.wish, world),
    started: ({ kind, wished, application }) => ({
      ...{ kind, region: wished ?? "", application: application.fqdn },
    }),
    run(tools, plan, { id, signal, layout, reports }) {
      const order = (region: string): Promise<void> =>
        orderSwitchover(layout, region, tools.clock.nowMs());
      const log = join(reports, id, "writes.ndjson");
      const setClock = async (cluster: string, aheadSeconds: number): Promise<void> => {
        const region = layout.regions.find((one) => one.cluster === cluster);
        if (region !== undefined) await setClockFile(clockFile(region), aheadSeconds);
      };
      const people = lossPeople(layout, tools.clock);
      return runLedgerDrill({ ...tools, order, setClock, people }, plan, { id, signal, log });
    },
    page: renderLedgerHtml,
  });
}
