/** The journal of a key roll: its events, the keys under which a repeated step adds nothing, and what they fold to. */
import type { JournalEvent, NewEvent } from "../../kernel/event.ts";
import type { PublicKey } from "./dnskey.ts";
import type { RollRecord } from "./roll-facts.ts";

export type RollStep =
  | "started"
  | "keyAdded"
  | "published"
  | "regressed"
  | "delegated"
  | "retiring"
  | "keyRetired"
  | "done"
  | "aborting"
  | "aborted";

const eventType = "dns.rollStep";

/** A roll is named after its two keys. */
export function rollName(old: PublicKey, next: PublicKey): string {
  return `${old.keyTag}-${next.keyTag}`;
}

export type RollEventFacts = {
  readonly roll: string;
  readonly step: RollStep;
  readonly because: string;
  readonly server?: string;
  readonly ttlSeconds?: number;
  /** How often servers were seen without the new key before: a step after that is a step of its own. */
  readonly regressions: number;
};

/** The event of a step; the same step of the same roll has the same key. */
export function rollEvent(facts: RollEventFacts): NewEvent {
  const { roll, step, because, server, ttlSeconds, regressions } = facts;
  const key = ["roll", roll, step, server ?? "all", String(regressions)].join("/");
  const data = {
    roll,
    step,
    because,
    ...(server === undefined ? {} : { server }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
  };
  return { type: eventType, data, key };
}

/** What the events of one roll come to; those of other rolls are not looked at. */
export function foldRoll(roll: string, events: readonly JournalEvent[]): RollRecord {
  let record: RollRecord = { regressions: 0 };
  for (const { type, data, atMs } of events) {
    if (type === eventType && data["roll"] === roll) {
      record = next(record, String(data["step"]), atMs, Number(data["ttlSeconds"] ?? 0));
    }
  }
  return record;
}

function next(record: RollRecord, step: string, atMs: number, ttlSeconds: number): RollRecord {
  switch (step) {
    case "started":
      return { ...record, startedAtMs: atMs };
    case "published":
      return { ...record, publishedAtMs: atMs };
    case "regressed": {
      const { publishedAtMs: _, ...rest } = record;
      return { ...rest, regressions: record.regressions + 1 };
    }
    case "delegated":
      return { ...record, delegatedAtMs: atMs, delegationTtlSeconds: ttlSeconds };
    case "retiring":
      return { ...record, retiringAtMs: atMs };
    case "done":
      return { ...record, ended: "done" };
    case "aborted":
      return { ...record, ended: "aborted" };
    default:
      return record;
  }
}
