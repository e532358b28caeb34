/**
 * An agent's report as the command line takes it in: what `agent-report-schema.ts` reads, and what people are told beside it. Parsed
 * before it is believed; tolerant of what a newer agent adds.
 */
import { z } from "zod";
import type { Parsed } from "../names/names.ts";
import {
  approvedActions,
  approverRoles,
  failoverModes,
  witnessLossPolicies,
} from "../resources/failover-words.ts";
import { type HeardReport, readAgentReport } from "./agent-report-schema.ts";
import type { PeopleView } from "./people-view.ts";
import type { OpenRound } from "./record.ts";

const word = z.string().max(256);
const sentence = z.string().max(4_096);
const count = z.int().min(0);
const durationMs = z.number().min(0);
const syncWord = z.enum(["in_sync", "degraded", "none"]);

const roundSchema = z
  .object({ policy: z.enum(["sticky", "peerArbiter"]), epoch: count, round: count })
  .nullable();
const weekTimeSchema = z.object({
  weekday: z.int().min(0).max(6),
  minuteOfDay: z.int().min(0).max(1_439),
});
const ruleSchema = z.object({
  rule: word,
  outcome: z.enum(["passed", "failed", "notApplicable"]),
  because: sentence,
});

const groupSchema = z.object({
  name: word,
  slot: word,
  regions: z.tuple([word, word]),
  mode: z.enum(failoverModes),
  onWitnessLoss: z.enum(witnessLossPolicies),
  timing: z.object({
    ttlMs: durationMs,
    renewEveryMs: durationMs,
    rpcTimeoutMs: durationMs,
    fenceBudgetMs: durationMs,
    clockRateErrorRatio: z.number().min(0).max(1),
    marginMs: durationMs,
  }),
  services: z
    .array(
      z.object({
        name: word,
        kind: word,
        mayLose: z.enum(["nothing", "everything"]),
        after: z.array(word).max(64),
        unpublishedBytes: count.exactOptional(),
      }),
    )
    .max(64),
  approvals: z.object({ semiAutomatic: count, lossy: count }),
  objectives: z.object({ rtoMs: durationMs, rpoBytes: count, rpoMs: durationMs.exactOptional() }),
  freezes: z
    .array(z.object({ fromAtMs: z.number(), untilAtMs: z.number(), because: sentence }))
    .max(256),
  weeklyFreezes: z
    .array(z.object({ from: weekTimeSchema, until: weekTimeSchema, zone: word, because: sentence }))
    .max(256)
    .exactOptional(),
  failback: z
    .discriminatedUnion("policy", [
      z.object({ policy: z.literal("never") }),
      z.object({ policy: z.literal("approved"), to: word, inStepForMs: durationMs }),
    ])
    .exactOptional(),
  safety: z.object({
    maxLossyPerDay: count,
    restMs: durationMs,
    dnsEvidence: z.enum(["veto", "observe"]),
    witnessIsOutside: z.boolean(),
  }),
});

const peopleSchema = z.object({
  group: groupSchema,
  judgement: z.array(ruleSchema).max(64).nullable(),
  lastVerdict: z.object({ kind: z.enum(["allowed", "refused"]), reason: word }).nullable(),
  loss: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("nothing"), because: sentence }),
    z.object({ kind: z.literal("something"), bytes: count.nullable(), because: sentence }),
  ]),
  approvalEpoch: count,
  approvals: z
    .array(
      z.object({
        person: word,
        group: word,
        action: z.enum(approvedActions),
        expectedEpoch: count,
        maxLossBytes: count,
        expiresAtMs: z.number(),
        nonce: word,
      }),
    )
    .max(64),
  approvers: z
    .array(z.object({ person: word, roles: z.array(z.enum(approverRoles)).max(8) }))
    .max(256),
  witnessNote: z.object({
    region: word.nullable(),
    sync: syncWord,
    handTo: word.nullable(),
    // An older agent publishes none.
    ceilings: z.array(word).max(64).default([]),
  }),
  failovers: z.array(z.object({ agoMs: z.number(), lossy: z.boolean() })).max(64),
});

const moreSchema = z.object({
  status: z.object({
    openRound: roundSchema,
    promise: roundSchema,
    epochSeen: count.nullable(),
    // An older agent does not say it.
    isTakingOver: z.boolean().default(false),
  }),
  evidence: z
    .object({
      ageMs: durationMs,
      peerActiveEpoch: count.nullable(),
      selfVisible: z.boolean().nullable(),
    })
    .nullable(),
  people: peopleSchema,
});

/** The part of an `AgentReport` that people are told from; a whole report is one. */
export type PeopleReport = Omit<HeardReport, "status"> & {
  readonly status: HeardReport["status"] & {
    readonly openRound: OpenRound | null;
    readonly promise: OpenRound | null;
    readonly epochSeen: number | null;
    readonly isTakingOver: boolean;
  };
  readonly evidence: {
    readonly ageMs: number;
    readonly peerActiveEpoch: number | null;
    readonly selfVisible: boolean | null;
  } | null;
  readonly people: PeopleView;
};

/** The report in an agent's answer, or the first thing that is wrong with it. */
export function readPeopleReport(answer: unknown): Parsed<PeopleReport> {
  const heard = readAgentReport(answer);
  if (!heard.ok) return heard;
  const more = moreSchema.safeParse(answer);
  if (!more.success) {
    const [issue] = more.error.issues;
    return { ok: false, because: `${issue?.path.join(".") ?? "it"}: ${issue?.message ?? "wrong"}` };
  }
  const { status, evidence, people } = more.data;
  return {
    ok: true,
    value: { ...heard.value, status: { ...heard.value.status, ...status }, evidence, people },
  };
}
