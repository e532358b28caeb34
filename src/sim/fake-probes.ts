/** FAKE of PowerDNS's health checks: made from the first question on, and without a result until a while later. */
import type { Clock } from "../control/env.ts";
import { checksIn } from "../core/dns/checks-in.ts";
import type { AddressType } from "../core/dns/idioms.ts";

/** A round that has just begun when the first question comes, and a probe that hangs in the next one. */
const firstResultMs = 7_000;

export type FakeProbes = {
  /** Answers a question for a record that makes checks: each address and its state, as `_why` tells it. */
  ask(server: string, type: AddressType, content: string): string;
  /** Whether the server has had a result of the check, by its key. */
  isKnown(server: string, key: string): boolean;
};

/** Checks of all servers; `isUp` says what a probe of an address would find. */
export function fakeProbes(
  clock: Pick<Clock, "monotonicMs">,
  isUp: (address: string) => boolean,
): FakeProbes {
  const asked = new Map<string, number>();
  const isKnown = (server: string, key: string): boolean => {
    const sinceMs = asked.get(`${server} ${key}`);
    return sinceMs !== undefined && clock.monotonicMs() - sinceMs >= firstResultMs;
  };
  return {
    isKnown,
    ask(server, type, content) {
      const words: string[] = [type];
      for (const [key, { address, isSentinel }] of checksIn(content)) {
        const at = `${server} ${key}`;
        if (!asked.has(at)) asked.set(at, clock.monotonicMs());
        const up = isUp(address) && isKnown(server, key);
        if (!isSentinel) words.push(`${address}=${up ? "up" : "not-up"}`);
      }
      return words.join(" ");
    },
  };
}
