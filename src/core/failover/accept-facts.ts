/** What is looked at when an agent judges a signed order or approval. */
import type { Approver, CheckedApproval } from "./approvals.ts";
import type { Order } from "./order-text.ts";

/** What an agent knows of itself and of people. */
export type OrderDesk = {
  /** The Sovereign's domain. */
  readonly sovereign: string;
  /** This agent's cluster. */
  readonly region: string;
  readonly group: string;
  /** Whose words count for this group, from the roster of the last good documents. */
  readonly approvers: readonly Approver[];
  /** The epoch that an approval has to name now (`approvalEpoch`). */
  readonly knownEpoch: number;
  /** Nonces that the record at the witness says are used. */
  readonly usedNonces: readonly string[];
};

/** An approval that was taken, as far as the rules look at it again. */
export type TakenApproval = Pick<
  CheckedApproval,
  "person" | "action" | "expectedEpoch" | "expiresAtMs"
> & { readonly key: string };

/** What was taken and did not run out yet; plain data, so that it can be kept over a restart. */
export type OrderMemory = {
  readonly nonces: readonly {
    readonly nonce: string;
    readonly person: string;
    readonly expiresAtMs: number;
  }[];
  readonly approvals: readonly TakenApproval[];
};

export type Submission = {
  readonly text: string;
  /** The key of the roster that signed exactly this text under `orderNamespace`; undefined when none did. */
  readonly key: string | undefined;
  readonly wallAtMs: number;
  readonly desk: OrderDesk;
  readonly memory: OrderMemory;
};

/** What a text says, whichever of the two it is. */
export type Said = {
  readonly person: string;
  readonly sovereign: string;
  readonly group: string;
  readonly expiresAtMs: number;
  readonly nonce: string;
  /** For sentences: `the order to arm`. */
  readonly name: string;
  /** Whether somebody with these roles may say it. */
  readonly isGivenBy: (roles: Approver["roles"]) => boolean;
} & (
  | { readonly kind: "wish"; readonly order: Order }
  | { readonly kind: "approval"; readonly approval: CheckedApproval }
);
