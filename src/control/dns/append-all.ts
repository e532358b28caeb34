/** Many events of one round, journalled with few commits. */
import type { NewEvent } from "../../core/kernel/event.ts";
import type { Journal } from "../env.ts";

/** Events that wait at a time: enough for a journal that commits in groups, and far from filling its queue. */
export const eventsAtOnce = 500;

/** Appends all events in their order; resolves once all are durable. */
export async function appendAll(journal: Journal, events: readonly NewEvent[]): Promise<void> {
  for (let at = 0; at < events.length; at += eventsAtOnce) {
    await Promise.all(events.slice(at, at + eventsAtOnce).map((event) => journal.append(event)));
  }
}
