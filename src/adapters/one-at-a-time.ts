/** A row in which one piece of work is done at a time, in the order of asking, until it is closed. */
import { Failure } from "../core/kernel/failure.ts";

export type Row = {
  /** Resolves or rejects as the work does; with Cancelled when the row was closed before its turn. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Begins nothing more; resolves when what is under way has ended. */
  close(): Promise<void>;
};

/** The row of what is called `name`. */
export function oneAtATime(name: string): Row {
  let isClosed = false;
  let last: Promise<unknown> = Promise.resolve();
  return {
    inTurn<T>(work: () => Promise<T>): Promise<T> {
      const begin = (): Promise<T> => {
        if (isClosed) throw new Failure("Cancelled", `${name} is not looked after any more`);
        return work();
      };
      const mine = last.then(begin, begin);
      last = mine.catch(() => undefined); // Whoever asked is told.
      return mine;
    },
    async close() {
      isClosed = true;
      await last;
    },
  };
}
