/** Several ways to the same thing, each begun when the one before it failed or took its time; the first that succeeds counts. */

export type Attempt<T> = {
  /** For messages. */
  readonly name: string;
  /** Rejects with what went wrong. */
  run(signal: AbortSignal): Promise<T>;
};

export type Hedged<T> =
  | { readonly ok: true; readonly value: T; readonly by: string }
  | { readonly ok: false; readonly because: string };

/**
 * Begins the first attempt at once and each further one `headStartMs` after the one before it, or when that failed. Ends all that is
 * under way when one succeeded, when all failed, and when `signal` is given. Never rejects.
 */
export function hedged<T>(
  attempts: readonly Attempt<T>[],
  headStartMs: number,
  signal: AbortSignal,
): Promise<Hedged<T>> {
  return new Promise((resolve) => {
    const stop = new AbortController();
    const reasons: string[] = [];
    let begun = 0;
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    const end = (result: Hedged<T>): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", late);
      stop.abort();
      resolve(result);
    };
    const late = (): void => {
      const words = [...reasons, "the rest did not answer in time"].join("; ");
      end({ ok: false, because: words });
    };
    const next = (): void => {
      clearTimeout(timer);
      const attempt = attempts[begun];
      if (isOver || attempt === undefined) return;
      begun += 1;
      timer = setTimeout(next, headStartMs);
      attempt.run(stop.signal).then(
        (value) => end({ ok: true, value, by: attempt.name }),
        (thrown: unknown) => {
          reasons.push(`${attempt.name}: ${thrown instanceof Error ? thrown.message : "failed"}`);
          if (reasons.length === attempts.length) end({ ok: false, because: reasons.join("; ") });
          else if (reasons.length === begun) next();
        },
      );
    };
    signal.addEventListener("abort", late, { once: true });
    if (signal.aborted) late();
    else next();
  });
}
