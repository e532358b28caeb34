/** `npm run bench:witness`: the witness's backends beside each other, on this machine. It measures and prints; it judges nothing. */
import { cpus } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { Failure } from "../../core/kernel/failure.ts";
import { makeIo, processStreams } from "../io.ts";
import {
  type Kills,
  measureKills,
  measureRenewals,
  measureStart,
  type WitnessMeasure,
} from "./measure-witness.ts";
import { memoryMb, witnessBackends } from "./witness-backends.ts";

type Options = {
  readonly backends: readonly string[];
  readonly seconds: number;
  readonly starts: number;
  readonly kills: number;
  readonly output: "text" | "json";
};

const manyClients = 16;

async function measure(
  name: string,
  { seconds, starts, kills }: Options,
  say: (line: string) => void,
): Promise<WitnessMeasure> {
  const start = witnessBackends[name];
  if (start === undefined) throw new Failure("UsageInvalid", `no backend is called ${name}`);
  say(`${name}: starting ${starts} times`);
  const { backend, startP50Ms } = await measureStart(start, starts);
  try {
    const idleMb = await memoryMb(backend.pid());
    say(`${name}: renewing, by 1 and by ${manyClients} for ${seconds} s each`);
    const renewals = [
      await measureRenewals(backend, 1, seconds),
      await measureRenewals(backend, manyClients, seconds),
    ];
    const busyMb = await memoryMb(backend.pid());
    const measured = { name, startP50Ms, idleMb, busyMb, renewals };
    if (kills === 0) return measured;
    say(`${name}: killing ${kills} times`);
    const told = await measureKills(backend, kills, (line) => say(`${name}: ${line}`));
    return { ...measured, kills: told };
  } finally {
    await backend.stop();
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)];
}

function text(measures: readonly WitnessMeasure[]): string {
  const first = measures[0];
  const ratio = (value: number, to: number | undefined): string =>
    to === undefined || to === 0 ? "" : `× ${(value / to).toFixed(2)}`;
  const rows = measures.flatMap(({ name, renewals }) =>
    renewals.map((one, at) => [
      name,
      String(one.clients),
      one.perSecond.toFixed(0),
      ratio(one.perSecond, first?.renewals[at]?.perSecond),
      one.p50Ms.toFixed(2),
      one.p99Ms.toFixed(2),
      one.maxMs.toFixed(1),
    ]),
  );
  const memory = measures.map(({ name, startP50Ms, idleMb, busyMb }) => [
    name,
    startP50Ms.toFixed(0),
    `${idleMb.toFixed(0)} MiB`,
    `${busyMb.toFixed(0)} MiB`,
  ]);
  const kills = measures.flatMap(({ name, kills: of }) =>
    of === undefined ? [] : [killRow(name, of)],
  );
  return [
    `Node ${process.versions.node}, ${cpus().length} processors shared with whatever else runs.`,
    "",
    ...table(
      ["backend", "clients", "renewals/s", "of the first", "p50 ms", "p99 ms", "max ms"],
      rows,
    ),
    "",
    ...table(["backend", "start p50 ms", "memory at rest", "after the load"], memory),
    "",
    ...(kills.length === 0 ? [] : table(killHead, kills)),
  ].join("\n");
}

const killHead = [
  "backend",
  "kill -9",
  "acknowledged",
  "grants",
  "lost",
  "granted twice",
  "restart p50 ms",
  "max ms",
];

function killRow(name: string, of: Kills): readonly string[] {
  const { kills, acknowledged, grants, lost, twice, restartP50Ms, restartMaxMs } = of;
  const counts = [kills, acknowledged, grants, lost, twice].map(String);
  return [name, ...counts, restartP50Ms.toFixed(0), restartMaxMs.toFixed(0)];
}

async function bench(options: Options): Promise<void> {
  const io = makeIo(options.output, processStreams);
  const measures: WitnessMeasure[] = [];
  for (const name of options.backends) {
    measures.push(await measure(name, options, (line) => io.progress(line)));
  }
  const data = measures.map(({ renewals, kills, ...rest }) => ({
    ...rest,
    renewals: renewals.map((one) => ({ ...one })),
    ...(kills === undefined ? {} : { kills: { ...kills } }),
  }));
  io.result(
    { node: process.versions.node, processors: cpus().length, backends: data },
    text(measures),
  );
}

function count(least: number): (words: string) => number {
  return (words) => {
    const value = Number(words);
    if (/^[0-9]{1,6}$/.test(words) && value >= least) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} on.`);
  };
}

const names = Object.keys(witnessBackends);
const program = new Command("bench:witness")
  .description("Measure the witness's backends beside each other; asserts nothing.")
  .addOption(
    new Option("--backends <name...>", "which, the first being what the others are compared with")
      .choices(names)
      .default(names),
  )
  .option("--seconds <count>", "how long each load lasts", count(1), 5)
  .option("--starts <count>", "how often each is started", count(1), 5)
  .option("--kills <count>", "how often each is killed; 0 for not at all", count(0), 60)
  .option("-o, --output <format>", "text or json", "text")
  .action(async (options: Options) => {
    try {
      await bench(options);
    } catch (thrown) {
      const failure = Failure.from(thrown, "bench:witness");
      makeIo(options.output, processStreams).failure(failure);
      process.exitCode = failure.facts.exitCode;
    }
  });
await program.parseAsync();
