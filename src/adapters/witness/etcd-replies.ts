/**
 * What etcd's JSON gateway answers (facts of the witness §4): 64-bit numbers as strings, and fields left out where they hold the
 * default of their type. An answer of another shape is not believed.
 */
import { z } from "zod";

const int64 = z.string().regex(/^[0-9]{1,20}$/);
const positive = z.string().regex(/^[1-9][0-9]{0,19}$/);
const base64 = z.base64();

const header = z.object({ cluster_id: positive, member_id: positive, revision: int64 });
const keyValue = z.object({ key: base64, mod_revision: positive, value: base64 });

const rangeSchema = z.object({
  header,
  kvs: z.array(keyValue).max(1).default([]),
  more: z.literal(false).optional(),
});
const txnSchema = z.object({
  header,
  succeeded: z.boolean().default(false),
  responses: z.array(z.looseObject({})).max(1).default([]),
});
const tokenSchema = z.object({ header, token: z.string().min(1).max(4_096) });
const errorSchema = z.object({ code: z.int(), message: z.string() });

export type EtcdRange = {
  readonly clusterId: string;
  /** The key's value as text, and the revision of etcd that wrote it; undefined when there is no such key. */
  readonly found: { readonly value: string; readonly modRevision: string } | undefined;
};

export type EtcdTxn = { readonly clusterId: string; readonly succeeded: boolean };

export type EtcdError = { readonly code: number; readonly message: string };

/** The answer to a range over one key; undefined when it is none, or of another key. */
export function parseRange(text: string, key: string): EtcdRange | undefined {
  const range = parsed(rangeSchema, text);
  if (range === undefined) return undefined;
  const [found] = range.kvs;
  const clusterId = range.header.cluster_id;
  if (found === undefined) return { clusterId, found: undefined };
  if (found.key !== key) return undefined;
  const value = Buffer.from(found.value, "base64").toString("utf8");
  return { clusterId, found: { value, modRevision: found.mod_revision } };
}

/** The answer to a transaction that puts one key or does nothing; undefined when it is none. */
export function parseTxn(text: string): EtcdTxn | undefined {
  const txn = parsed(txnSchema, text);
  if (txn === undefined) return undefined;
  const hasPut = txn.responses.some((response) => "response_put" in response);
  if (txn.succeeded !== hasPut) return undefined;
  return { clusterId: txn.header.cluster_id, succeeded: txn.succeeded };
}

/** The token of a login; undefined when the answer holds none. */
export function parseToken(text: string): string | undefined {
  return parsed(tokenSchema, text)?.token;
}

/** etcd's own words with their gRPC code; undefined when it was not etcd that said them. */
export function parseEtcdError(text: string): EtcdError | undefined {
  return parsed(errorSchema, text);
}

function parsed<Shape>(schema: z.ZodType<Shape>, text: string): Shape | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined; // Not even JSON: whoever calls says what that means.
  }
  const result = schema.safeParse(json);
  return result.success ? result.data : undefined;
}
