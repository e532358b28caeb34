/**
 * The long run of the witness's conformance: seeded concurrent operations on each backend, every history held against the
 * linearizability checker. Real etcd and PostgreSQL servers on loopback; it ends with 1 when anything is found.
 */
import { cpus } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { systemClock } from "../../adapters/clock.ts";
import type { Witness } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { seededRandom } from "../../core/kernel/random.ts";
import { startEtcd } from "../../sandbox/servers/etcd-process.ts";
import { startPostgres } from "../../sandbox/servers/postgres-process.ts";
import type { ServerProcess } from "../../sandbox/servers/server-process.ts";
import { etcdWitnesses, postgresWitnesses } from "../../sandbox/servers/store-witnesses.ts";
import type { WitnessClock } from "../../sim/checkers/lease-linearizability.ts";
import { fakeWitness } from "../../sim/fake-witness.ts";
import { makeIo, processStreams } from "../io.ts";
import { type ConformanceResult, runConformance } from "./conformance-run.ts";

type Backend = {
  readonly connect: (holder: string) => Witness;
  readonly clock: WitnessClock;
  /** Kills and starts it again, where that means anything. */
  readonly crash?: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const backends: Readonly<Record<string, (seed: number) => Promise<Backend>>> = {
  async memory(seed) {
    const fake = fakeWitness({
      id: "memory",
      random: seededRandom(seed),
      clock: systemClock,
      remembersWrites: false,
    });
    return {
      connect: () => {
        const link = fake.connect();
        link.setFaults({ unreachablePerMille: 1, lostPerMille: 2, latePerMille: 2, lateMs: 5 });
        return link;
      },
      clock: "steady",
      stop: () => Promise.resolve(),
    };
  },
  async etcd() {
    const [server] = await startEtcd();
    if (server === undefined) throw new Failure("ProcessFailed", "etcd did not start");
    const { connect, close } = etcdWitnesses({ endpoints: [server.endpoint] });
    return {
      connect: () => connect(),
      clock: "none",
      crash: async () => {
        await server.kill();
        await startAgain(server);
      },
      stop: async () => {
        await close();
        await server.stop();
      },
    };
  },
  async postgres() {
    const server = await startPostgres();
    const { connect, close } = postgresWitnesses(server);
    return {
      connect: () => connect(),
      clock: "steady",
      crash: async () => {
        await server.kill();
        await startAgain(server);
      },
      stop: async () => {
        await close();
        await server.stop();
      },
    };
  },
};

const startTries = 5;

/** On a machine that does much else a start may take longer than it is waited for; nothing is judged by that. */
async function startAgain(server: ServerProcess): Promise<void> {
  let up = server.start();
  for (let left = startTries; left > 0; left--) {
    const isUp = await up.then(
      () => true,
      () => false,
    );
    if (isUp) return;
    up = server.ready();
  }
  await up;
}

type Options = {
  readonly backend: readonly string[];
  readonly operations: number;
  readonly clients: number;
  readonly seed: number;
  readonly crashEvery?: number;
  readonly output: "text" | "json";
};

async function measure(options: Options): Promise<void> {
  const io = makeIo(options.output, processStreams);
  const results: {
    readonly backend: string;
    readonly crashes: number;
    readonly result: ConformanceResult;
  }[] = [];
  for (const backend of options.backend) {
    const start = backends[backend];
    if (start === undefined) throw new Failure("UsageInvalid", `there is no backend ${backend}`);
    const made = await start(options.seed);
    const crashing = crashesOf(made, options.crashEvery);
    try {
      const { operations, clients, seed } = options;
      const onProgress = (line: string): void => io.progress(line);
      const { connect, clock } = made;
      const run = { connect, clock, operations, clients, seed, name: backend, onProgress };
      const result = await runConformance(run);
      results.push({ backend, crashes: await crashing.stop(), result });
    } finally {
      await crashing.stop();
      await made.stop();
    }
  }
  const rows = results.map(({ backend, crashes, result }) => rowOf(backend, crashes, result));
  const machine = `Node ${process.versions.node}, ${cpus().length} processors, ${options.clients} clients, seed ${options.seed}.`;
  const wrong = results.flatMap(({ backend, result }) =>
    result.violations.map(
      ({ reason, slot, rev, because }) =>
        `${backend}: ${reason} at revision ${rev} of ${slot}: ${because}`,
    ),
  );
  io.result(
    {
      results: results.map(({ result, ...rest }) => ({
        ...rest,
        ...result,
        violations: [...result.violations],
      })),
    },
    [
      machine,
      "",
      ...head,
      ...rows,
      "",
      ...(wrong.length === 0 ? ["No violation."] : wrong),
      "",
    ].join("\n"),
  );
  if (wrong.length > 0) process.exitCode = 1;
}

/** Kills the server again and again while the workload goes on. */
function crashesOf(
  { crash }: Backend,
  everySeconds: number | undefined,
): { stop(): Promise<number> } {
  let count = 0;
  const stopping = new AbortController();
  const loop = async (): Promise<void> => {
    if (crash === undefined || everySeconds === undefined) return;
    for (;;) {
      await systemClock.sleep(everySeconds * 1_000, stopping.signal);
      if (stopping.signal.aborted) return;
      await crash();
      count += 1;
    }
  };
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
      return count;
    },
  };
}

const head = [
  "| backend | operations | done | refused | unknown | kill -9 | seconds | a second | judging |",
  "|---|---|---|---|---|---|---|---|---|",
];

function rowOf(backend: string, crashes: number, of: ConformanceResult): string {
  const { operations, writes, refusals, unknown, seconds, checkSeconds } = of;
  const rate = (operations / seconds).toFixed(0);
  const cells = [
    backend,
    operations,
    writes,
    refusals,
    unknown,
    crashes,
    seconds.toFixed(0),
    rate,
    `${checkSeconds.toFixed(1)} s`,
  ];
  return `| ${cells.join(" | ")} |`;
}

function count(text: string): number {
  const value = Number(text);
  if (/^[0-9]{1,9}$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError("It is a whole number from 1 on.");
}

const program = new Command("witness-conformance")
  .description(
    "Hold concurrent histories of each witness backend against the linearizability checker.",
  )
  .addOption(
    new Option("--backend <name...>", "memory, etcd, postgres").default(
      Object.keys(backends),
      "all",
    ),
  )
  .option("--operations <count>", "operations on each backend", count, 1_000_000)
  .option("--clients <count>", "clients at once", count, 16)
  .option("--seed <number>", "seed of the workload", count, 1)
  .option("--crash-every <seconds>", "kill -9 the server that often while it works", count)
  .option("-o, --output <format>", "text or json", "text")
  .action(async (options: Options) => {
    try {
      await measure(options);
    } catch (thrown) {
      const failure = Failure.from(thrown, "witness-conformance");
      makeIo(options.output, processStreams).failure(failure);
      process.exitCode = failure.facts.exitCode;
    }
  });
// Leaving by `exit` takes the servers' folders away; the servers themselves die with us whatever happens.
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(130));
await program.parseAsync();
