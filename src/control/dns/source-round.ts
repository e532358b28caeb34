/** The source's part of a round: read it, and journal a new revision and the mistakes that are new in it. */
import { documentBroken, revisionRead } from "../../core/dns/events.ts";
import { AssertionError } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { describeProblem } from "../../core/resources/document.ts";
import type { Env, Signal } from "../env.ts";
import { appendAll } from "./append-all.ts";
import { fallbackRound } from "./fallback-round.ts";
import { gather, type Intent } from "./gather.ts";
import type { Memory } from "./memory.ts";
import type { DnsOptions, DnsPorts } from "./ports.ts";

/** The memory after the source was read; when it can not be read, work goes on from what is known. */
export async function sourceRound(
  env: Env,
  ports: DnsPorts,
  options: DnsOptions,
  memory: Memory,
  signal: Signal,
): Promise<Memory> {
  const { fallback, events } = fallbackRound(ports, memory);
  await appendAll(env.journal, events);
  const read = await readSource(ports, memory, fallback, signal);
  if (read instanceof Failure) {
    if (memory.failure?.message !== read.message) env.log.warn(read.message, { code: read.code });
    return { ...memory, fallback, failure: read };
  }
  env.metrics.gauge("sovereign_source_stale", read.stale === undefined ? 0 : 1);
  const failure = objectionToCluster(read, options.cluster);
  if (failure !== undefined && memory.failure?.message !== failure.message) {
    env.log.warn(failure.message, { code: failure.code });
  }
  if (memory.intent?.revision === read.revision)
    return { ...memory, fallback, intent: read, failure };
  env.metrics.gauge("sovereign_source_problems", read.catalogue.problems.length);
  env.metrics.gauge("sovereign_dns_checks_planned", read.desired?.checks.planned ?? 0);
  await env.journal.append(
    revisionRead({
      revision: read.revision,
      before: memory.intent?.revision,
      applications: read.catalogue.applications.length,
      problems: read.catalogue.problems.length,
    }),
  );
  const toldProblems = new Set<string>();
  for (const problem of read.catalogue.problems) {
    const line = describeProblem(problem);
    if (!memory.toldProblems.has(line) && !toldProblems.has(line)) {
      await env.journal.append(documentBroken(read.revision, problem));
      env.log.warn("a document is wrong", { problem: line });
    }
    toldProblems.add(line);
  }
  return { ...memory, fallback, intent: read, toldProblems, failure };
}

async function readSource(
  ports: DnsPorts,
  memory: Memory,
  fallback: Memory["fallback"],
  signal: Signal,
): Promise<Intent | Failure> {
  const before = memory.intent?.options.fallbackOrders;
  const isSame = fallback === memory.fallback && (before !== undefined || fallback.size === 0);
  const orders = new Map([...fallback].map(([application, { order }]) => [application, order]));
  const options = isSame ? (memory.intent?.options ?? {}) : { fallbackOrders: orders };
  try {
    return await gather(ports.source, memory.intent, options, signal);
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown;
    return Failure.from(thrown, "the source of documents");
  }
}

function objectionToCluster(intent: Intent, cluster: string): Failure | undefined {
  const { sovereign } = intent.catalogue;
  if (sovereign === undefined) {
    return new Failure("DocumentInvalid", "no valid Sovereign is declared; nothing is changed", {
      remedy: "Declare exactly one Sovereign, or mend the one that is named in the problems.",
    });
  }
  const clusters = sovereign.spec.regions.map((region) => region.cluster);
  if (clusters.includes(cluster)) return undefined;
  return new Failure(
    "ConfigInvalid",
    `the Sovereign has no region ${cluster} (it has ${clusters.join(", ")})`,
    { field: "cluster", remedy: "Correct `cluster` in the control configuration." },
  );
}
