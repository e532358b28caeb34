/** Whether an API server would let us make a request: asking is no request of that kind, and changes nothing. */
import type { Signal } from "../env.ts";
import type { RequestAsked } from "./as-declared.ts";
import type { Refusal } from "./refusal.ts";

export type Reviewed = {
  readonly kind: "reviewed";
  readonly isAllowed: boolean;
  /** The server's own words, such as the role that gives the right; empty when it has none. */
  readonly because: string;
};

/** Every user may ask this about himself, by Kubernetes's own role `system:basic-user`. */
export interface AccessReviews {
  mayI(asked: RequestAsked, signal?: Signal): Promise<Reviewed | Refusal>;
}
