/** `spec.witnesses` of a Sovereign: what grants leases. Credentials are never here; each agent has its own from a file. */
import { z } from "zod";
import { clusterNameField, dnsLabelField } from "./fields.ts";
import { fieldPatterns } from "./patterns.ts";

export const witnessSchema = z.strictObject({
  name: dnsLabelField.describe("Name of the witness, unique in the Sovereign."),
  backend: z
    .enum(["worker", "etcd", "postgresql"])
    .default("worker")
    .describe(
      "worker: ours, on Cloudflare or self-hosted. etcd: by its JSON gateway. postgresql: one table of a database outside of the regions.",
    ),
  urls: z
    .array(z.string().max(2_048).regex(fieldPatterns.witnessUrl.pattern))
    .min(1)
    .max(9)
    .describe("Where it is reached, without credentials; several for the members of one etcd."),
  region: clusterNameField
    .optional()
    .describe(
      "Region of the Sovereign inside which it runs. It then falls with that region, so it arms no automatic failover there; leave it out when it is outside of all.",
    ),
});

export type WitnessSpec = z.infer<typeof witnessSchema>;
