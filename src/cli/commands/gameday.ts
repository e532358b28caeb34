/** `sovereign gameday`: the drills of data one after the other, resumable, with one signed report. */
import { dirname, join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { systemClock } from "../../adapters/clock.ts";
import { systemRandom } from "../../adapters/random.ts";
import { readReport } from "../../adapters/reports/report-folder.ts";
import { begunGamedays, signedGamedays } from "../../adapters/reports/report-forms.ts";
import { readSigned, signingKey } from "../../adapters/reports/signed-file.ts";
import {
  type Gameday,
  type GamedayStep,
  gamedayAnswer,
  gamedayJson,
  gamedayKinds,
  gamedaySchema,
  gamedayVerdict,
  gamedayVersion,
} from "../../core/drill/gameday.ts";
import { type LedgerKind, ledgerKindFacts, ledgerKinds } from "../../core/drill/ledger-kinds.ts";
import { ledgerQuantity } from "../../core/drill/ledger-rows.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { newId } from "../../core/kernel/ids.ts";
import { withDrillJournal } from "../../sandbox/drill/conduct-drill.ts";
import { ledgerDrill } from "../../sandbox/drill/ledger-drill.ts";
import {
  checkReports,
  type FinishedGameday,
  runGameday,
  unendedGameday,
} from "../../sandbox/drill/run-gameday.ts";
import { stateFolder } from "../../sandbox/settings.ts";
import { type Context, group, type Run } from "../command.ts";
import { type Places, reportsFolder, shownPath, withPlaces } from "../drill/places.ts";
import { type Io, paint } from "../io.ts";

type Options = Places & {
  readonly only: readonly LedgerKind[];
  readonly profile: Gameday["profile"];
  readonly resume?: string | true;
  readonly key?: string;
};

const help = `
It works on a sandbox that is up (npm run up -- --fast for the fast profile), and asks for nothing but time. Each drill
restores what it broke, also on Ctrl-C and when this process is killed. The day ends at the first drill after which
something was lost, two regions wrote, or not everything is as before. It ends with 30 (PropertyViolated) or 12 then.

The report gameday.json is signed with an Ed25519 key; one is made in the state folder unless --key names yours.

Examples:
  $ npx sovereign gameday
  $ npx sovereign gameday --only region-kill,witness-loss,failback
  $ npx sovereign gameday --resume
  $ npx sovereign gameday verify gameday-mi6x1k9q20a7`;

/** The command with `verify` below it. */
export function gamedayCommand(run: Run): Command {
  const command = group(
    "gameday",
    "Run the drills of data one after the other and sign the report.",
  )
    .option("--only <kinds>", "kinds of drills, by commas, in this order", readKinds, gamedayKinds)
    .addOption(
      new Option("--profile <profile>", "fast shortens what lasts long, and says so")
        .choices(["fast", "full"])
        .default("fast"),
    )
    .option(
      "--resume [id]",
      "go on with a day that was begun (default: the newest that has not ended)",
    )
    .option("--key <file>", "Ed25519 key, PKCS 8 in PEM (default: gameday.pem in the state folder)")
    .addHelpText("after", help);
  withPlaces(command).action((options: Options, self: Command) =>
    run(self, (context) => gameday(options, context)),
  );
  command.addCommand(verifyCommand(run));
  return command;
}

function readKinds(text: string): readonly LedgerKind[] {
  return text.split(",").map((word) => {
    const kind = ledgerKinds.find((one) => one === word.trim());
    if (kind === undefined)
      throw new InvalidArgumentError(`"${word}" is none of ${ledgerKinds.join(", ")}.`);
    return kind;
  });
}

async function gameday(options: Options, { io, signal }: Context): Promise<void> {
  const state = stateFolder(options.state);
  const reports = reportsFolder(options);
  const key = await signingKey(
    options.key ?? join(state, "keys", "gameday.pem"),
    options.key === undefined,
  );
  const finished = await runGameday(
    {
      clock: systemClock,
      reports,
      key,
      progress: io.progress,
      record: (data) =>
        withDrillJournal(state, (journal) => journal.append({ type: "drill.gamedaySigned", data })),
      drill: (kind, fast) =>
        ledgerDrill({
          state,
          reports,
          wish: { kind, region: undefined, fast },
          signal,
          progress: (line) => io.progress(`  ${line}`),
        }),
    },
    await begunGameday(options, reports),
  );
  io.result(dataOf(finished), textOf(finished, io));
  failUnlessPassed(finished.gameday);
}

async function begunGameday(options: Options, reports: string): Promise<Gameday> {
  const { only, profile, resume } = options;
  if (typeof resume === "string") return readReport(reports, begunGamedays, resume);
  if (resume === true) {
    const unended = await unendedGameday(reports);
    if (unended !== undefined) return unended;
    throw new Failure("NotFound", "There is no game day to go on with.", {
      where: reports,
      remedy: "Begin one with `npx sovereign gameday`.",
    });
  }
  const nowMs = systemClock.nowMs();
  return {
    version: gamedayVersion,
    id: newId("gameday", nowMs, systemRandom),
    startedAt: new Date(nowMs).toISOString(),
    endedAt: null,
    profile,
    kinds: [...new Set(only)],
    steps: [],
  };
}

function failUnlessPassed(day: Gameday): void {
  const verdict = gamedayVerdict(day);
  const answer = gamedayAnswer(day);
  const where = day.id;
  if (verdict === "unsafe") throw new Failure("PropertyViolated", answer, { where });
  const isLacking = day.steps.some(({ result }) => result === "missed") || day.endedAt === null;
  if (isLacking) throw new Failure("BoundMissed", answer, { where });
}

function verifyCommand(run: Run): Command {
  const command = group(
    "verify",
    "Check the signature of a game day's report, and each drill's report by its hash.",
  );
  command.argument("<id>", "id of the game day, or path of its gameday.json");
  // The options of the places are those of the command above, wherever they stand.
  return command.action((id: string, _: unknown, self: Command) =>
    run(self, async ({ io }) => {
      const reports = reportsFolder(self.optsWithGlobals<Places>());
      const file = id.endsWith(".json") ? id : join(reports, id, signedGamedays.file);
      const { text, fingerprint } = await readSigned(file);
      const parsed = gamedaySchema.safeParse(JSON.parse(text));
      if (!parsed.success)
        throw new Failure(
          "DocumentInvalid",
          "The file is signed, and no game day of this version.",
          { where: file },
        );
      const { same, absent } = await checkReports(dirname(dirname(file)), parsed.data);
      const answer = gamedayAnswer(parsed.data);
      const verdict = gamedayVerdict(parsed.data);
      const told = `${same} reports are as they were signed, ${absent} are not here`;
      io.result(
        { id: parsed.data.id, verdict, answer, fingerprint, same, absent, file: shownPath(file) },
        `${paint(io, "green", "✓")} signed by ${fingerprint}\n  ${told}\n  ${verdict}: ${answer}`,
      );
    }),
  );
}

function dataOf({ gameday: day, json, html, fingerprint }: FinishedGameday) {
  return {
    gameday: gamedayJson(day),
    verdict: gamedayVerdict(day),
    answer: gamedayAnswer(day),
    fingerprint,
    files: { json: shownPath(json), html: shownPath(html) },
  };
}

function textOf({ gameday: day, json, html, fingerprint }: FinishedGameday, io: Io): string {
  const dim = (text: string): string => paint(io, "dim", text);
  return [
    paint(io, "bold", gamedayAnswer(day)),
    "",
    ...day.steps.flatMap((step) => stepLines(step, io)),
    "",
    dim(`  signed by ${fingerprint}`),
    dim(`  ${shownPath(html)}`),
    dim(`  ${shownPath(json)}`),
  ].join("\n");
}

function stepLines(step: GamedayStep, io: Io): readonly string[] {
  const { kind, result, because, rtoMs = null, writeGapMs = null, lost = null } = step;
  const marks = {
    passed: paint(io, "green", "✓"),
    missed: paint(io, "red", "✗"),
    unsafe: paint(io, "red", "✗"),
    notDone: "·",
  };
  const numbers = [
    ...(rtoMs === null ? [] : [`RTO ${ledgerQuantity("ms", rtoMs)}`]),
    ...(writeGapMs === null ? [] : [`gap ${ledgerQuantity("ms", writeGapMs)}`]),
    ...(step.acknowledged === undefined
      ? []
      : [`lost ${lost ?? "unknown"} of ${step.acknowledged}`]),
  ];
  const told = result === "passed" ? ledgerKindFacts[kind].expects : because.join("; ");
  const word = result === "notDone" ? "not done" : result;
  return [
    `${marks[result]} ${kind.padEnd(19)} ${word.padEnd(8)}  ${numbers.join(" · ")}`,
    paint(io, "dim", `    ${told}`),
  ];
}
