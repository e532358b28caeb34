/** Asking name servers over DNS what they answer, and judging it against the plan. Nothing is repaired here. */
import { type AnswerJudgement, judgeAnswer } from "../../core/dns/answer.ts";
import { type AddressType, addressTypes } from "../../core/dns/idioms.ts";
import type { DesiredApplication } from "../../core/dns/zone.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { makeAbort } from "../abort.ts";
import type { DnsClient, Signal } from "../env.ts";
import type { Server } from "./ports.ts";

export type Asked = {
  readonly fqdn: string;
  readonly type: AddressType;
  readonly expected: readonly string[];
  readonly judgement: AnswerJudgement;
};

export type ServerAnswers = {
  readonly asked: readonly Asked[];
  /** Set when the server answered nothing at all. */
  readonly silent: Failure | undefined;
};

/** Questions to one server that are under way at a time. */
const questionsAtOnce = 16;
const triesPerQuestion = 2;
const unansweredMax = 3;

/** Asks one server for A and AAAA of each Application; gives up on it after three questions without answer. */
export async function askServer(
  dns: DnsClient,
  server: Server,
  applications: readonly DesiredApplication[],
  signal?: Signal,
): Promise<ServerAnswers> {
  // One listener on the caller's signal, however many questions are under way.
  const ending = makeAbort();
  const end = (): void => ending.abort();
  if (signal?.aborted === true) end();
  signal?.addEventListener("abort", end, { once: true });
  try {
    return await askAll(dns, server, applications, ending.signal);
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

async function askAll(
  dns: DnsClient,
  server: Server,
  applications: readonly DesiredApplication[],
  signal: Signal,
): Promise<ServerAnswers> {
  const questions = applications.flatMap((application) =>
    addressTypes.map((type) => ({ application, type })),
  );
  const asked: Asked[] = [];
  const unanswered: Failure[] = [];
  // The first question goes alone: a server that is away costs one wait, not sixteen.
  let size = 1;
  for (let at = 0; at < questions.length && unanswered.length < unansweredMax; at += size) {
    size = at === 0 ? 1 : questionsAtOnce;
    const outcomes = await Promise.all(
      questions
        .slice(at, at + size)
        .map(({ application, type }) => ask(dns, server, application, type, signal)),
    );
    for (const outcome of outcomes) {
      if (outcome instanceof Failure) unanswered.push(outcome);
      else asked.push(outcome);
    }
    if (asked.length === 0 || signal.aborted) break;
  }
  return { asked, silent: asked.length === 0 ? unanswered[0] : undefined };
}

async function ask(
  dns: DnsClient,
  server: Server,
  application: DesiredApplication,
  type: AddressType,
  signal: Signal,
): Promise<Asked | Failure> {
  const { fqdn } = application;
  const expected = application.expected[type];
  let failure = new Failure("TimedOut", `${server.id} was not asked`, { where: server.id });
  for (let attempt = 0; attempt < triesPerQuestion; attempt++) {
    try {
      const answer = await dns.query(server.endpoint, `${fqdn}.`, type, signal);
      return { fqdn, type, expected, judgement: judgeAnswer(type, expected, answer) };
    } catch (thrown) {
      failure = Failure.from(thrown, server.id);
      if (failure.code === "Cancelled") break;
    }
  }
  return failure;
}
