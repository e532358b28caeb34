/**
 * A game day against a running sandbox: one drill after the other, kept after each, so that it goes on where it was. It ends with
 * the first unsafe state, and whatever ends it, the drill of that moment restores what it broke.
 */
import type { KeyObject } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../adapters/journal/sha256.ts";
import {
  isReportId,
  listReports,
  readReport,
  writeWhole,
} from "../../adapters/reports/report-folder.ts";
import {
  begunGamedays,
  ledgerReports,
  signedGamedays,
} from "../../adapters/reports/report-forms.ts";
import { type Signed, writeSigned } from "../../adapters/reports/signed-file.ts";
import type { Clock } from "../../control/env.ts";
import {
  endsTheDay,
  type Gameday,
  type GamedayStep,
  gamedayJson,
  gamedayVerdict,
  kindsLeft,
  stepOf,
} from "../../core/drill/gameday.ts";
import { type LedgerKind, ledgerKindFacts } from "../../core/drill/ledger-kinds.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { canonicalJson } from "../../core/kernel/json.ts";
import { renderGamedayHtml } from "./html/render-gameday-html.ts";
import type { FinishedLedgerDrill } from "./ledger-drill.ts";

export type GamedayTools = {
  readonly clock: Clock;
  /** Folder of the reports. */
  readonly reports: string;
  readonly key: KeyObject;
  readonly progress: (line: string) => void;
  /** Puts it on record that the day was signed: `drill.gamedaySigned` of the drills' journal. */
  readonly record: (data: Readonly<Record<string, string>>) => Promise<unknown>;
  readonly drill: (kind: LedgerKind, fast: boolean) => Promise<FinishedLedgerDrill>;
};

export type FinishedGameday = Signed & {
  readonly gameday: Gameday;
  readonly json: string;
  readonly html: string;
};

/** Does what is left of it and signs the report; fails with what ended a drill, after keeping what was done. */
export async function runGameday(tools: GamedayTools, begun: Gameday): Promise<FinishedGameday> {
  let gameday = begun;
  await keep(tools.reports, gameday);
  for (const kind of kindsLeft(begun)) {
    const at = gameday.steps.length + 1;
    tools.progress(`${at} of ${gameday.kinds.length}: ${kind}. ${ledgerKindFacts[kind].breaks}`);
    const step = await oneStep(tools, kind, gameday.profile === "fast");
    tools.progress(
      `${kind}: ${step.result}${step.because.length === 0 ? "" : ` (${step.because.join("; ")})`}.`,
    );
    gameday = { ...gameday, steps: [...gameday.steps, step] };
    await keep(tools.reports, gameday);
    if (endsTheDay(step)) break;
  }
  // What is left, because something was not as before, is gone on with once people have looked.
  const endedAt =
    kindsLeft(gameday).length > 0 ? null : new Date(tools.clock.nowMs()).toISOString();
  gameday = { ...gameday, endedAt };
  // Ended is what is signed and on record: a day that is cut off before can be gone on with, and is signed then.
  const finished = await sign(tools, gameday);
  await keep(tools.reports, gameday);
  return finished;
}

/** A refusal is a step that was not done; anything else that ends a drill ends the day, to be gone on with later. */
async function oneStep(tools: GamedayTools, kind: LedgerKind, fast: boolean): Promise<GamedayStep> {
  const startMs = tools.clock.monotonicMs();
  try {
    const { report, files } = await tools.drill(kind, fast);
    const tookMs = Math.round(tools.clock.monotonicMs() - startMs);
    return stepOf(report, { sha256: files.sha256, tookMs });
  } catch (thrown) {
    const failure = Failure.from(thrown, kind);
    if (failure.code !== "DrillRefused") throw failure;
    return { kind, result: "notDone", because: [failure.message] };
  }
}

async function sign(tools: GamedayTools, gameday: Gameday): Promise<FinishedGameday> {
  const folder = join(tools.reports, gameday.id);
  const json = join(folder, signedGamedays.file);
  const html = join(folder, "gameday.html");
  const text = canonicalJson(gamedayJson(gameday));
  try {
    const signed = await writeSigned(json, text, tools.key);
    const page = renderGamedayHtml(gameday, signed.fingerprint);
    await writeFile(html, page);
    await tools.record({
      ...{ gameday: gameday.id, verdict: gamedayVerdict(gameday), key: signed.fingerprint },
      ...{ reportSha256: sha256(text), pageSha256: sha256(page) },
    });
    return { ...signed, gameday, json, html };
  } catch (thrown) {
    throw Failure.from(thrown, folder);
  }
}

/** What was done so far, always whole. */
async function keep(reports: string, gameday: Gameday): Promise<void> {
  const folder = join(reports, gameday.id);
  try {
    await mkdir(folder, { recursive: true });
    await writeWhole(join(folder, begunGamedays.file), canonicalJson(gamedayJson(gameday)));
  } catch (thrown) {
    throw Failure.from(thrown, folder);
  }
}

/** How many of a game day's reports are the very bytes that it names, and are not here; fails with SignatureInvalid when one was changed. */
export async function checkReports(
  reports: string,
  { steps }: Gameday,
): Promise<{ readonly same: number; readonly absent: number }> {
  let same = 0;
  let absent = 0;
  for (const { report, reportSha256 } of steps) {
    if (report === undefined || reportSha256 === undefined || !isReportId(ledgerReports, report))
      continue;
    const file = join(reports, report, ledgerReports.file);
    const bytes = await readFile(file).catch(() => undefined); // Reports may be kept elsewhere; that is counted.
    if (bytes === undefined) absent++;
    else if (sha256(bytes) === reportSha256) same++;
    else
      throw new Failure(
        "SignatureInvalid",
        "The report was changed after the game day was signed.",
        {
          where: file,
        },
      );
  }
  return { same, absent };
}

/** The newest game day that was begun and not ended, if there is one. */
export async function unendedGameday(reports: string): Promise<Gameday | undefined> {
  for (const id of await listReports(reports, begunGamedays)) {
    const gameday = await readReport(reports, begunGamedays, id);
    if (gameday.endedAt === null) return gameday;
  }
  return undefined;
}
