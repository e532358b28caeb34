/** A wait with a limit: the agent never depends on the moment at which somebody else answers. */
import { AssertionError } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { makeAbort } from "../abort.ts";
import type { Clock, Signal } from "../env.ts";

/**
 * What `start` gives, or a failure `TimedOut` after `limitMs`, whose answer counts for nothing then. The signal that it is given is over
 * when the wait is, whoever ended it. A bug of ours comes through as the AssertionError that it is.
 */
export function within<T>(
  clock: Clock,
  limitMs: number,
  what: string,
  start: (signal: Signal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const wait = makeAbort();
    // Neither rejects here, so that nothing is left to be waited for.
    void clock.sleep(limitMs, wait.signal).then(() => {
      if (wait.signal.aborted) return;
      wait.abort();
      reject(new Failure("TimedOut", `${what} took longer than ${limitMs} ms`));
    });
    start(wait.signal).then(
      (value) => {
        wait.abort();
        resolve(value);
      },
      (thrown: unknown) => {
        wait.abort();
        reject(thrown instanceof AssertionError ? thrown : Failure.from(thrown, what));
      },
    );
  });
}
