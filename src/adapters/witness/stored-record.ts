/** A lease's record as a store gives it back: parsed, and held against its own rules, before anybody believes it. */
import { z } from "zod";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { LeaseRecord } from "../../core/lease/record.ts";
import { isName } from "../../core/lease/request-bounds.ts";

const name = z.string().refine(isName);
const count = z.int().min(0);

const recordSchema = z
  .strictObject({
    slot: name,
    epoch: count.min(1),
    rev: count.min(1),
    holder: name.nullable(),
    instance: name.nullable(),
    ttlMs: count,
    expiresAtMs: count,
    reqId: name,
    // JSON by where it comes from; the witness keeps it and never reads it.
    note: z.record(z.string(), z.json()),
  })
  .refine((record) => (record.holder === null) === (record.instance === null))
  .transform((record): LeaseRecord => {
    const note: JsonObject = record.note;
    return { ...record, note };
  });

/**
 * The record of `slot` out of JSON that a store kept. Fails with WitnessRefused when it is not one that this program can have
 * written: whoever wrote it, nothing is decided on it.
 */
export function readStoredRecord(json: unknown, slot: string, id: string): LeaseRecord {
  const parsed = recordSchema.safeParse(json);
  if (parsed.success && parsed.data.slot === slot) return parsed.data;
  throw new Failure("WitnessRefused", `${id} keeps something else than a lease under ${slot}`, {
    where: id,
    remedy:
      "Something else writes there. Find it, and put back the record with the highest epoch that ever was; docs/guides/witness-backends.md.",
  });
}
