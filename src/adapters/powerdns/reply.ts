/** Replies of the PowerDNS API, parsed before they are believed; a wrong one is a failure that does not quote it. */
import type { z } from "zod";
import { Failure } from "../../core/kernel/failure.ts";

/** The reply in its shape. Fails with NameServerRefused, without a word of the reply: it may hold a private key. */
export function readReply<Shape>(schema: z.ZodType<Shape>, text: string, id: string): Shape {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unexpected(id);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw unexpected(id);
  return parsed.data;
}

function unexpected(id: string): Failure {
  return new Failure("NameServerRefused", `${id} answers something that its API does not promise`, {
    where: id,
    remedy: "Check that apiUrl is the address of a PowerDNS server's API.",
  });
}
