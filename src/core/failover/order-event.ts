/** What the journal keeps of a signed order or approval: the text and its signature, so that anybody can verify it years later. */
import type { NewEvent } from "../kernel/event.ts";
import type { Accepting } from "./accept-order.ts";

type Word = {
  readonly text: string;
  readonly signature: string;
  /** The key of the roster that signed; undefined when none did. */
  readonly key: string | undefined;
};

/** The event, or undefined for what nobody of the roster signed: strangers do not write into the journal. */
export function orderEvent(
  { text, signature, key }: Word,
  accepting: Accepting,
): NewEvent | undefined {
  if (key === undefined) return undefined;
  const { verdict, taken } = accepting;
  if (taken === null) {
    const { reason, because } = verdict;
    return { type: "failover.orderRefused", data: { reason, because, text, key } };
  }
  const said =
    taken.kind === "wish"
      ? { person: taken.order.person, order: taken.wish.kind, because: taken.order.because }
      : { person: taken.approval.person, approval: taken.approval.action };
  return { type: "failover.orderTaken", data: { ...said, text, signature, key } };
}
