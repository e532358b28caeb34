/** A drill of what users notice, against the sandbox of a state folder. */
import { requestReports } from "../../adapters/reports/report-forms.ts";
import type { DrillReport } from "../../core/drill/report.ts";
import { conductDrill, type DrillOptions, type FinishedDrill } from "./conduct-drill.ts";
import { renderReportHtml } from "./html/render-report-html.ts";
import { type DrillWish, planDrill } from "./plan-drill.ts";
import { runDrill } from "./run-drill.ts";

/** Runs a drill to its written report; fails with NotRunning, NotFound, DrillRefused or Cancelled. */
export function drill(
  options: DrillOptions & { readonly wish: DrillWish },
): Promise<FinishedDrill<DrillReport>> {
  return conductDrill(options, {
    form: requestReports,
    plan: (world) => planDrill(options.wish, world),
    started: (plan) => ({ kind: plan.drill, region: plan.region, application: plan.fqdn }),
    run: runDrill,
    page: renderReportHtml,
  });
}
