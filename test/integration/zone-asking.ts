/** Clients of a validating recursor that ask without a pause, and remember every answer that nobody may ever get. */
import type { DnsEndpoint } from "../../src/control/env.ts";
import { testDnsClient } from "./dns-query.ts";

export type Asking = {
  /** What was wrong, one line each: SERVFAIL is how a resolver says bogus. */
  readonly wrong: readonly string[];
  readonly asked: () => number;
  /** From now on these addresses are right, and no others. */
  readonly allow: (addresses: readonly string[]) => void;
  /** Resolves after `count` more answers to questions that begin after this call. */
  readonly more: (count: number) => Promise<void>;
  readonly end: () => Promise<void>;
};

export type AskingFacts = {
  readonly recursor: DnsEndpoint;
  /** Names that must answer with an address, all the time. */
  readonly names: readonly string[];
  /** Names below it are answered by a wildcard, and are new each time, so that no cache stands between. */
  readonly wildcard: string;
  readonly planned: readonly string[];
};

/** Begins to ask. */
export function startAsking({ recursor, names, wildcard, planned }: AskingFacts): Asking {
  const wrong: string[] = [];
  let allowed: readonly string[] = planned;
  let asked = 0;
  let ended = false;
  const ask = async (name: string, type: "A" | "AAAA" | "SOA"): Promise<void> => {
    const before = allowed;
    const { rcode, records } = await testDnsClient.query(recursor, name, type);
    const right = [...before, ...allowed];
    const data = records.filter((record) => record.type === type).map((record) => record.data);
    const outside = type === "A" ? data.filter((address) => !right.includes(address)) : [];
    const empty = type !== "AAAA" && data.length === 0;
    if (rcode !== "NOERROR" || outside.length > 0 || empty) {
      wrong.push(`${type} ${name}: ${rcode} ${data.join(",")}`);
    }
    asked += 1;
  };
  const running = (async () => {
    for (let round = 0; !ended; round++) {
      const fresh = `any-${round}-${Math.random().toString(36).slice(2)}.${wildcard}`;
      await Promise.all([
        ...names.map((name) => ask(name, "A")),
        // A proof that there is no such record has to validate as well.
        ...names.map((name) => ask(name, "AAAA")),
        ask(fresh, "A"),
        ask(wildcard, "SOA"),
      ]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  running.catch((thrown: unknown) => wrong.push(`the client failed: ${String(thrown)}`));
  return {
    wrong,
    asked: () => asked,
    allow: (addresses) => {
      allowed = addresses;
    },
    async more(count) {
      const enough = asked + count + 2 * names.length + 2;
      while (asked < enough && wrong.length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async end() {
      ended = true;
      await running;
    },
  };
}
