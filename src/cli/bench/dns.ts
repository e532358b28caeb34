/** `npm run bench:dns`: what a large zone costs on a real PowerDNS server. It measures and prints; it judges nothing. */
import { createServer, type Server } from "node:http";
import { cpus } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { Failure } from "../../core/kernel/failure.ts";
import { makeIo, processStreams } from "../io.ts";
import { benchAddresses, benchDomain } from "./documents.ts";
import { measureAnswers } from "./measure-answers.ts";
import { measureReconcile } from "./measure-reconcile.ts";
import { startPdns } from "./pdns-process.ts";
import { type BenchResult, benchText } from "./text.ts";

type Options = {
  readonly applications: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly output: "text" | "json";
};

/** Backends that are always up, on one port of every address that the documents name. */
async function startBackends(): Promise<{ readonly port: number; readonly stop: () => void }> {
  const servers: Server[] = [];
  let port = 0;
  for (const address of benchAddresses.flat()) {
    const server = createServer((_request, response) => response.end("ok"));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, address, resolve);
    });
    servers.push(server);
    const bound = server.address();
    port = typeof bound === "object" && bound !== null ? bound.port : port;
  }
  const stop = (): void => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  return { port, stop };
}

async function bench(options: Options): Promise<void> {
  const io = makeIo(options.output, processStreams);
  const onProgress = (line: string): void => io.progress(line);
  const backend = await startBackends();
  const pdns = await startPdns(`${benchDomain}.`);
  try {
    const { applications, rounds, seconds } = options;
    const facts = { applications, rounds, port: backend.port, onProgress };
    const reconcile = await measureReconcile(pdns, facts);
    const answers = await measureAnswers(pdns, seconds, onProgress);
    const result: BenchResult = {
      pdns: pdns.version,
      node: process.versions.node,
      processors: cpus().length,
      reconcile,
      answers,
    };
    const data = {
      ...result,
      reconcile: { ...reconcile },
      answers: answers.map((one) => ({ ...one })),
    };
    io.result(data, benchText(result));
  } finally {
    await pdns.stop();
    backend.stop();
  }
}

function count(text: string): number {
  const value = Number(text);
  if (/^[0-9]{1,6}$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError("It is a whole number from 1 on.");
}

const program = new Command("bench:dns")
  .description(
    "Measure planning, writing and answering on a real PowerDNS server; asserts nothing.",
  )
  .option("--applications <count>", "Applications in the zone", count, 10_000)
  .option("--rounds <count>", "steady rounds", count, 100)
  .option("--seconds <count>", "how long each idiom is asked for", count, 10)
  .option("-o, --output <format>", "text or json", "text")
  .action(async (options: Options) => {
    try {
      await bench(options);
    } catch (thrown) {
      const failure = Failure.from(thrown, "bench:dns");
      makeIo(options.output, processStreams).failure(failure);
      process.exitCode = failure.facts.exitCode;
    }
  });
await program.parseAsync();
