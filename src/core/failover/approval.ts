/** A person's signed word (DESIGN §7.7), as it stands after its signature was checked against the roster. */
import type { ApprovedAction } from "../resources/failover-words.ts";

export { type ApprovedAction, approvedActions } from "../resources/failover-words.ts";

export type Approval = {
  readonly person: string;
  readonly group: string;
  readonly action: ApprovedAction;
  /** The epoch at the witness that the person saw; another one makes it void. */
  readonly expectedEpoch: number;
  /** The most bytes that may be lost; 0 for a lossless action. */
  readonly maxLossBytes: number;
  /** Wall time. */
  readonly expiresAtMs: number;
  readonly nonce: string;
};
