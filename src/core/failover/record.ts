/**
 * What an agent must not forget (DESIGN §2, *Promises and tenure*). It is acknowledged only when every configured store has it;
 * copies that are missing or differ count as no record.
 */
import type { WitnessLossPolicy } from "./group.ts";

/** A round in which this region asked its peer to stand back; open until the peer gave it back. */
export type OpenRound = {
  readonly policy: Exclude<WitnessLossPolicy, "fence">;
  readonly epoch: number;
  readonly round: number;
};

/** What this region promised its peer: not to take the lease (`sticky`), or to grant the peer's authority (`peerArbiter`). */
export type PromiseGiven = OpenRound;

export type AgentRecord = {
  /** Grows with every write; the copies of two stores are the same record only when all of it is equal. */
  readonly version: number;
  /** May take the lease by itself; only a person or the rules of arming change it. */
  readonly armed: boolean;
  /** The highest epoch that this region ever saw, at the witness, at its peer or by a person; the witness never goes below it. */
  readonly epochSeen: number;
  /** The highest round that this region ever opened; rounds are never used twice. */
  readonly roundIssued: number;
  /** The highest epoch and round of the peer's that were given back; a late question of an older one is not answered. */
  readonly givenBack: { readonly epoch: number; readonly round: number };
  /** Begun without memory: not armed before it is clear that nothing promised is outstanding. */
  readonly unclear: boolean;
  /** The highest epoch in which this region itself had authority, at the witness or without it. */
  readonly epochHeld: number;
  /** The epoch that this region took without the witness, until the witness shows one at or above it; the peer stays bound so long. */
  readonly epochOwn: number | null;
  /** With `epochOwn`: the highest epoch that was known before, below which a witness lost its memory; else 0. */
  readonly epochBeforeOwn: number;
  readonly open: OpenRound | null;
  readonly promise: PromiseGiven | null;
};

/** What one store gave when it was read. */
export type RecordCopy =
  | { readonly kind: "present"; readonly record: AgentRecord }
  | { readonly kind: "missing" }
  | { readonly kind: "unreadable" };
