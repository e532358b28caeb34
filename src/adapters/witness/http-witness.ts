/**
 * The witness over HTTP: signs what it asks, and believes an answer only when it fits the question and all answers before it
 * (ADR 22). The time that it signs is the witness's own, learned from its answers, so no clock of ours has to be right.
 */
import { createHmac } from "node:crypto";
import type { Clock, Signal, Witness } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { historyPath, isSlotName, type LeaseGrant, leasePath } from "../../core/lease/protocol.ts";
import type { WitnessCredential } from "../../core/lease/protocol-credentials.ts";
import {
  parseAnswer,
  parseHistory,
  parseProblem,
  parseView,
  type WireAnswer,
  type WireView,
} from "../../core/lease/protocol-reply.ts";
import { requestBody } from "../../core/lease/protocol-request.ts";
import { authorizationHeader, signedText } from "../../core/lease/protocol-signature.ts";
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseRequest } from "../../core/lease/request.ts";
import { objectionTo } from "../../core/lease/request-bounds.ts";
import { printable } from "../../core/resources/document.ts";
import { registerSecret } from "../secrets.ts";
import { contradictionIn, misfitOf } from "./answer-checks.ts";
import {
  type HttpAnswer,
  type HttpTransport,
  httpTransport,
  type TrustedCa,
} from "./http-transport.ts";

export type HttpWitnessOptions = {
  /** `https://witness.example.org`; plain HTTP to loopback only. */
  readonly url: string;
  /** Asked before each request, so that a replaced credential is taken up. */
  readonly readCredential: () => Promise<WitnessCredential>;
  /** Limit of one request, repetitions included. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Bundle of certificates in PEM, or what reads it, when the witness's is not signed by one that Node knows. */
  readonly ca?: TrustedCa;
};

export type HttpWitness = Witness & {
  /** The record with the time that it has left by the witness's clock. Fails as `read` does. */
  view(slot: string, signal?: Signal): Promise<WireView>;
  /** The last grants of the slot, newest first. Fails as `read` does. */
  history(slot: string, signal?: Signal): Promise<readonly LeaseGrant[]>;
  close(): void;
};

type Question = {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body: string;
};

/** A witness that speaks version 2 of the protocol, on Cloudflare, under workerd or in Node. Fails with ConfigInvalid. */
export function httpWitness(options: HttpWitnessOptions): HttpWitness {
  const transport = httpTransport(options.url, options.ca);
  const put = makePut(options, transport);
  const seen = new Map<string, LeaseRecord>();
  const believe = (before: LeaseRecord | undefined, record: LeaseRecord): void => {
    const contradiction = contradictionIn(before, record);
    if (contradiction !== undefined) throw unbelievable(transport.origin, contradiction);
    // Answers can overtake each other, and the newest is not always the last.
    if (record.rev >= (seen.get(record.slot)?.rev ?? 0)) seen.set(record.slot, record);
  };
  const view = async (slot: string, signal?: Signal): Promise<WireView> => {
    checkSlot(slot, transport.origin);
    const before = seen.get(slot);
    const answer = await put({ method: "GET", path: leasePath(slot), body: "" }, signal);
    const read = answer.status === 200 ? parseView(answer.text) : undefined;
    if (read === undefined) throw notUnderstood(transport.origin, answer);
    if (read.record.slot !== slot)
      throw unbelievable(transport.origin, "it answers of another slot");
    believe(before, read.record);
    return read;
  };
  return {
    id: `witness at ${transport.origin}`,
    view,
    read: async (slot, signal) => (await view(slot, signal)).record,
    async ask(slot, request, signal) {
      checkRequest(slot, request, transport.origin);
      const before = seen.get(slot);
      const path = leasePath(slot);
      const answer = await put({ method: "POST", path, body: requestBody(request) }, signal);
      const done: WireAnswer | undefined =
        answer.status === 200 || answer.status === 409
          ? parseAnswer(answer.status, answer.text)
          : undefined;
      if (done === undefined) throw notUnderstood(transport.origin, answer);
      const misfit = misfitOf(slot, request, done.reply);
      if (misfit !== undefined) throw unbelievable(transport.origin, misfit);
      believe(before, done.reply.record);
      return done.reply;
    },
    async history(slot, signal) {
      checkSlot(slot, transport.origin);
      const answer = await put({ method: "GET", path: historyPath(slot), body: "" }, signal);
      const history = answer.status === 200 ? parseHistory(answer.text) : undefined;
      if (history === undefined) throw notUnderstood(transport.origin, answer);
      return history.grants;
    },
    close: () => transport.close(),
  };
}

/** Sends a signed question; a wrong time is learned from the refusal, and the question sent once more. */
function makePut(
  { readCredential, timeoutMs, clock }: HttpWitnessOptions,
  transport: HttpTransport,
): (question: Question, signal?: Signal) => Promise<HttpAnswer> {
  // The witness's time less our monotonic one: what our wall clock does afterwards plays no part.
  let offsetMs: number | undefined;
  const learn = (text: string): boolean => {
    const serverNowMs = serverTimeIn(text);
    if (serverNowMs !== undefined) offsetMs = serverNowMs - clock.monotonicMs();
    return serverNowMs !== undefined;
  };
  return async (question, signal) => {
    const endMs = clock.monotonicMs() + timeoutMs;
    const credential = await readCredential();
    registerSecret(credential.secret);
    const send = (): Promise<HttpAnswer> => {
      const atMs = Math.round(
        offsetMs === undefined ? clock.nowMs() : clock.monotonicMs() + offsetMs,
      );
      const exchange = { ...question, headers: headersFor(credential, { ...question, atMs }) };
      return transport.send(exchange, Math.max(1, Math.ceil(endMs - clock.monotonicMs())), signal);
    };
    const first = await send();
    const isLate = first.status === 401 && parseProblem(first.text)?.code === "ClockOutside";
    if (!learn(first.text) || !isLate) return first;
    const second = await send();
    learn(second.text);
    return second;
  };
}

function serverTimeIn(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("serverNowMs" in value)) return undefined;
    return typeof value.serverNowMs === "number" && Number.isFinite(value.serverNowMs)
      ? value.serverNowMs
      : undefined;
  } catch {
    return undefined; // Whether it is an answer at all is judged elsewhere.
  }
}

function headersFor(
  { id, secret }: WitnessCredential,
  parts: Question & { readonly atMs: number },
): Readonly<Record<string, string>> {
  const key = Buffer.from(secret, "base64");
  const signature = createHmac("sha256", key).update(signedText(parts)).digest("hex");
  const authorization = authorizationHeader({ keyId: id, atMs: parts.atMs, signature });
  return { authorization, accept: "application/json", "content-type": "application/json" };
}

function checkSlot(slot: string, where: string): void {
  if (isSlotName(slot)) return;
  throw new Failure("WitnessRefused", `no slot can be called ${JSON.stringify(printable(slot))}`, {
    where,
  });
}

function checkRequest(slot: string, request: LeaseRequest, where: string): void {
  checkSlot(slot, where);
  const objection = objectionTo(slot, request);
  if (objection !== undefined) throw new Failure("WitnessRefused", objection, { where });
}

/** What is true of everything that was asked before does not change: then it is not the witness, or not with its store. */
function unbelievable(where: string, because: string): Failure {
  return new Failure("WitnessUnreachable", `the witness's answer is not believed: ${because}`, {
    where,
    remedy:
      "Look at docs/guides/witness.md: its store was replaced, or something else answers in its place.",
  });
}

/** The failure for an answer that is none of version 2. */
function notUnderstood(where: string, { status, text }: HttpAnswer): Failure {
  const problem = parseProblem(text);
  const said = printable(problem?.detail ?? "").slice(0, 300);
  if (problem !== undefined && (status === 401 || status === 403)) {
    return new Failure("WitnessUnauthorized", `the witness refuses the credential: ${said}`, {
      where,
    });
  }
  if (problem !== undefined && status >= 400 && status < 429) {
    return new Failure("WitnessRefused", `the witness refuses the request: ${said}`, { where });
  }
  if (status === 429) {
    return new Failure(
      "WitnessUnreachable",
      "the witness takes no more requests for now (HTTP 429)",
      {
        where,
        remedy: "Its plan's quota is used up: see docs/guides/witness.md on quotas.",
      },
    );
  }
  const words = said === "" ? "something that no witness answers" : said;
  return new Failure("WitnessUnreachable", `the witness answers HTTP ${status}: ${words}`, {
    where,
  });
}
