/**
 * An agent's report as others take it in: parsed before it is believed, with limits for everything, and tolerant of fields
 * that a newer agent adds. What is not needed to show a region, or to order it, is left out.
 */
import { z } from "zod";
import type { Parsed } from "../names/names.ts";

const word = z.string().max(256);
const sentence = z.string().max(4_096);
const count = z.int().min(0);
const durationMs = z.number().min(0);
const ratio = z.number().min(0).max(1);

const serviceSchema = z.object({
  name: word,
  role: z.enum(["writable", "standby", "absent", "unknown"]),
  sync: z.enum(["in_sync", "stalled", "alone"]).nullable(),
  standbyReady: z.boolean().nullable(),
  position: z.number().nullable(),
  timeline: z.number().nullable(),
  lagMs: z.number().nullable().optional(),
  ready: z.boolean(),
});

const statusSchema = z.object({
  group: word,
  self: word,
  peer: word,
  mode: word,
  onWitnessLoss: word,
  authority: z.object({
    kind: z.enum(["none", "lease", "sticky", "granted", "own"]),
    epoch: count.nullable(),
    leftMs: durationMs,
  }),
  data: z.enum(["fenced", "fencing", "promoting", "serving"]),
  isServing: z.boolean(),
  armed: z.boolean(),
  disarmedBecause: z.array(sentence).max(64).readonly(),
  witness: z.object({
    holder: word.nullable(),
    epoch: count.nullable(),
    silentForMs: durationMs.nullable(),
  }),
  sync: z.object({ recorded: z.enum(["in_sync", "degraded", "none"]) }),
  needs: z
    .array(z.object({ reason: word, because: sentence, remedy: word }))
    .max(64)
    .readonly(),
});

const reportSchema = z.object({
  version: word,
  cluster: word,
  atMs: z.number(),
  observeOnly: z.boolean(),
  sovereign: word,
  status: statusSchema,
  health: z.object({
    status: z.union([z.literal(200), z.literal(503)]),
    reason: word,
    because: sentence,
  }),
  timing: z.object({
    ttlMs: durationMs,
    renewEveryMs: durationMs,
    fenceBudgetMs: durationMs,
    clockRateErrorRatio: ratio,
  }),
  objectives: z.object({ rtoMs: durationMs, rpoBytes: count, rpoMs: durationMs.optional() }),
  applications: z.array(word).max(4_096).readonly(),
  data: z
    .object({
      services: z.array(serviceSchema).max(64).readonly(),
      notReady: z.array(sentence).max(64).readonly(),
      ageMs: durationMs,
    })
    .nullable(),
  witnessPositions: z.record(word, z.number()),
  /** Taking over as it would be judged now, with sentences; an older agent does not tell. */
  people: z
    .object({
      judgement: z
        .array(z.object({ rule: word, outcome: word, because: sentence }))
        .max(64)
        .readonly()
        .nullable(),
    })
    .optional()
    .catch(undefined),
  documents: z.object({ revision: word, stale: sentence.nullable() }),
  journalTail: z
    .array(z.object({ atMs: z.number(), type: word, text: sentence }))
    .max(200)
    .readonly(),
});

/** The part of an `AgentReport` that is taken in. */
export type HeardReport = z.infer<typeof reportSchema>;

/** The report in an agent's answer, or the first thing that is wrong with it. */
export function readAgentReport(answer: unknown): Parsed<HeardReport> {
  const parsed = reportSchema.safeParse(answer);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") ?? "";
  return { ok: false, because: `${field === "" ? "it" : field}: ${issue?.message ?? "wrong"}` };
}
