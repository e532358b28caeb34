/** What a witness answers on the wire: a lease, a refusal, the grants of a slot, a problem (RFC 9457). */
import { z } from "zod/mini";
import type { JsonObject } from "../kernel/json.ts";
import type { LeaseGrant } from "./protocol.ts";
import type { LeaseRecord } from "./record.ts";
import type { LeaseReply } from "./request.ts";

/** How a host sees a slot at a moment. */
export type LeaseView = {
  readonly record: LeaseRecord;
  /** Time left by the witness's own clock; 0 when nobody holds it or it ran out. */
  readonly expiresInMs: number;
  /** How long the witness, which has just started, will not yet treat a lease as run out; 0 as a rule. */
  readonly settlesInMs: number;
};

/** A view with the answer to a request. */
export type LeaseAnswer = LeaseView & { readonly reply: LeaseReply };

const counter = z.int().check(z.gte(0));
const nullableText = z.nullable(z.string().check(z.maxLength(1_000)));

const recordSchema = z.object({
  slot: z.string(),
  epoch: counter,
  rev: counter,
  holder: nullableText,
  instance: nullableText,
  ttlMs: counter,
  expiresAtMs: z.number(),
  reqId: nullableText,
  note: z.custom<JsonObject>((value) => typeof value === "object" && value !== null),
});

const viewFields = {
  record: recordSchema,
  expiresInMs: z.number(),
  settlesInMs: z.number(),
  serverNowMs: z.number(),
} as const;

const doneSchema = z.object({ ...viewFields, repeated: z.boolean() });
const refusedSchema = z.object({ ...viewFields, code: z.enum(["held", "lost", "stale"]) });
const viewSchema = z.object(viewFields);
const grantSchema = z.object({
  epoch: counter,
  rev: counter,
  holder: z.string(),
  instance: z.string(),
  ttlMs: counter,
  atMs: z.number(),
});
const historySchema = z.object({ grants: z.array(grantSchema), serverNowMs: z.number() });
const problemSchema = z.object({
  code: z.string(),
  detail: z.string(),
  serverNowMs: z.optional(z.number()),
});

export type WireView = LeaseView & { readonly serverNowMs: number };
export type WireAnswer = LeaseAnswer & { readonly serverNowMs: number };
export type WireHistory = { readonly grants: readonly LeaseGrant[]; readonly serverNowMs: number };
export type WireProblem = {
  readonly code: string;
  readonly detail: string;
  readonly serverNowMs?: number | undefined;
};

/** The body for a read of version 2. */
export function viewBody(view: LeaseView, serverNowMs: number): JsonObject {
  const { record, expiresInMs, settlesInMs } = view;
  return { record: { ...record }, expiresInMs, settlesInMs, serverNowMs };
}

/** The body of an answer: with `repeated` when it was done, with `code` when it was refused. */
export function answerBody(answer: LeaseAnswer, serverNowMs: number): JsonObject {
  const { reply } = answer;
  const body = viewBody({ ...answer, record: reply.record }, serverNowMs);
  return reply.ok ? { ...body, repeated: reply.repeated } : { ...body, code: reply.code };
}

/** A read of version 1: what it knew, under the names that it had. */
export function viewBodyV1({ record, expiresInMs }: LeaseView, serverNowMs: number): JsonObject {
  const { epoch, rev, holder } = record;
  return { epoch, rev, holder, expiresInMs, serverNow: serverNowMs };
}

/** A read's answer; undefined when the text is none. */
export function parseView(text: string): WireView | undefined {
  return parsed(viewSchema, text);
}

/** A request's answer with the status it came with, 200 or 409; undefined when the text is none. */
export function parseAnswer(status: number, text: string): WireAnswer | undefined {
  if (status === 200) {
    const done = parsed(doneSchema, text);
    if (done === undefined) return undefined;
    return { ...done, reply: { ok: true, record: done.record, repeated: done.repeated } };
  }
  const refused = parsed(refusedSchema, text);
  if (refused === undefined) return undefined;
  return { ...refused, reply: { ok: false, code: refused.code, record: refused.record } };
}

/** The grants of a slot, newest first; undefined when the text is no such answer. */
export function parseHistory(text: string): WireHistory | undefined {
  return parsed(historySchema, text);
}

/** What a witness says about a request that it did not take; undefined when a witness did not say it. */
export function parseProblem(text: string): WireProblem | undefined {
  return parsed(problemSchema, text);
}

function parsed<T>(schema: z.ZodMiniType<T>, text: string): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const result = schema.safeParse(value);
  return result.success ? result.data : undefined;
}
