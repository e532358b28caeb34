/**
 * What is said over the watchdog's socket: one JSON object a line each way. Parsed here without any library, field by field, because
 * the watchdog has none. What is not exactly one of these is nothing.
 */
import type { Tenure } from "./watchdog.ts";

export type WatchdogRequest =
  /** "I am the agent from now on"; a higher claim, which is the later start of a process, replaces a lower one. */
  | { readonly seq: number; readonly do: "own"; readonly claim: number }
  | { readonly seq: number; readonly do: "set"; readonly tenure: Tenure | null }
  /** Answered with what it holds; also the question whether it lives. */
  | { readonly seq: number; readonly do: "read" };

/** The last time that the watchdog fenced by itself; instants on the machine's monotonic clock. */
export type FenceReport = {
  readonly because: string;
  /** When it had to begin. */
  readonly dueAtMs: number;
  readonly begunAtMs: number;
  /** Null until it was confirmed. */
  readonly fencedAtMs: number | null;
  readonly attempts: number;
};

export type WatchdogAnswer =
  | {
      readonly seq: number;
      readonly ok: true;
      readonly tenure: Tenure | null;
      readonly fence: FenceReport | null;
      /** Digest of the configuration by which this process works; absent of a watchdog that does not say it. */
      readonly config?: string;
    }
  /** It closes the connection after this. */
  | { readonly seq: number; readonly ok: false; readonly because: "superseded" | "refused" }
  /** Nobody asked: it fences, by its own decision. */
  | { readonly event: "fencing"; readonly because: string };

/** A line that is longer ends its connection. */
export const longestLineCharacters = 1_024;

type Fields = { readonly [key: string]: unknown };
const kinds: readonly unknown[] = ["lease", "sticky", "granted", "own", "ownAsked"];

/** The request of a line; undefined when it is none. */
export function parseWatchdogRequest(line: string): WatchdogRequest | undefined {
  const fields = parseFields(line);
  const seq = fields?.["seq"];
  if (fields === undefined || !isCount(seq)) return undefined;
  switch (fields["do"]) {
    case "own": {
      const claim = fields["claim"];
      if (!has(fields, "seq", "do", "claim") || !isInstant(claim)) return undefined;
      return { seq, do: "own", claim };
    }
    case "set": {
      const tenure = readTenure(fields["tenure"]);
      if (!has(fields, "seq", "do", "tenure") || tenure === undefined) return undefined;
      return { seq, do: "set", tenure };
    }
    case "read":
      return has(fields, "seq", "do") ? { seq, do: "read" } : undefined;
    default:
      return undefined;
  }
}

/** The answer of a line; undefined when it is none. */
export function parseWatchdogAnswer(line: string): WatchdogAnswer | undefined {
  const fields = parseFields(line);
  if (fields === undefined) return undefined;
  const { seq, ok, because, event } = fields;
  if (event === "fencing" && typeof because === "string" && has(fields, "event", "because")) {
    return { event, because };
  }
  if (!isCount(seq)) return undefined;
  if (ok === false && (because === "superseded" || because === "refused")) {
    return has(fields, "seq", "ok", "because") ? { seq, ok, because } : undefined;
  }
  const tenure = readTenure(fields["tenure"]);
  const fence = readReport(fields["fence"]);
  if (ok !== true || tenure === undefined || fence === undefined) return undefined;
  if (has(fields, "seq", "ok", "tenure", "fence")) return { seq, ok, tenure, fence };
  const { config } = fields;
  const isRight = has(fields, "seq", "ok", "tenure", "fence", "config");
  if (!isRight || typeof config !== "string" || config.length > 128) return undefined;
  return { seq, ok, tenure, fence, config };
}

const tenureForm: Tenure = {
  epoch: 0,
  rev: 0,
  instance: "",
  round: null,
  kind: "lease",
  untilAtMs: 0,
};
const tenureFields = Object.keys(tenureForm);

function readTenure(value: unknown): Tenure | null | undefined {
  if (value === null) return null;
  if (!isFields(value)) return undefined;
  if (!has(value, ...tenureFields)) return undefined;
  const { epoch, rev, instance, round, kind, untilAtMs } = value;
  if (!isCount(epoch) || !isCount(rev) || (round !== null && !isCount(round))) return undefined;
  if (typeof instance !== "string" || instance.length > 128 || !isKind(kind)) return undefined;
  return isInstant(untilAtMs) ? { epoch, rev, instance, round, kind, untilAtMs } : undefined;
}

function readReport(value: unknown): FenceReport | null | undefined {
  if (value === null) return null;
  if (!isFields(value)) return undefined;
  if (!has(value, "because", "dueAtMs", "begunAtMs", "fencedAtMs", "attempts")) return undefined;
  const { because, dueAtMs, begunAtMs, fencedAtMs, attempts } = value;
  if (typeof because !== "string" || !isInstant(dueAtMs) || !isInstant(begunAtMs)) return undefined;
  if ((fencedAtMs !== null && !isInstant(fencedAtMs)) || !isCount(attempts)) return undefined;
  return { because, dueAtMs, begunAtMs, fencedAtMs, attempts };
}

function parseFields(line: string): Fields | undefined {
  if (line.length > longestLineCharacters) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined; // Not JSON is an answer.
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether these are all the fields. */
function has(fields: Fields, ...names: readonly string[]): boolean {
  const keys = Object.keys(fields);
  return keys.length === names.length && names.every((name) => Object.hasOwn(fields, name));
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isInstant(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isKind(value: unknown): value is Tenure["kind"] {
  return kinds.includes(value);
}
