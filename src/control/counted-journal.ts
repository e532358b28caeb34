/** A journal that counts what it takes in. */
import type { Journal, Metrics } from "./env.ts";

/** The same journal; each new durable event adds one to `sovereign_journal_events_total`. */
export function countedJournal(journal: Journal, metrics: Metrics): Journal {
  let countedSeq = 0;
  return {
    async append(event) {
      const appended = await journal.append(event);
      // An event that its key found again is not a new one.
      if (appended.seq > countedSeq) {
        countedSeq = appended.seq;
        metrics.count("sovereign_journal_events_total", { type: appended.type });
      }
      return appended;
    },
  };
}
