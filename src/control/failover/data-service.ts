/** One data service of this region, behind the adapter of its kind; `severalServices` puts those of a group together. */
import type { ServiceFacts } from "../../core/failover/facts.ts";
import type { Signal } from "../env.ts";

export type ServiceReading = {
  readonly facts: ServiceFacts;
  /** Sentences why a failover would not work now; the readiness of the region is red with one. */
  readonly notReady: readonly string[];
};

/** What is asked twice is done once; what is asked later counts. */
export interface DataService {
  /** As in the group. */
  readonly name: string;
  /** Resolves when it takes no writes any more, which is also so where it follows the peer; ends a promotion that is under way. */
  fence(because: string, signal?: Signal): Promise<void>;
  /**
   * Resolves when it is promoted and was seen to take a write. Never undone. Refused with PromotionRefused unless the watchdog holds a
   * live tenure of exactly this epoch at the moment at which writes would begin.
   */
  promote(epoch: number, signal?: Signal): Promise<void>;
  /** Whether commits wait for the peer's standby; a restart of the service makes it `required`. */
  setSync(sync: "required" | "relaxed", signal?: Signal): Promise<void>;
  /** As it is now. */
  measure(signal?: Signal): Promise<ServiceReading>;
  /**
   * Makes this region's copy follow the peer's writable one: begins, is rewound, or is copied anew beside the old one, which goes only
   * after the new one was seen to follow. Refused with PromotionRefused while a tenure is live here. Takes as long as copying takes.
   */
  follow(signal?: Signal): Promise<void>;
}

/** What one look says of both copies of a service, for deciding whether this one may follow. */
export type CopyReading = {
  /** Whether this copy streams from the peer's. */
  readonly isFollowing: boolean;
  /** The highest epoch of a promotion that this copy knows of; null where it has none, or does not answer. */
  readonly epochHere: number | null;
  /** The peer's server; null when it does not answer. */
  readonly peer: { readonly isWritable: boolean; readonly epoch: number } | null;
};

/**
 * Where the log of a service stops while its commits do not wait for the peer's copy. What is published is a promise: nothing beyond it
 * is acknowledged before more of it was allowed, whoever is stopped or dies meanwhile (ADR 48).
 */
export interface LogCeiling {
  /** What may be published now in place of its position, in bytes of its log; null while nothing stops it. Never below what is allowed. */
  next(): number | null;
  /** Whoever would take over is told of it by now: commits of that tenure may go so far. A lower one than before changes nothing. */
  allow(position: number, epoch: number): void;
}

/** A data service whose copies follow one another by themselves, and that has to be looked after between two decisions of the agent. */
export interface FollowingService extends DataService {
  /** Absent where nothing stops its log: what it would lose is then known only from below. */
  readonly ceiling?: LogCeiling;
  look(signal?: Signal): Promise<CopyReading>;
  /** Starts a server that does not run, behind its gate; one that fell within its own live tenure is promoted again. */
  tend(signal?: Signal): Promise<void>;
}
