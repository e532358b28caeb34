/**
 * `npm run bench:failover -- --kills 200`: the active region killed again and again in a sandbox that is up, each time measured by
 * the ledger client. Resumable: every kill is one line of a file. It measures and prints; it judges nothing.
 */
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { bucketsOf, histogramText, spreadOf } from "../../core/drill/histogram.ts";
import { ledgerProfileSchema, targetMs } from "../../core/drill/ledger-prediction.ts";
import type { LedgerReport } from "../../core/drill/ledger-report.ts";
import { humanDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { ledgerDrill } from "../../sandbox/drill/ledger-drill.ts";
import { stateFolder } from "../../sandbox/settings.ts";
import { makeIo, processStreams } from "../io.ts";

const killSchema = z.object({
  report: z.string(),
  at: z.string(),
  profile: ledgerProfileSchema,
  rtoMs: z.int().nullable(),
  writeGapMs: z.int(),
  predictedMs: z.number().nullable(),
  acknowledged: z.int(),
  lost: z.int().nullable(),
  overlapMs: z.int(),
  wholeAfterMs: z.int().nullable(),
  verdict: z.string(),
});
type Kill = z.infer<typeof killSchema>;

type Options = {
  readonly kills: number;
  readonly state: string;
  readonly results?: string;
  readonly output: "text" | "json";
};

const bucketsMax = 16;

function killOf(report: LedgerReport): Kill {
  const { measured, profile, rows, wholeAgain, verdict } = report;
  const { rtoMs, writeGapMs, acknowledged, lost, overlapMs } = measured;
  return {
    ...{ rtoMs, writeGapMs, acknowledged, lost, overlapMs, profile, verdict },
    report: report.id,
    at: report.times.brokenAt,
    predictedMs: rows.find(({ id }) => id === "rto")?.predicted ?? null,
    wholeAfterMs: wholeAgain.afterMs,
  };
}

/** The kills that an earlier run kept; a last line that was cut off is left out. */
async function earlierKills(file: string): Promise<Kill[]> {
  const text = await readFile(file, "utf8").catch(() => ""); // Without a file there was none.
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => killSchema.parse(JSON.parse(line)));
}

async function killAgainAndAgain(
  options: Options & { readonly file: string; readonly signal: AbortSignal },
  say: (line: string) => void,
): Promise<readonly Kill[]> {
  const { kills, file, state, signal } = options;
  const done = await earlierKills(file);
  await mkdir(dirname(file), { recursive: true });
  if (done.length > 0) say(`${done.length} kills are measured already.`);
  while (done.length < kills) {
    const { report } = await ledgerDrill({
      state,
      reports: undefined,
      wish: { kind: "region-kill", region: undefined, fast: false },
      signal,
      progress: () => undefined,
    });
    const kill = killOf(report);
    await appendFile(file, `${JSON.stringify(kill)}\n`);
    done.push(kill);
    const rto = kill.rtoMs === null ? "never" : humanDurationMs(kill.rtoMs);
    say(
      `${done.length} of ${kills}: RTO ${rto}, lost ${kill.lost ?? "unknown"} of ${kill.acknowledged}`,
    );
    if (kill.wholeAfterMs === null)
      throw new Failure(
        "DrillRefused",
        "The sandbox is not as it was before; the bench goes on once it is.",
        {
          where: kill.report,
          remedy: "Look at `npx sovereign sandbox status`, then run the same command again.",
        },
      );
  }
  return done;
}

/** The measurements as text: histogram, percentiles, and their ratio to what was predicted and to the target. */
function text(kills: readonly Kill[]): string {
  const rtos = kills.flatMap(({ rtoMs }) => (rtoMs === null ? [] : [rtoMs]));
  const spread = spreadOf(rtos);
  const [first] = kills;
  if (spread === undefined || first === undefined) return "No kill led to a failover.";
  const ratios = spreadOf(
    kills.flatMap(({ rtoMs, predictedMs }) =>
      rtoMs === null || predictedMs === null || predictedMs === 0 ? [] : [rtoMs / predictedMs],
    ),
  );
  const target = targetMs("region-kill", first.profile);
  const acknowledged = kills.reduce((sum, kill) => sum + kill.acknowledged, 0);
  const lost = kills.reduce((sum, kill) => sum + (kill.lost ?? 0), 0);
  const unread = kills.filter((kill) => kill.lost === null).length;
  const overlapping = kills.filter(({ overlapMs }) => overlapMs > 0).length;
  return [
    `${kills.length} kills, lease ${first.profile.lease.ttlMs / 1_000} s, probe interval ${first.profile.probeIntervalMs / 1_000} s, TTL ${first.profile.recordTtlMs / 1_000} s.`,
    "",
    ...histogramText(bucketsOf(rtos, bucketsMax), humanDurationMs),
    "",
    `RTO: p50 ${humanDurationMs(spread.p50)}, p99 ${humanDurationMs(spread.p99)}, from ${humanDurationMs(spread.min)} to ${humanDurationMs(spread.max)}; ${kills.length - spread.count} without a failover.`,
    ...(target === undefined
      ? []
      : [`p99 is × ${(spread.p99 / target).toFixed(2)} of the target ${humanDurationMs(target)}.`]),
    ...(ratios === undefined
      ? []
      : [
          `Measured over predicted: p50 × ${ratios.p50.toFixed(2)}, from × ${ratios.min.toFixed(2)} to × ${ratios.max.toFixed(2)}.`,
        ]),
    `Lost: ${lost} of ${acknowledged} acknowledged writes; ${unread} runs could not be read. Two writers in ${overlapping} runs.`,
    "",
  ].join("\n");
}

function count(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1 || number > 100_000)
    throw new InvalidArgumentError("It has to be a number from 1 to 100000.");
  return number;
}

const command = new Command("bench:failover")
  .description("Kill the active region of the running sandbox again and again, and measure.")
  .option("--kills <count>", "how many kills, those of earlier runs among them", count, 5)
  .option("--state <folder>", "state folder of the sandbox", ".sovereign")
  .option(
    "--results <file>",
    "file of one line a kill (default: bench/failover-kills.ndjson in the state folder)",
  )
  .option("--output <format>", "text or json", "text")
  .action(async (options: Options) => {
    const io = makeIo(options.output, processStreams);
    const stop = new AbortController();
    process.once("SIGINT", () => stop.abort());
    process.once("SIGTERM", () => stop.abort());
    const state = stateFolder(options.state);
    const file = options.results ?? join(state, "bench", "failover-kills.ndjson");
    try {
      const kills = await killAgainAndAgain(
        { ...options, state, file, signal: stop.signal },
        io.progress,
      );
      io.result({ kills: kills.map(({ profile, ...kill }) => ({ ...kill })) }, text(kills));
    } catch (thrown) {
      const failure = Failure.from(thrown, "bench:failover");
      io.failure(failure);
      process.exitCode = failure.facts.exitCode;
    }
  });

await command.parseAsync();
