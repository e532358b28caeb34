/**
 * The agent's journal: a file stream that may fail. A disk that is full or broken stops nothing that the agent does, is told as not
 * ready, and is tried again; what could not be kept meanwhile is counted. The newest events stay in memory for whoever asks.
 */
import { type FileJournal, openFileJournal } from "../../adapters/journal/file-journal.ts";
import { lastEvents } from "../../adapters/journal/read-events.ts";
import type { Clock, Journal, Log } from "../../control/env.ts";
import { factsOf } from "../../core/journal/event-facts.ts";
import { Failure } from "../../core/kernel/failure.ts";

export type TailLine = { readonly atMs: number; readonly type: string; readonly text: string };

export type AgentJournal = Journal & {
  /** The newest events, newest last; at most 50. */
  tail(): readonly TailLine[];
  /** Why nothing can be kept now; null while everything is. */
  failure(): Failure | null;
  /** Tries to open it again when it failed and its pause is over. */
  tryAgain(): void;
  close(): Promise<void>;
};

export type AgentJournalOptions = {
  readonly folder: string;
  readonly stream: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Pause between two attempts to open it again; default 5,000 ms. */
  readonly againAfterMs?: number;
};

const tailLength = 50;

/** A journal that is being opened; nobody has to wait for that. */
export function agentJournal(options: AgentJournalOptions): AgentJournal {
  const { clock, log, folder, againAfterMs = 5_000 } = options;
  let tail: TailLine[] = [];
  let file: FileJournal | undefined;
  let failure: Failure | null = null;
  let triedAtMs = clock.monotonicMs();
  let lost = 0;
  let isClosed = false;

  const fail = (thrown: unknown): Failure => {
    const told = Failure.from(thrown, folder);
    if (failure === null) log.error("the journal can not be written", { failure: told.toJson() });
    failure = told;
    return told;
  };
  const open = async (): Promise<void> => {
    triedAtMs = clock.monotonicMs();
    try {
      // It failed; what it could keep is kept.
      await file?.close().catch(() => undefined);
      file = undefined;
      const opened = await openFileJournal(options);
      file = opened;
      const { cut } = opened;
      if (cut !== undefined) await opened.append({ type: "journal.tailCut", data: cut });
      if (lost > 0) await opened.append({ type: "journal.eventsLost", data: { events: lost } });
      lost = 0;
      failure = null;
    } catch (thrown) {
      fail(thrown);
    }
  };
  const before = linesBefore(folder).then((lines) => {
    tail = [...lines, ...tail].slice(-tailLength);
  });
  let opening: Promise<void> | undefined = before.then(open).finally(() => {
    opening = undefined;
  });
  const tryAgain = (): void => {
    const isDue = failure !== null && clock.monotonicMs() - triedAtMs >= againAfterMs;
    if (!isDue || isClosed || opening !== undefined) return;
    opening = open().finally(() => {
      opening = undefined;
    });
  };
  return {
    tail: () => tail,
    failure: () => failure,
    tryAgain,
    async append(event) {
      tail = [...tail, { atMs: clock.nowMs(), type: event.type, text: factsOf(event.data) }];
      tail = tail.slice(-tailLength);
      tryAgain();
      await opening;
      try {
        if (file === undefined) throw failure ?? new Failure("JournalUnwritable", "it is closed");
        return await file.append(event);
      } catch (thrown) {
        lost += 1;
        throw fail(thrown);
      }
    },
    async close() {
      isClosed = true;
      await opening;
      await file?.close();
      file = undefined;
    },
  };
}

/** What the process before this one wrote last; nothing where it can not be read. */
async function linesBefore(folder: string): Promise<readonly TailLine[]> {
  const last = await lastEvents(folder, tailLength, () => true).catch(() => undefined); // Opening tells why.
  const events = last?.events ?? [];
  return events.map(({ atMs, type, data }) => ({ atMs, type, text: factsOf(data) }));
}
