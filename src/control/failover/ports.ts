/**
 * What a region agent may touch beside `Env` and the witness (DESIGN §2). Each port is one thing that can fail by itself: a disk, an
 * API server, the peer, the watchdog, the data services, public resolvers. The agent puts a limit on every promise it is given.
 */
import type { DataFacts, Evidence } from "../../core/failover/facts.ts";
import type { PeerMessage } from "../../core/failover/message.ts";
import type { AgentRecord, RecordCopy } from "../../core/failover/record.ts";
import type { Tenure } from "../../core/failover/watchdog.ts";
import type { Signal, Witness } from "../env.ts";

/** One durable place of the agent's record: the local disk, the region's API server. */
export interface RecordStore {
  /** For messages: `disk`, `api-server`. */
  readonly id: string;
  /** Missing and torn copies are answers; a store that does not answer fails. */
  read(signal?: Signal): Promise<RecordCopy>;
  /** Resolves once the record is durable; after a failure it may be there or not. An older version never replaces a newer one. */
  write(record: AgentRecord, signal?: Signal): Promise<void>;
}

/** The peer's agent, over any path. Messages may be lost, late, doubled or out of order; the transport says truly who sent them. */
export interface PeerLink {
  /** Resolves when the message is on its way, which says nothing about its arrival. */
  send(message: PeerMessage, signal?: Signal): Promise<void>;
  /** Gives every message that arrives, until the returned function is called. */
  listen(take: (message: PeerMessage) => void): () => void;
}

/**
 * The process beside this one that fences when the agent does not (`core/failover/watchdog.ts`): at the deadline, and when it sees
 * a clock gap itself, because an agent that is gone can not see one.
 */
export interface WatchdogLink {
  /** The tenure that it holds, when it never stopped since that was left with it; null when it holds none. */
  read(signal?: Signal): Promise<Tenure | null>;
  /** Hands the tenure over; in order, and also when the agent stops in the next moment (a write to a pipe). */
  set(tenure: Tenure | null): void;
  /** Calls when the watchdog is gone or does not answer, each time it is. */
  onLost(take: () => void): () => void;
}

/** The data services of this region, behind one adapter for each kind. What is asked twice is done once. */
export interface DataServices {
  /** Resolves when no service takes writes any more; asked again it tries again. It ends every promotion that is under way. */
  fence(because: string, signal?: Signal): Promise<void>;
  /**
   * Resolves when the service is promoted, and was seen to take a write. Never undone. Refused unless the watchdog holds a live
   * tenure of exactly this epoch at the moment at which writes would begin.
   */
  promote(service: string, epoch: number, signal?: Signal): Promise<void>;
  /** Whether commits wait for the peer's standby; what is asked later counts, and a restart of the database makes it `required`. */
  setSync(sync: "required" | "relaxed", signal?: Signal): Promise<void>;
  /** As it is now. */
  measure(signal?: Signal): Promise<Omit<DataFacts, "atMs">>;
}

/** What public resolvers show, by signed answers to fresh nonces (facts of failover §3.3). */
export interface EvidenceSource {
  look(signal?: Signal): Promise<Omit<Evidence, "atMs">>;
}

export type AgentPorts = {
  readonly witness: Witness;
  /** At least one. */
  readonly stores: readonly RecordStore[];
  readonly peer: PeerLink;
  readonly watchdog: WatchdogLink;
  readonly data: DataServices;
  readonly evidence: EvidenceSource;
};
