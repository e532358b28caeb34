/** A swarm over several threads: chunks of seeds go to whoever is free; what comes back is added up in any order and is the same sum. */
import { Worker } from "node:worker_threads";
import { Failure } from "../../core/kernel/failure.ts";
import { programFile } from "../../daemon/program-file.ts";
import {
  type Chunk,
  type ChunkResult,
  runChunk,
  type Scope,
  type SwarmCounts,
  sumOf,
} from "../../sim/failover-swarm.ts";

export type SwarmOrder = {
  readonly seed: number;
  readonly schedules: number;
  readonly scope: Scope;
  readonly jobs: number;
  readonly signal: AbortSignal;
  /** After every chunk. */
  readonly progress: (done: number, failing: number) => void;
};

export type SwarmOutcome = {
  readonly counts: SwarmCounts;
  readonly failing: ChunkResult["failing"];
  readonly schedules: number;
  readonly jobs: number;
};

const chunkSize = 50;
/** A schedule leaves little that lasts: with room for what is young, it is collected a third cheaper. */
const resourceLimits = { maxYoungGenerationSizeMb: 128 } as const;
/** More failing schedules than these teach nothing new. */
const mostFailing = 20;

/** Runs it until its end, the signal, or enough failures. */
export async function runSwarm(order: SwarmOrder): Promise<SwarmOutcome> {
  let counts: SwarmCounts = {};
  const failing: ChunkResult["failing"][number][] = [];
  let next = 0;
  let done = 0;
  const take = (): Chunk | undefined => {
    const count = Math.min(chunkSize, order.schedules - next);
    if (count <= 0 || order.signal.aborted || failing.length >= mostFailing) return undefined;
    const first = order.seed + next;
    next += count;
    return { first, count, scope: order.scope };
  };
  const add = (chunk: Chunk, result: ChunkResult): void => {
    counts = sumOf(counts, result.counts);
    failing.push(...result.failing);
    done += chunk.count;
    order.progress(done, failing.length);
  };
  // Threads need the built program; from sources, and for a few schedules, this thread does it.
  const isBuilt = import.meta.url.endsWith(".js");
  const jobs = isBuilt ? Math.min(order.jobs, Math.ceil(order.schedules / chunkSize)) : 1;
  if (jobs === 1) await work(take, add, runChunk);
  else await Promise.all(Array.from({ length: jobs }, () => inThread(take, add)));
  failing.sort((one, other) => one.seed - other.seed);
  return { counts, failing, schedules: done, jobs };
}

type Take = () => Chunk | undefined;
type Add = (chunk: Chunk, result: ChunkResult) => void;

async function work(
  take: Take,
  add: Add,
  run: (chunk: Chunk) => Promise<ChunkResult>,
): Promise<void> {
  for (let chunk = take(); chunk !== undefined; chunk = take()) {
    add(chunk, await run(chunk));
    // Lets signals and progress through between two chunks.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function inThread(take: Take, add: Add): Promise<void> {
  const worker = new Worker(programFile("swarm-thread"), { resourceLimits });
  try {
    await work(take, add, (chunk) => ask(worker, chunk));
  } finally {
    await worker.terminate();
  }
}

function ask(worker: Worker, chunk: Chunk): Promise<ChunkResult> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      // One by one: a worker has listeners of its own, without which no message comes any more.
      worker.off("message", taken).off("error", failed).off("exit", ended);
      settle();
    };
    const taken = (result: ChunkResult): void => end(() => resolve(result));
    const failed = (thrown: unknown): void => end(() => reject(Failure.from(thrown, "a thread")));
    const ended = (code: number): void =>
      end(() => reject(new Failure("Unexpected", `a thread of the swarm ended with ${code}`)));
    worker.on("message", taken).on("error", failed).on("exit", ended);
    worker.postMessage(chunk);
  });
}
