/** The reports of drills of one folder, newest first, as a control process shows them. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type RecordedHashes, readRecordedHashes } from "../../adapters/reports/recorded-hashes.ts";
import { isReportId, listReports } from "../../adapters/reports/report-folder.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { drillsHeadline } from "../../core/view/drills-headline.ts";
import type { DrillsView, DrillView } from "../../core/view/drills-view.ts";
import { type DrillForm, drillForms } from "./drill-forms.ts";
import { type ExaminedDrill, examineDrill } from "./examine-drill.ts";

/** Where reports are, and the journal that has their hashes; folders, absolute. */
export type DrillFolders = { readonly reports: string; readonly journal: string };

export type DrillShelf = {
  /** Fails when the folder can not be read. */
  readonly list: () => Promise<DrillsView>;
  /** Examined anew each time; undefined when there is no such report. */
  readonly one: (id: string) => Promise<ExaminedDrill | undefined>;
};

export type ShelfFacts = {
  readonly cluster: string;
  readonly version: string;
  readonly nowMs: () => number;
};

type Found = { readonly id: string; readonly form: DrillForm };
type Recorded = (id: string) => RecordedHashes | Failure | undefined;

/** More than anybody looks through; older ones are found by their identifier. */
const shownMost = 100;

/** The shelf of these folders, or, without them, one that says so. */
export function makeDrillShelf(folders: DrillFolders | undefined, facts: ShelfFacts): DrillShelf {
  const { cluster, version, nowMs } = facts;
  const viewOf = (drills: readonly DrillView[], total: number): DrillsView => ({
    atMs: nowMs(),
    control: { cluster, version },
    headline: drillsHeadline(folders !== undefined, drills),
    configured: folders !== undefined,
    total,
    drills,
  });
  if (folders === undefined) return { list: async () => viewOf([], 0), one: async () => undefined };
  const { reports, journal } = folders;
  const look = remembering(reports);
  return {
    async list() {
      const [found, recorded] = await Promise.all([everyReport(reports), recordOf(journal)]);
      const shown = found.slice(0, shownMost);
      // One after the other: the process has more to do than to read reports.
      const drills: DrillView[] = [];
      for (const one of shown) drills.push(await look(one, recorded(one.id)));
      return viewOf(drills, found.length);
    },
    async one(id) {
      const form = drillForms.find(({ report }) => isReportId(report, id));
      if (form === undefined) return undefined;
      if (!(await listReports(reports, form.report)).includes(id)) return undefined;
      return examineDrill(reports, { id, form }, (await recordOf(journal))(id));
    },
  };
}

/** Newest first, whatever their form: behind the dash identifiers begin with the moment. */
async function everyReport(reports: string): Promise<readonly Found[]> {
  const found = await Promise.all(
    drillForms.map(async (form) =>
      (await listReports(reports, form.report)).map((id) => ({ id, form })),
    ),
  );
  const moment = ({ id }: Found): string => id.slice(id.indexOf("-") + 1);
  return found.flat().sort((a, b) => (moment(a) < moment(b) ? 1 : -1));
}

async function recordOf(journal: string): Promise<Recorded> {
  try {
    const hashes = await readRecordedHashes(journal);
    return (id) => hashes.get(id);
  } catch (thrown) {
    const failure = Failure.from(thrown, journal);
    return () => failure;
  }
}

/** Looks at a report again only when its files, or what is on record of it, are others than before. */
function remembering(reports: string) {
  const known = new Map<string, { readonly of: string; readonly view: DrillView }>();
  return async (found: Found, recorded: ReturnType<Recorded>): Promise<DrillView> => {
    const { id, form } = found;
    const signature = form.isSigned ? [`${form.report.file}.sig`] : [];
    const files = [form.report.file, form.page, ...signature];
    const marks = await Promise.all(files.map((name) => markOf(join(reports, id, name))));
    const of = JSON.stringify([marks, recorded]);
    const before = known.get(id);
    if (before?.of === of) return before.view;
    const { view } = await examineDrill(reports, found, recorded);
    known.delete(id);
    known.set(id, { of, view });
    for (const oldest of known.keys()) {
      if (known.size <= 2 * shownMost) break;
      known.delete(oldest);
    }
    return view;
  };
}

/** Changes with every change of the file: nobody can set the instant at which its inode changed. */
async function markOf(path: string): Promise<string> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined); // The look says why.
  return facts === undefined ? "" : `${facts.ino} ${facts.size} ${facts.ctimeNs}`;
}
