/** Objects, lists and versions out of an API server's answers, parsed before they are believed. */
import { z } from "zod";
import type { KubeObject } from "../../control/kubernetes/kube-object.ts";

const text = z.string();
const texts = z.record(text, text);

const ownerSchema = z.looseObject({
  apiVersion: text,
  kind: text,
  name: text,
  uid: text,
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
});

const managedSchema = z.looseObject({
  manager: text.default(""),
  operation: text.default(""),
  apiVersion: text.default(""),
  subresource: text.optional(),
  fieldsV1: z.record(text, z.unknown()).optional(),
});

const metaSchema = z.looseObject({
  name: text,
  namespace: text.optional(),
  uid: text.optional(),
  resourceVersion: text.optional(),
  generation: z.number().optional(),
  creationTimestamp: text.optional(),
  deletionTimestamp: text.optional(),
  labels: texts.optional(),
  annotations: texts.optional(),
  finalizers: z.array(text).optional(),
  ownerReferences: z.array(ownerSchema).optional(),
  managedFields: z.array(managedSchema).optional(),
});

const objectSchema = z.looseObject({ apiVersion: text, kind: text, metadata: metaSchema });

/** Go writes an empty time as null, and an absent field means the same. */
function withoutNulls(metadata: unknown): unknown {
  if (typeof metadata !== "object" || metadata === null) return metadata;
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
}

/** The object that a value of JSON is; undefined when it is none. Items of lists leave out what the list says: `type` stands in. */
export function kubeObjectOf(
  value: unknown,
  type: { readonly apiVersion: string; readonly kind: string } | Record<string, never> = {},
): KubeObject | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const metadata = "metadata" in value ? withoutNulls(value.metadata) : undefined;
  const parsed = objectSchema.safeParse({ ...type, ...value, metadata });
  // What is loose in the schema came out of JSON text, so that it is JSON.
  return parsed.success ? (parsed.data as unknown as KubeObject) : undefined;
}

const listSchema = z.looseObject({
  apiVersion: text,
  kind: text.regex(/List$/),
  metadata: z.looseObject({ resourceVersion: text, continue: text.nullish() }),
  items: z
    .array(z.unknown())
    .nullish()
    .transform((items) => items ?? []),
});

export type ListReply = {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly next: string | null;
};

/** The page that a value of JSON is; undefined when it is none, or when one item is no object. */
export function listOf(value: unknown): ListReply | undefined {
  const parsed = listSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { apiVersion, kind, metadata, items } = parsed.data;
  const type = { apiVersion, kind: kind.slice(0, -"List".length) };
  const objects: KubeObject[] = [];
  for (const item of items) {
    const object = kubeObjectOf(item, type);
    if (object === undefined) return undefined;
    objects.push(object);
  }
  return {
    items: objects,
    resourceVersion: metadata.resourceVersion,
    next: metadata.continue || null,
  };
}

/** Vendors write `34+`. */
const number = text.regex(/^\d{1,5}\+?$/).transform((digits) => Number.parseInt(digits, 10));

export const versionSchema = z.looseObject({ major: number, minor: number, gitVersion: text });

const reviewSchema = z.looseObject({
  kind: z.literal("SelfSubjectAccessReview"),
  status: z.looseObject({ allowed: z.boolean(), reason: text.default("") }),
});

/** What a server says of a right that was asked about; undefined when it says something else. */
export function reviewOf(
  value: unknown,
): { readonly isAllowed: boolean; readonly because: string } | undefined {
  const status = reviewSchema.safeParse(value).data?.status;
  return status === undefined ? undefined : { isAllowed: status.allowed, because: status.reason };
}
