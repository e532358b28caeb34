/** Asks the control process again and again for a view, and tells honestly when it does not answer. */
import { useEffect, useState } from "react";

export type Live<T> = {
  /** The last view that was answered. */
  readonly view: T | undefined;
  /** Instant of the request that it answers, on the clock of `performance.now`: what it says is at least so old. */
  readonly askedAtMs: number;
  /** Why there is no newer one; undefined while the process answers. */
  readonly failure: string | undefined;
  /** Older than this, what is shown may be wrong, and the page says so. */
  readonly staleAfterMs: number;
};

const timeoutMs = 5_000;
/** Later than its turn by so much, an answer is late. */
const lateMs = 3_000;

/** The newest view at a path of the control process, for as long as the component is there. */
export function useLive<T>(path: string, everyMs: number): Live<T> {
  const [live, setLive] = useState<Omit<Live<T>, "staleAfterMs">>({
    view: undefined,
    askedAtMs: 0,
    failure: undefined,
  });
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async (): Promise<void> => {
      const askedAtMs = performance.now();
      try {
        const view = await ask<T>(path, stop.signal);
        if (!stop.signal.aborted) setLive({ view, askedAtMs, failure: undefined });
      } catch (thrown) {
        if (stop.signal.aborted) return;
        const failure = thrown instanceof Error ? thrown.message : "it does not answer";
        setLive((before) => ({ ...before, failure }));
      }
      if (!stop.signal.aborted) timer = setTimeout(() => void round(), everyMs); // It catches all.
    };
    void round(); // It catches all that can go wrong.
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs]);
  return { ...live, staleAfterMs: everyMs + lateMs };
}

async function ask<T>(path: string, stop: AbortSignal): Promise<T> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
  const response = await fetch(path, { signal, cache: "no-store" }).catch(() => {
    throw new Error("the control process can not be reached");
  });
  if (response.status === 404) throw new Error("there is no such report");
  if (!response.ok) throw new Error(`the control process answers HTTP ${response.status}`);
  // The process that served this page made it, of the same version: there is nothing to parse.
  return (await response.json()) as T;
}
