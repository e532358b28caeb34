/** What clients of a witness did and saw, on one monotonic clock; the checkers of leases read it. */
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../../core/lease/request.ts";

export type LeaseOutcome =
  | { readonly kind: "read"; readonly record: LeaseRecord }
  | { readonly kind: "reply"; readonly reply: LeaseReply }
  /** Done, not done, or done later: nobody was told. */
  | { readonly kind: "unknown" }
  /** Certainly not done. */
  | { readonly kind: "refused" };

export type LeaseOperation = {
  readonly client: string;
  readonly slot: string;
  /** Null: a read. */
  readonly request: LeaseRequest | null;
  readonly invokedAtMs: number;
  /** Without meaning where the outcome is unknown. */
  readonly returnedAtMs: number;
  readonly outcome: LeaseOutcome;
};

/** What of the contract a history breaks; stable words, asserted by tests. */
export type LeaseViolationReason =
  /** Two clients were shown different records under one revision. */
  | "TwoRecordsOneRevision"
  /** A record that no request can have written. */
  | "NobodyWrote"
  /** One request was done more than once. */
  | "DoneTwice"
  /** A live lease was given to somebody else. */
  | "HeldTaken"
  /** A request that had been decided on an older revision was done. */
  | "StaleAccepted"
  /** A renewal or a release by somebody who no longer held it was done. */
  | "LostAccepted"
  /** A write did not make of the record before what the request says. */
  | "WrongTransition"
  /** An answer that the record beside it does not justify. */
  | "WrongAnswer"
  /** An epoch was given to two grants. */
  | "EpochGivenTwice"
  /** A later grant has a smaller epoch. */
  | "EpochWentBack"
  /** Somebody saw an older record after a newer one had been acknowledged. */
  | "StaleRead"
  /** An acknowledged write was never seen again. */
  | "AcknowledgedWriteLost"
  /** A lease was given to somebody else before its TTL had passed on the recorder's own clock. */
  | "TakenEarly";

export type LeaseViolation = {
  readonly reason: LeaseViolationReason;
  readonly slot: string;
  /** The revision at which it shows. */
  readonly rev: number;
  readonly because: string;
};
