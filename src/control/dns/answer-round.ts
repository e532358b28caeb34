/** The answers' part of a round: every server of the Sovereign is asked, and what turned is journalled. */
import { answerJudged, serverHeard } from "../../core/dns/events.ts";
import type { DesiredApplication } from "../../core/dns/zone.ts";
import type { Signal } from "../env.ts";
import { appendAll } from "./append-all.ts";
import type { WholeIntent } from "./gather.ts";
import { type AnswerMemory, type Memory, type ServerMemory, serverMemory } from "./memory.ts";
import type { Server, World } from "./ports.ts";
import { type Asked, askServer, type ServerAnswers } from "./verify.ts";

/** Applications asked for in one round; beyond it they take turns. */
const applicationsPerRound = 1_000;

/** The memory after every server was asked for the answers. */
export async function answerRound(
  world: World,
  intent: WholeIntent,
  memory: Memory,
  signal: Signal,
): Promise<Memory> {
  const applications = intent.desired.applications;
  const slice = sliceOf(applications, memory.askFrom);
  const servers = new Map(memory.servers);
  const answers = new Map<string, ReadonlyMap<string, AnswerMemory>>();
  const heard = await Promise.all(
    intent.servers.map((server) => askServer(world.ports.dns, server, slice, signal)),
  );
  for (const [index, server] of intent.servers.entries()) {
    const found = heard[index] ?? { asked: [], silent: undefined };
    const known = serverMemory({ ...memory, servers }, server);
    servers.set(server.id, await tellSilence(world, server, known, found));
    const before = memory.answers.get(server.id) ?? new Map<string, AnswerMemory>();
    const after = await tellAnswers(world, server, before, found.asked);
    const names = new Set(applications.map(({ fqdn }) => fqdn));
    const kept = [...after].filter(([, answer]) => names.has(answer.fqdn));
    answers.set(server.id, new Map(kept));
    const wrong = kept.filter(([, answer]) => !answer.judgement.right).length;
    world.env.metrics.gauge("sovereign_dns_answers_wrong", wrong, { server: server.id });
  }
  const askFrom =
    applications.length === 0 ? 0 : (memory.askFrom + slice.length) % applications.length;
  return { ...memory, servers, answers, askFrom };
}

/** At most a round's worth of Applications, from where the last round ended, around the end. */
function sliceOf(
  applications: readonly DesiredApplication[],
  from: number,
): readonly DesiredApplication[] {
  if (applications.length <= applicationsPerRound) return applications;
  return [...applications.slice(from), ...applications.slice(0, from)].slice(
    0,
    applicationsPerRound,
  );
}

async function tellSilence(
  { env, options }: World,
  server: Server,
  before: ServerMemory,
  { asked, silent }: ServerAnswers,
): Promise<ServerMemory> {
  if (silent?.code === "Cancelled" || (silent === undefined && asked.length === 0)) return before;
  // A server of another region is known by its DNS alone; ours by its API.
  const reachable = server.cluster === options.cluster ? before.reachable : silent === undefined;
  const toldSilent = silent !== undefined;
  if (toldSilent !== before.toldSilent) {
    const because = silent?.message ?? "it answers again";
    await env.journal.append(serverHeard(server.id, !toldSilent, because));
    env.log.warn(toldSilent ? "a name server is silent" : "a name server answers again", {
      server: server.id,
      because,
    });
  }
  return { ...before, reachable, toldSilent };
}

async function tellAnswers(
  { env, options }: World,
  server: Server,
  before: ReadonlyMap<string, AnswerMemory>,
  asked: readonly Asked[],
): Promise<ReadonlyMap<string, AnswerMemory>> {
  const nowMs = env.clock.monotonicMs();
  // Another region takes up a commit in its own time; that moment is not worth an event.
  const patienceMs = server.cluster === options.cluster ? 0 : options.reconcileMs;
  const after = new Map(before);
  const turned: Asked[] = [];
  for (const one of asked) {
    const key = `${one.fqdn} ${one.type}`;
    const was = before.get(key);
    const { right } = one.judgement;
    const wrongSinceMs = right ? undefined : (was?.wrongSinceMs ?? nowMs);
    const toldWrong = wrongSinceMs !== undefined && nowMs - wrongSinceMs >= patienceMs;
    if (toldWrong !== (was?.toldWrong ?? false)) turned.push(one);
    after.set(key, { ...one, wrongSinceMs, toldWrong });
  }
  await appendAll(
    env.journal,
    turned.map((one) => answerJudged({ server: server.id, ...one })),
  );
  for (const { fqdn, type, judgement } of turned) {
    if (judgement.right) continue;
    const { because } = judgement;
    const fields = { server: server.id, name: fqdn, type, because };
    env.log.warn("a name server answers outside the plan", fields);
  }
  return after;
}
