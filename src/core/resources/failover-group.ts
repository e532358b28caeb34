/** Kind `FailoverGroup`: what one lease covers, and everything that decides when it moves (DESIGN §2, ADR 28). */
import { z } from "zod";
import { freezeSchema } from "./failover-group-freezes.ts";
import { leaseDurationField, leaseSchema } from "./failover-group-lease.ts";
import { failoverModes, witnessLossPolicies } from "./failover-words.ts";
import {
  apiVersion,
  clusterNameField,
  dnsLabelField,
  durationField,
  metadataOf,
} from "./fields.ts";
import { fieldPatterns } from "./patterns.ts";
import { serviceKinds } from "./service-kinds.ts";

const coversSchema = z.strictObject({
  environments: z
    .array(dnsLabelField)
    .min(1)
    .max(64)
    .optional()
    .describe("Environments whose Applications with a standby region it covers."),
  applications: z
    .array(
      z.strictObject({
        environmentRef: dnsLabelField.describe("Environment of the Application."),
        name: dnsLabelField.describe("Name of the Application."),
      }),
    )
    .min(1)
    .max(256)
    .optional()
    .describe("Single Applications; each leaves the group of its Environment for this one."),
});

const serviceSchema = z.strictObject({
  name: dnsLabelField.describe("Name of the service, unique in the group."),
  kind: z.enum(serviceKinds).describe("What it is; decides how it is promoted and measured."),
  mayLose: z
    .enum(["nothing", "everything"])
    .default("nothing")
    .describe(
      "nothing: `automatic` waits until all that was acknowledged is in the other region. everything: it is promoted whatever is missing, as for a cache.",
    ),
  after: z
    .array(dnsLabelField)
    .max(16)
    .optional()
    .describe("Services that are promoted and writable before it; default is none."),
  stopWithin: leaseDurationField
    .optional()
    .describe(
      "How long it takes at most from being told to stop until its last write is refused; for CloudNativePG its switchoverDelay. At most `lease.fenceBudget`.",
    ),
  unpublishedBytes: z
    .int()
    .min(65_536)
    .max(1_099_511_627_776)
    .optional()
    .describe(
      "For postgresql that may lose nothing: while commits do not wait for the other region, how many bytes of log may at most be written beyond what the witness was told; there they wait for the next renewal. The room follows what is written. Default 268435456.",
    ),
});

const approvalsSchema = z.strictObject({
  approvers: z
    .array(dnsLabelField)
    .min(1)
    .max(32)
    .optional()
    .describe(
      "Names of people of the Sovereign whose approvals count; default is everybody with a role and a key.",
    ),
  semiAutomatic: z
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe("How many different people have to approve a failover under `semiAutomatic`."),
  lossy: z
    .int()
    .min(1)
    .max(5)
    .default(2)
    .describe("How many different people have to accept the bytes that a failover would lose."),
});

const objectivesSchema = z.strictObject({
  rto: durationField
    .default("60s")
    .describe("From the last acknowledged write before to the first one after, seen by a client."),
  rpo: durationField
    .optional()
    .describe(
      "How old a lost write may be; default is what the handbook says of the service that lags most.",
    ),
  rpoBytes: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(0)
    .describe(
      "How many bytes of acknowledged writes may be lost; what is above is reported as missed.",
    ),
});

const safetySchema = z.strictObject({
  maxLossyPerDay: z
    .int()
    .min(0)
    .max(10)
    .default(1)
    .describe("Failovers that lose something, in any 24 hours; further ones are refused."),
  rest: durationField
    .default("1h")
    .describe("Rest between two automatic failovers, so that a fault can not move it to and fro."),
  dnsEvidence: z
    .enum(["veto", "observe"])
    .default("veto")
    .describe(
      "veto: a candidate waits while two of three public resolvers show a fresh signed answer of the active region. observe: it is noted only.",
    ),
});

const failbackSchema = z.strictObject({
  policy: z
    .enum(["never", "approved"])
    .default("never")
    .describe(
      "never: authority stays where it is until somebody switches over. approved: the move to `to` is offered and waits for approval.",
    ),
  to: clusterNameField.optional().describe("For approved: the region to which it returns."),
  inStepFor: durationField
    .default("1h")
    .describe("For approved: how long that region has to have been in step before it is offered."),
});

const spec = z.strictObject({
  regions: z
    .array(clusterNameField)
    .min(1)
    .max(5)
    .describe(
      "The two peer regions; their order means nothing. A lease among three is not proven and is refused.",
    ),
  covers: coversSchema
    .optional()
    .describe("What it covers; default is the Environment that has the group's name."),
  mode: z
    .enum(failoverModes)
    .default("semiAutomatic")
    .describe(
      "automatic: a lost region is failed over when nothing that may lose nothing would be lost. semiAutomatic: when people approve. manual: only when a person starts it.",
    ),
  onWitnessLoss: z
    .enum(witnessLossPolicies)
    .default("sticky")
    .describe(
      "While the witness is silent. sticky: the active region goes on once its peer promised not to take over. peerArbiter: the peer grants in the witness's place. fence: it stops.",
    ),
  witness: z
    .strictObject({
      name: dnsLabelField
        .optional()
        .describe("Witness of the Sovereign; may be left out when it has exactly one."),
      slot: z
        .string()
        .max(200)
        .regex(fieldPatterns.slot.pattern)
        .optional()
        .describe("Name of the lease there; default is {group}.failover.{domain}."),
    })
    .prefault({})
    .describe("Who grants the lease, and under which name."),
  lease: leaseSchema.prefault({}).describe("The times of the lease; refused unless they fit."),
  services: z
    .array(serviceSchema)
    .max(16)
    .optional()
    .describe("Data services, in the order in which they are promoted unless `after` says more."),
  approvals: approvalsSchema.prefault({}).describe("Whose approvals count, and how many it takes."),
  objectives: objectivesSchema.prefault({}).describe("What a failover is measured against."),
  freezes: z
    .array(freezeSchema)
    .max(64)
    .optional()
    .describe(
      "When nothing is switched over or failed back; a lost region is still failed over unless `mode` forbids it.",
    ),
  safety: safetySchema.prefault({}).describe("What stops a failover that everything else allows."),
  failover: z
    .strictObject({
      onApplicationFailure: z
        .enum(["keep", "release"])
        .default("keep")
        .describe(
          "keep: an Application that fails in an otherwise healthy region never moves the group. release: it does.",
        ),
    })
    .prefault({})
    .describe("What counts as the loss of a region."),
  failback: failbackSchema.prefault({}).describe("Whether and where authority returns afterwards."),
});

export const failoverGroupSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion).describe("Group and version of the kind."),
    kind: z.literal("FailoverGroup").describe("The kind."),
    metadata: metadataOf(dnsLabelField, "Name of the group, unique in the Sovereign."),
    spec: spec.describe("What moves together, and when."),
  })
  .describe(
    "What one lease covers: two regions, the Applications and data services between them, and the rules by which they move. An Environment without one gets a default group that nothing but a person moves.",
  );

export type FailoverGroupDocument = z.infer<typeof failoverGroupSchema>;
export type FailoverGroupSpec = FailoverGroupDocument["spec"];
export type ServiceSpec = NonNullable<FailoverGroupSpec["services"]>[number];

/** What a group covers when it does not say: the Environment of its name. */
export function coversOf({ metadata, spec: { covers } }: FailoverGroupDocument): {
  readonly environments: readonly string[];
  readonly applications: readonly { readonly environmentRef: string; readonly name: string }[];
} {
  if (covers === undefined) return { environments: [metadata.name], applications: [] };
  return { environments: covers.environments ?? [], applications: covers.applications ?? [] };
}
