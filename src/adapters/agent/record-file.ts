/**
 * The text of a record's file: one line of JSON with a format, the owner and a checksum, so that a torn, changed or foreign file is
 * never taken for a memory.
 */
import type { AgentRecord, RecordCopy } from "../../core/failover/record.ts";
import { readAgentRecord } from "../../core/failover/record-schema.ts";
import { canonicalJson } from "../../core/kernel/json.ts";
import { sha256 } from "../journal/sha256.ts";

const format = "sovereign-agent-record/1";

/** A file that is larger than this is not ours. */
export const largestRecordBytes = 16 * 1024;

/** `foreign`: whole, and the record of another agent. */
export type FileContent = RecordCopy | { readonly kind: "foreign"; readonly owner: string };

/** The file of a record; `owner` says whose it is, such as `{region}/{group}`. */
export function renderRecordFile(owner: string, record: AgentRecord): string {
  const body = { format, owner, record };
  return `${canonicalJson({ ...body, sha256: sha256(canonicalJson(body)) })}\n`;
}

/** What a file says to the agent `owner`; never throws. */
export function parseRecordFile(owner: string, text: string): FileContent {
  const file = parseObject(text);
  const record = readAgentRecord(file?.["record"]);
  const writer = file?.["owner"];
  // One record has one writing: what differs by a byte from it was not written by us, or not to its end.
  if (record === undefined || typeof writer !== "string") return { kind: "unreadable" };
  if (renderRecordFile(writer, record) !== text) return { kind: "unreadable" };
  return writer === owner ? { kind: "present", record } : { kind: "foreign", owner: writer };
}

function parseObject(text: string): { readonly [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // Reading fields of any object is safe; each is parsed after that.
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Not JSON is an answer: it is unreadable.
  }
  return undefined;
}
