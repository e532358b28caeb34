/**
 * The documents by which an agent works, as a file beside its record: so it starts while Git is away, and while it holds a lease it
 * goes on by those that it got it by (ADR 34). They are read again as documents, never believed as anything else.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { SourceSnapshot } from "../../control/env.ts";
import { replaceFile } from "./replace-file.ts";

const format = "sovereign-agent-documents/1";

const copySchema = z.strictObject({
  format: z.literal(format),
  revision: z.string(),
  documents: z.array(z.strictObject({ file: z.string(), value: z.json() })),
});

/** Keeps the snapshot in place of the one before; fails as the disk does. */
export async function keepDocuments(path: string, snapshot: SourceSnapshot): Promise<void> {
  const { revision, documents } = snapshot;
  const body = {
    format,
    revision,
    documents: documents.map(({ file, value }) => ({ file, value })),
  };
  await replaceFile(path, JSON.stringify(body));
}

/** The snapshot that was kept; undefined when there is none that can be read. */
export async function keptDocuments(path: string): Promise<SourceSnapshot | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined); // Absent is an answer.
  const parsed = copySchema.safeParse(text === undefined ? undefined : jsonOf(text));
  if (!parsed.success) return undefined;
  const { revision, documents } = parsed.data;
  return {
    revision,
    documents: documents.map(({ file, value }) => ({ file, value, lineOf: () => 1 })),
    problems: [],
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Then nothing was kept.
  }
}
