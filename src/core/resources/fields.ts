/** Field schemas that several kinds share. Patterns are RE2, so that they may stand in a CRD. */
import { z } from "zod";
import { durationPattern } from "../kernel/duration.ts";

export const apiVersion = "sre.catalyst.openova.io/v1alpha1";

export const dnsLabelField = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);

export const domainField = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/);

export const clusterNameField = z
  .string()
  .max(63)
  .regex(/^[a-z]+-[a-z]+-[a-z]+-[a-z]+$/);

export const durationField = z.string().regex(durationPattern);

export const labelsField = z.record(z.string(), z.string());

/** `metadata` of a document, with the name rules of its kind. */
export function metadataOf(name: z.ZodString) {
  return z
    .object({
      name: name.describe("Name of the document, unique for its kind."),
      namespace: dnsLabelField
        .optional()
        .describe("Kubernetes namespace, when the document lives in one."),
      labels: labelsField.optional().describe("Labels, as in Kubernetes."),
      annotations: labelsField.optional().describe("Annotations, as in Kubernetes."),
    })
    .describe("Name, namespace, labels and annotations, as in Kubernetes.");
}
