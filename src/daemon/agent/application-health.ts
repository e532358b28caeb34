/**
 * Whether Applications say themselves that they are ready, asked in the background: the health path answers by what is known already and
 * never waits for anybody.
 */
import { bounded } from "../../adapters/bounded.ts";
import type { Clock, Signal } from "../../control/env.ts";
import type { FailingApplication } from "../../core/failover/application-failure.ts";

export type ApplicationReadiness = { readonly isReady: boolean; readonly because: string };

export type ApplicationHealth = {
  /** What the Application said last; one that is not asked is ready. */
  of(name: string): ApplicationReadiness;
  /** Those that said lately that they are not ready, or said nothing when they were asked. */
  failing(): readonly FailingApplication[];
  /** Those that said lately that they are ready. */
  working(): readonly string[];
  /** Asks all of them, again and again, until the signal is given. */
  run(signal: Signal): Promise<void>;
};

export type ApplicationHealthOptions = {
  /** Where each is asked, by its name. */
  readonly urls: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly everyMs?: number;
  readonly limitMs?: number;
};

type Said = ApplicationReadiness & {
  readonly atMs: number;
  /** Since when it has said so, each time that it was asked. */
  readonly sinceMs: number;
};

/** What was said longer ago than this many rounds is not believed. */
const roundsBelieved = 4;

/** Nothing is asked before `run`. */
export function applicationHealth(options: ApplicationHealthOptions): ApplicationHealth {
  const { urls, clock, everyMs = 1_000, limitMs = 1_000 } = options;
  const said = new Map<string, Said>();
  const isOld = ({ atMs }: Said): boolean =>
    clock.monotonicMs() - atMs > roundsBelieved * (everyMs + limitMs);
  const ask = async (name: string, url: string, signal: Signal): Promise<void> => {
    const answer = await askOne(url, limitMs, signal);
    const before = said.get(name);
    const atMs = clock.monotonicMs();
    const isSame = before?.isReady === answer.isReady && !isOld(before);
    said.set(name, { ...answer, atMs, sinceMs: isSame ? before.sinceMs : atMs });
  };
  return {
    of(name) {
      if (!Object.hasOwn(urls, name)) return { isReady: true, because: "it is not asked" };
      const last = said.get(name);
      if (last === undefined) return { isReady: false, because: `${name} was not asked yet` };
      return isOld(last) ? { isReady: false, because: `${name} was asked too long ago` } : last;
    },
    failing: () =>
      [...said].flatMap(([name, last]) => {
        const forMs = clock.monotonicMs() - last.sinceMs;
        return last.isReady || isOld(last) ? [] : [{ name, forMs, because: last.because }];
      }),
    working: () =>
      [...said].flatMap(([name, last]) => (last.isReady && !isOld(last) ? [name] : [])),
    async run(signal) {
      const places = Object.entries(urls);
      while (!signal.aborted && places.length > 0) {
        await Promise.all(places.map(([name, url]) => ask(name, url, signal)));
        await clock.sleep(everyMs, signal);
      }
    },
  };
}

/** One question; never fails. */
async function askOne(url: string, limitMs: number, signal: Signal): Promise<ApplicationReadiness> {
  const limit = bounded(limitMs, signal);
  try {
    const response = await fetch(url, { redirect: "error", signal: limit.signal });
    await response.body?.cancel();
    const because = `${url} answers ${response.status}`;
    return { isReady: response.status >= 200 && response.status < 300, because };
  } catch {
    const why = limit.isLate() ? `does not answer within ${limitMs} ms` : "can not be reached";
    return { isReady: false, because: `${url} ${why}` };
  } finally {
    limit.end();
  }
}
