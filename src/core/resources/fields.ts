/** Field schemas that several kinds share; their patterns are in `patterns.ts`. */
import { z } from "zod";
import { fieldPatterns } from "./patterns.ts";

export const apiVersion = "sre.catalyst.openova.io/v1alpha1";

export const dnsLabelField = z.string().min(1).max(63).regex(fieldPatterns.dnsLabel.pattern);

export const domainField = z.string().max(253).regex(fieldPatterns.domain.pattern);

export const clusterNameField = z.string().max(63).regex(fieldPatterns.clusterName.pattern);

export const durationField = z.string().max(32).regex(fieldPatterns.duration.pattern);

/** Where an HTTP probe goes; the path's words are its user's. */
export const probePortField = z
  .int()
  .min(1)
  .max(65_535)
  .optional()
  .describe("Port of the probe; default is 443 for https, 80 for http.");

export const probePathField = z
  .string()
  .max(512)
  .regex(fieldPatterns.healthPath.pattern)
  .default("/healthz");

export const labelsField = z.record(z.string(), z.string());

/** `metadata` of a document, with the name rules of its kind; not strict, because Kubernetes adds fields of its own. */
export function metadataOf(
  name: z.ZodString,
  nameWords = "Name of the document, unique for its kind.",
) {
  return z
    .object({
      name: name.describe(nameWords),
      namespace: dnsLabelField
        .optional()
        .describe("Kubernetes namespace, when the document lives in one."),
      labels: labelsField.optional().describe("Labels, as in Kubernetes."),
      annotations: labelsField.optional().describe("Annotations, as in Kubernetes."),
    })
    .describe("Name, namespace, labels and annotations, as in Kubernetes.");
}
