/** A clock for what is shown: numbers that run out do so between two answers, too. */
import { useEffect, useState } from "react";

/** The instant on the clock of `performance.now`, anew every `everyMs`. */
export function useNow(everyMs: number): number {
  const [nowMs, setNowMs] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(performance.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}
