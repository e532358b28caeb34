/**
 * What two agents say to each other, over the mesh or signed through public resolvers. Every message may be lost, late, doubled
 * or out of order. The transport signs it and tells who sent it.
 */
import type { OpenRound } from "./record.ts";

export type PeerMessage =
  /** "Stand back in this round": to promise, or to grant from the moment of `seq`. */
  | ({ readonly kind: "ask"; readonly seq: number } & OpenRound)
  /** "I stand back": durable at the sender before it was sent. */
  | ({ readonly kind: "consent"; readonly seq: number } & OpenRound)
  /** "I am back on a live lease: you are free of this round." */
  | { readonly kind: "giveBack"; readonly epoch: number; readonly round: number }
  /** "I am free of this round and of all before it": durable at the sender before it was sent. */
  | { readonly kind: "givenBack"; readonly epoch: number; readonly round: number }
  /** A restarted asker: "does your promise of this round still stand?" */
  | {
      readonly kind: "confirmAsk";
      readonly nonce: string;
      readonly epoch: number;
      readonly round: number;
    }
  | {
      readonly kind: "confirm";
      readonly nonce: string;
      readonly epoch: number;
      readonly round: number;
      readonly stands: boolean;
    }
  /** An agent without a record: "did I promise you something that is outstanding?" */
  | { readonly kind: "clearAsk"; readonly nonce: string }
  /** `unknown` when the sender has no record itself. */
  | {
      readonly kind: "clear";
      readonly nonce: string;
      readonly outstanding: "none" | "some" | "unknown";
      readonly epochSeen: number;
    };
