/**
 * What two agents say to each other, over the mesh or signed through public resolvers. Every message may be lost, late, doubled
 * or out of order. The transport signs it and tells who sent it.
 */
import type { OpenRound } from "./record.ts";

export type PeerMessage =
  /** "Stand back in this round": to promise, or to grant from the moment of `seq`. */
  | ({
      readonly kind: "ask";
      readonly seq: number;
      /** What the asker's record at the witness says of the peer's standby; an arbiter takes over by that. */
      readonly sync: "in_sync" | "degraded" | "none";
    } & OpenRound)
  /** "I stand back": durable at the sender before it was sent. */
  | ({ readonly kind: "consent"; readonly seq: number } & OpenRound)
  /** "I am back on a live lease: you are free of this round." */
  | { readonly kind: "giveBack"; readonly epoch: number; readonly round: number }
  /** "I am free of this round and of all before it": durable at the sender before it was sent. */
  | { readonly kind: "givenBack"; readonly epoch: number; readonly round: number }
  /** An agent without a record: "did I promise you something that is outstanding?" */
  | {
      readonly kind: "clearAsk";
      readonly nonce: string;
      /** The highest epoch that it knows of, the witness's among them. */
      readonly epochSeen: number;
    }
  /** `unknown` when the sender has no record itself. */
  | {
      readonly kind: "clear";
      readonly nonce: string;
      readonly outstanding: "none" | "some" | "unknown";
      readonly epochSeen: number;
      /** The highest round that the sender ever opened; with `none`, all up to it are over, whatever still arrives of them. */
      readonly roundIssued: number;
    };
