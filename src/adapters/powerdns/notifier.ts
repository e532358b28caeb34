/**
 * NOTIFY to the secondaries that follow a server. A change is made once the server took it: a NOTIFY that can not be asked for
 * is told, stays owed, and is asked for again with the next look at the zone, until the server took it.
 */
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { notifySecondaries } from "./metadata.ts";
import type { PowerDnsOptions } from "./rest.ts";

export type NotifierOptions = {
  /** Told once for each NOTIFY that is owed, however often it fails again. */
  readonly onOwed?: (failure: Failure) => void;
  /** Every zone is owed one at first: whoever ran before may have ended between a change and its NOTIFY. */
  readonly owedAtStart?: boolean;
};

export interface Notifier {
  /** Asks for it after a change. Never fails. */
  changed(options: PowerDnsOptions, zone: string, signal?: Signal): Promise<void>;
  /** Asks again for one that is owed. Never fails. */
  repeat(options: PowerDnsOptions, zone: string, signal?: Signal): Promise<void>;
}

type State = "sent" | "owed" | "told";

/** One for each process; it remembers what is owed by server and zone. */
export function makeNotifier({ onOwed, owedAtStart = false }: NotifierOptions = {}): Notifier {
  const states = new Map<string, State>();
  const attempt = async (
    options: PowerDnsOptions,
    zone: string,
    signal: Signal | undefined,
  ): Promise<void> => {
    const key = `${options.apiUrl} ${zone}`;
    const before = states.get(key);
    states.set(key, before === "told" ? "told" : "owed");
    try {
      await notifySecondaries(options, zone, signal);
      states.set(key, "sent");
    } catch (thrown) {
      const { code, message } = Failure.from(thrown, options.id);
      // Whoever stops us wants to hear nothing; it stays owed.
      if (code === "Cancelled" || before === "told") return;
      states.set(key, "told");
      onOwed?.(
        new Failure(
          code,
          `the secondaries of ${options.id} are not told of a change yet: ${message}`,
          {
            where: options.id,
            remedy:
              "It is repeated by itself; until then they learn of it when their refresh is due.",
          },
        ),
      );
    }
  };
  return {
    changed: attempt,
    async repeat(options, zone, signal) {
      const state = states.get(`${options.apiUrl} ${zone}`);
      const owed = state === undefined ? owedAtStart : state !== "sent";
      if (owed) await attempt(options, zone, signal);
    },
  };
}
