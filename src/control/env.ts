/**
 * The ports: all that a controller may touch outside its own memory (DESIGN §4).
 * Real adapters are in `src/adapters`, fakes in `src/sim`; both pass the suites in `test/contract`.
 */
import type { DnsAnswer, Rrset, RrsetChange } from "../core/dns/model.ts";
import type { JournalEvent, NewEvent } from "../core/kernel/event.ts";
import type { Failure } from "../core/kernel/failure.ts";
import type { JsonObject } from "../core/kernel/json.ts";
import type { Random } from "../core/kernel/random.ts";
import type { LeaseRecord } from "../core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../core/lease/request.ts";
import type { DocumentProblem, ParsedDocument } from "../core/resources/document.ts";

/** The part of `AbortSignal` that controllers use; both Node's and the simulator's satisfy it. */
export interface Signal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

export interface Clock {
  /** Wall time, milliseconds since the Unix epoch; may jump. For people and the journal. */
  nowMs(): number;
  /** Milliseconds since some start; never jumps. For measuring and for deadlines. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: Signal): Promise<void>;
}

export interface Journal {
  /** Resolves once the event is durable. An event with a known `key` adds nothing and returns the first one. */
  append(event: NewEvent): Promise<JournalEvent>;
}

export interface Log {
  debug(message: string, fields?: JsonObject): void;
  info(message: string, fields?: JsonObject): void;
  warn(message: string, fields?: JsonObject): void;
  error(message: string, fields?: JsonObject): void;
}

/** Names are fixed in `adapters/metrics`; labels have few values. */
export interface Metrics {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  observe(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}

export type SourceSnapshot = {
  /** Commit hash, or a digest of a folder's contents. */
  readonly revision: string;
  readonly documents: readonly ParsedDocument[];
  /** Files that are not YAML at all. */
  readonly problems: readonly DocumentProblem[];
  /** Set when the source could not be read now and this is its last good revision. */
  readonly stale?: Failure;
};

export interface DocumentSource {
  /** The newest readable revision; fails with `SourceUnavailable` only when there never was one. */
  read(signal?: Signal): Promise<SourceSnapshot>;
}

export type LeftZone = { readonly zone: string; readonly rrsets: number };

/** One authoritative server's zone, as its API gives and takes it. */
export interface NameServer {
  /** `{name} of {cluster}`, for messages. */
  readonly id: string;
  /** All rrsets of the zone. Fails with NameServerUnreachable, NameServerUnauthorized or ZoneMissing. */
  readZone(zone: string, signal?: Signal): Promise<readonly Rrset[]>;
  /** Applies all changes or none. Also fails with NameServerRefused. At most `batchChangesMax` changes a call. */
  change(zone: string, changes: readonly RrsetChange[], signal?: Signal): Promise<void>;
  /** Drops what the server remembers of its answers for the zone, so that it answers what it holds. */
  forget(zone: string, signal?: Signal): Promise<void>;
  /** Other zones of the server that hold rrsets of ours, as after the Sovereign's domain changed. */
  leftZones(zone: string, signal?: Signal): Promise<readonly LeftZone[]>;
  /** Pause between two rounds of its health checks; undefined when it does not tell. */
  probeIntervalMs(signal?: Signal): Promise<number | undefined>;
}

export type DnsEndpoint = { readonly address: string; readonly port: number };

export interface DnsClient {
  /** One question, one answer, over UDP with TCP after truncation; fails with TimedOut or NameServerUnreachable. */
  query(server: DnsEndpoint, name: string, type: string, signal?: Signal): Promise<DnsAnswer>;
}

/** One lease for each slot, outside every region (DESIGN §7.2). Passes test/contract/witness.ts, whatever is behind it. */
export interface Witness {
  /** Its kind and address without credentials, for messages. */
  readonly id: string;
  /** The record of the slot, from its authority and never from a copy; `rev` 0 when there never was one. */
  read(slot: string, signal?: Signal): Promise<LeaseRecord>;
  /**
   * Does or refuses what is asked, once, however often it is sent. Fails with WitnessUnreachable (unknown whether it was done),
   * WitnessUnauthorized or WitnessRefused (it was not).
   */
  ask(slot: string, request: LeaseRequest, signal?: Signal): Promise<LeaseReply>;
}

/** A store with nothing but compare-and-set; `adapters/witness/register-witness.ts` makes a witness of one. */
export interface LeaseRegister {
  readonly id: string;
  /** The register's own clock when it read, or null where it has none. */
  read(
    slot: string,
    signal?: Signal,
  ): Promise<{ readonly record: LeaseRecord; readonly nowMs: number | null }>;
  /** Writes the record only where the slot's `rev` still is `expectedRev`; whether it did. */
  cas(slot: string, expectedRev: number, record: LeaseRecord, signal?: Signal): Promise<boolean>;
}

/** What every controller is given; a controller takes further ports as arguments of its own. */
export type Env = {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly log: Log;
  readonly metrics: Metrics;
};
