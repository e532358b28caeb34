/** A request as it stands in a body: written by the client, read by every host before anything is judged. */
import { z } from "zod/mini";
import type { JsonObject } from "../kernel/json.ts";
import type { LeaseRequest } from "./request.ts";
import { objectionTo } from "./request-bounds.ts";

/** Above it no floor is taken: one request must not be able to use up the numbers that epochs are counted with. */
export const epochFloorMax = 2 ** 52;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const asked = {
  holder: z.string(),
  instance: z.string(),
  reqId: z.string(),
  ifRev: z.number(),
  // Nothing of it is looked at, and what came out of JSON is JSON.
  note: z.custom<JsonObject>(isObject),
} as const;

const requestSchema = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("acquire"),
    ...asked,
    ttlMs: z.number(),
    epochFloor: z.number().check(z.lte(epochFloorMax)),
  }),
  z.strictObject({ op: z.literal("renew"), ...asked, epoch: z.number(), ttlMs: z.number() }),
  z.strictObject({ op: z.literal("release"), ...asked, epoch: z.number() }),
]);

export type ParsedRequest =
  | { readonly ok: true; readonly request: LeaseRequest }
  /** A sentence that quotes no value of the body. */
  | { readonly ok: false; readonly because: string };

/** The request in a body of version 2; unknown fields are refused, since leaving one out could change what was meant. */
export function parseRequest(slot: string, body: string): ParsedRequest {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { ok: false, because: "The body is not JSON." };
  }
  const parsed = requestSchema.safeParse(value);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join(".").slice(0, 60) ?? "";
    const at = field === "" ? "The body" : `The field ${field}`;
    return { ok: false, because: `${at} is not as version 2 has it.` };
  }
  const objection = objectionTo(slot, parsed.data);
  return objection === undefined
    ? { ok: true, request: parsed.data }
    : { ok: false, because: `${objection}.` };
}

/** The body of a request. */
export function requestBody(request: LeaseRequest): string {
  return JSON.stringify(request);
}
