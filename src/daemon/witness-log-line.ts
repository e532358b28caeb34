/** A line of the Node host's log: what one write left of a slot, under a digest that tells a whole line from a torn one. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { LeaseGrant } from "../core/lease/protocol.ts";
import type { LeaseRecord } from "../core/lease/record.ts";

export type LogLine = {
  /** The host's own clock of leases, which only runs while a host runs. */
  readonly clockMs: number;
  readonly record: LeaseRecord;
  /** Set when the write was a grant. */
  readonly grant?: LeaseGrant | undefined;
};

const digestLength = 16;
const count = z.int().nonnegative();

const lineSchema = z.object({
  clockMs: z.number(),
  record: z.object({
    slot: z.string(),
    epoch: count,
    rev: count,
    holder: z.string().nullable(),
    instance: z.string().nullable(),
    ttlMs: count,
    expiresAtMs: z.number(),
    reqId: z.string().nullable(),
    note: z.record(z.string(), z.json()),
  }),
  grant: z
    .object({
      epoch: count,
      rev: count,
      holder: z.string(),
      instance: z.string(),
      ttlMs: count,
      atMs: z.number(),
    })
    .optional(),
});

/** The line with its line break. */
export function writeLine(line: LogLine): string {
  const json = JSON.stringify(line);
  return `${digestOf(json)} ${json}\n`;
}

/** What a line says, without its line break; undefined when it is not whole. */
export function readLine(text: string): LogLine | undefined {
  const json = text.slice(digestLength + 1);
  if (text.slice(0, digestLength + 1) !== `${digestOf(json)} `) return undefined;
  const parsed = lineSchema.safeParse(JSON.parse(json) as unknown);
  return parsed.success ? parsed.data : undefined;
}

export type ReadLog = {
  readonly lines: readonly LogLine[];
  /** Bytes of the whole lines; what follows was never acknowledged. */
  readonly wholeBytes: number;
  /** Number of the first line that is broken and has whole ones after it: the file was changed. 1-based. */
  readonly brokenAt?: number;
};

/** All of a log. A torn end is left out; a broken line before a whole one is told. */
export function readLog(text: string): ReadLog {
  const lines: LogLine[] = [];
  let wholeBytes = 0;
  let broken: number | undefined;
  for (const [at, raw] of text.split("\n").slice(0, -1).entries()) {
    const line = readLine(raw);
    if (line === undefined) broken ??= at + 1;
    else if (broken !== undefined) return { lines, wholeBytes, brokenAt: broken };
    else {
      lines.push(line);
      wholeBytes += Buffer.byteLength(raw) + 1;
    }
  }
  return { lines, wholeBytes };
}

function digestOf(json: string): string {
  return createHash("sha256").update(json).digest("hex").slice(0, digestLength);
}
