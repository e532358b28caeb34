/** Asks the control process for its view once a second, and tells honestly when it does not answer. */
import { useEffect, useState } from "react";
import type { TopologyView } from "../core/view/topology-view.ts";

export type Live = {
  /** The last view that was answered. */
  readonly view: TopologyView | undefined;
  /** Instant of the request that it answers, on the clock of `performance.now`: what it says is at least so old. */
  readonly askedAtMs: number;
  /** Why there is no newer one; undefined while the process answers. */
  readonly failure: string | undefined;
};

const everyMs = 1_000;
const timeoutMs = 5_000;

/** The newest view, for as long as the component is there. */
export function useLiveTopology(): Live {
  const [live, setLive] = useState<Live>({ view: undefined, askedAtMs: 0, failure: undefined });
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async (): Promise<void> => {
      const askedAtMs = performance.now();
      try {
        const view = await ask(stop.signal);
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
  }, []);
  return live;
}

async function ask(stop: AbortSignal): Promise<TopologyView> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
  const response = await fetch("/v1/topology", { signal, cache: "no-store" }).catch(() => {
    throw new Error("the control process can not be reached");
  });
  if (!response.ok) throw new Error(`the control process answers HTTP ${response.status}`);
  // The process that served this page made it, of the same version: there is nothing to parse.
  return (await response.json()) as TopologyView;
}
