/**
 * A game day against a running sandbox: one drill after the other, kept after each, so that it goes on where it was. It ends with
 * the first unsafe state, and whatever ends it, the drill of that moment restores what it broke.
 */
import { createHash, type KeyObject } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../control/env.ts";
import {
  endsTheDay,
  type Gameday,
  type GamedayStep,
  gamedayJson,
  gamedaySchema,
  kindsLeft,
  stepOf,
} from "../../core/drill/gameday.ts";
import { type LedgerKind, ledgerKindFacts } from "../../core/drill/ledger-kinds.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { canonicalJson } from "../../core/kernel/json.ts";
import { renderGamedayHtml } from "./html/render-gameday-html.ts";
import type { FinishedLedgerDrill } from "./ledger-drill.ts";
import { isLedgerId } from "./ledger-files.ts";
import { type Signed, writeSigned } from "./signed-file.ts";

export type GamedayTools = {
  readonly clock: Clock;
  /** Folder of the reports. */
  readonly reports: string;
  readonly key: KeyObject;
  readonly progress: (line: string) => void;
  readonly drill: (kind: LedgerKind, fast: boolean) => Promise<FinishedLedgerDrill>;
};

export type FinishedGameday = Signed & {
  readonly gameday: Gameday;
  readonly json: string;
  readonly html: string;
};

const idPattern = /^gameday-[0-9a-z]{8,20}$/;

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
  await keep(tools.reports, gameday);
  return sign(tools, gameday);
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
  const json = join(folder, "gameday.json");
  const html = join(folder, "gameday.html");
  try {
    const signed = await writeSigned(json, canonicalJson(gamedayJson(gameday)), tools.key);
    await writeFile(html, renderGamedayHtml(gameday, signed.fingerprint));
    return { ...signed, gameday, json, html };
  } catch (thrown) {
    throw Failure.from(thrown, folder);
  }
}

/** What was done so far, written beside the old one and renamed, so that it is always whole. */
async function keep(reports: string, gameday: Gameday): Promise<void> {
  const folder = join(reports, gameday.id);
  const file = join(folder, "progress.json");
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(`${file}.new`, canonicalJson(gamedayJson(gameday)));
    await rename(`${file}.new`, file);
  } catch (thrown) {
    throw Failure.from(thrown, folder);
  }
}

/** A game day that was begun; fails with NotFound, or DocumentInvalid when the file is of another version. */
export async function readGameday(reports: string, id: string): Promise<Gameday> {
  const file = join(reports, id, "progress.json");
  const notFound = (): Failure =>
    new Failure("NotFound", `There is no game day ${id}.`, {
      where: reports,
      remedy: "Begin one with `npx sovereign gameday`.",
    });
  if (!idPattern.test(id)) throw notFound();
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") throw notFound(); // Thrown by node:fs.
    throw Failure.from(thrown, file);
  }
  try {
    return gamedaySchema.parse(JSON.parse(text));
  } catch (thrown) {
    throw new Failure("DocumentInvalid", "The file is not a game day of this version.", {
      where: file,
      remedy: "Begin another one.",
      cause: thrown,
    });
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
    if (report === undefined || reportSha256 === undefined || !isLedgerId(report)) continue;
    const file = join(reports, report, "report.json");
    const bytes = await readFile(file).catch(() => undefined); // Reports may be kept elsewhere; that is counted.
    if (bytes === undefined) absent++;
    else if (createHash("sha256").update(bytes).digest("hex") === reportSha256) same++;
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
  const names = await readdir(reports).catch(() => []); // Without a folder there is none.
  for (const name of names
    .filter((one) => idPattern.test(one))
    .sort()
    .reverse()) {
    const gameday = await readGameday(reports, name);
    if (gameday.endedAt === null) return gameday;
  }
  return undefined;
}
