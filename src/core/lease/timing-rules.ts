/**
 * Which times of a lease go together (DESIGN §7.4, facts of failover §3.1, ADR 28). What is refused is refused with the arithmetic,
 * and with what would make it legal. The place of Patroni's `loop_wait + 2·retry_timeout <= ttl` is taken by `TriesFit`.
 */
import { decide, type Rule, type Verdict } from "../kernel/verdict.ts";
import { leaseBounds } from "./request.ts";
import { authorityMs, type LeaseTiming, outwaitMs } from "./timing.ts";

/** A data service and how long it takes, at most, from being told to stop until its last write is refused. */
export type StopTime = {
  readonly name: string;
  /** null when nobody stated it. */
  readonly stopWithinMs: number | null;
};

export type TimingFacts = { readonly timing: LeaseTiming; readonly stops: readonly StopTime[] };

export type TimingRule = Rule<TimingFacts> & {
  /** The field that a person changes first when the rule refuses. */
  readonly field: keyof LeaseTiming;
};

const { minTtlMs, maxTtlMs } = leaseBounds;
const minRenewEveryMs = 1_000;
const minRpcTimeoutMs = 100;
const maxClockRateErrorRatio = 0.05;

type Judged = ReturnType<TimingRule["evaluate"]>;

const passed = (because: string): Judged => ({ outcome: "passed", because });
const failed = (because: string): Judged => ({ outcome: "failed", because });

/** Every rule, in the order in which they are told. */
export const timingRules: readonly TimingRule[] = [
  {
    rule: "TtlInBounds",
    field: "ttlMs",
    evaluate: ({ timing: { ttlMs } }) => inBounds("ttl", ttlMs, minTtlMs, maxTtlMs),
  },
  {
    rule: "RenewalInBounds",
    field: "renewEveryMs",
    evaluate: ({ timing: { renewEveryMs } }) =>
      inBounds("renewEvery", renewEveryMs, minRenewEveryMs, maxTtlMs),
  },
  {
    rule: "RpcTimeoutInBounds",
    field: "rpcTimeoutMs",
    evaluate: ({ timing: { rpcTimeoutMs } }) =>
      inBounds("rpcTimeout", rpcTimeoutMs, minRpcTimeoutMs, maxTtlMs),
  },
  {
    rule: "FenceBudgetInBounds",
    field: "fenceBudgetMs",
    evaluate: ({ timing: { fenceBudgetMs } }) =>
      inBounds("fenceBudget", fenceBudgetMs, 1, maxTtlMs),
  },
  {
    rule: "MarginInBounds",
    field: "marginMs",
    evaluate: ({ timing: { marginMs } }) => inBounds("margin", marginMs, 1, maxTtlMs),
  },
  {
    rule: "ClockErrorInBounds",
    field: "clockRateErrorRatio",
    evaluate: ({ timing: { clockRateErrorRatio: ratio } }) =>
      ratio >= 0 && ratio <= maxClockRateErrorRatio
        ? passed(`clockRateError ${ratio} is from 0 to ${maxClockRateErrorRatio}`)
        : failed(`clockRateError ${ratio} is not from 0 to ${maxClockRateErrorRatio}`),
  },
  { rule: "RequestEndsBeforeTheNext", field: "rpcTimeoutMs", evaluate: requestEnds },
  { rule: "AuthorityIsLeft", field: "fenceBudgetMs", evaluate: authorityIsLeft },
  { rule: "TriesFit", field: "renewEveryMs", evaluate: triesFit },
  { rule: "ServicesStopInTime", field: "fenceBudgetMs", evaluate: servicesStop },
  { rule: "OldHolderStopsFirst", field: "clockRateErrorRatio", evaluate: stopsFirst },
];

/** Whether a lease with these times is safe and can be held, every rule with its arithmetic. */
export function checkTiming(timing: LeaseTiming, stops: readonly StopTime[] = []): Verdict {
  return decide(timingRules, { timing, stops });
}

/**
 * The two moments that must never change places, in true time from the sending of the last confirmed renewal: the latest one at
 * which the old holder's last write is refused, and the earliest one at which a contender may take over, at the worst of all clocks.
 */
export function worstCase(timing: LeaseTiming): {
  readonly writeDeadByMs: number;
  readonly mayStartAtMs: number;
} {
  const { clockRateErrorRatio: error, fenceBudgetMs } = timing;
  return {
    // The holder's clock is slow: its time lasts longer.
    writeDeadByMs: (authorityMs(timing) + fenceBudgetMs) / (1 - error),
    // The contender's clock is fast: its waiting is shorter. It began no earlier than the renewal was sent.
    mayStartAtMs: outwaitMs(timing) / (1 + error),
  };
}

function inBounds(field: string, ms: number, leastMs: number, mostMs: number): Judged {
  const range = `from ${seconds(leastMs)} to ${seconds(mostMs)}, in whole milliseconds`;
  return Number.isSafeInteger(ms) && ms >= leastMs && ms <= mostMs
    ? passed(`${field} ${seconds(ms)} is ${range}`)
    : failed(`${field} ${seconds(ms)} is not ${range}`);
}

function requestEnds({ timing: { rpcTimeoutMs, renewEveryMs } }: TimingFacts): Judged {
  const [rpc, renew] = [seconds(rpcTimeoutMs), seconds(renewEveryMs)];
  return rpcTimeoutMs <= renewEveryMs
    ? passed(`a request ends after ${rpc}, before the next renewal is due after ${renew}`)
    : failed(
        `rpcTimeout ${rpc} is longer than renewEvery ${renew}, so a request may not have ended when the next is due; an rpcTimeout of at most ${renew} is legal`,
      );
}

/** `authority 19.94 s (ttl 30 s × (1 − 2 × 0.001) − fenceBudget 10 s)`. */
function authorityWords(timing: LeaseTiming): string {
  const { ttlMs, clockRateErrorRatio, fenceBudgetMs } = timing;
  return `authority ${seconds(authorityMs(timing))} (ttl ${seconds(ttlMs)} × (1 − 2 × ${clockRateErrorRatio}) − fenceBudget ${seconds(fenceBudgetMs)})`;
}

function authorityIsLeft({ timing }: TimingFacts): Judged {
  const words = authorityWords(timing);
  if (authorityMs(timing) > 0) return passed(`${words} is left after fencing`);
  const most = authorityMs({ ...timing, fenceBudgetMs: 0 }) - 1;
  const fence = most > 0 ? ` or a fenceBudget of at most ${seconds(most)}` : "";
  return failed(
    `${words} is nothing: fencing would have to begin before the renewal was sent; a ttl of at least ${seconds(leastTtlMs(timing, 1))}${fence} is legal`,
  );
}

function triesFit({ timing }: TimingFacts): Judged {
  const { renewEveryMs, rpcTimeoutMs } = timing;
  const needMs = renewEveryMs + 2 * rpcTimeoutMs;
  const haveMs = authorityMs(timing);
  const sum = `renewEvery ${seconds(renewEveryMs)} + 2 × rpcTimeout ${seconds(rpcTimeoutMs)} = ${seconds(needMs)}`;
  const words = authorityWords(timing);
  if (needMs <= haveMs) {
    return passed(`${sum} is within ${words}: two tries end between a renewal's time and fencing`);
  }
  const overMs = needMs - haveMs;
  const ways: readonly (readonly [string, number, number, number])[] = [
    ["a renewEvery of at most", renewEveryMs - overMs, Math.max(minRenewEveryMs, rpcTimeoutMs), 0],
    ["an rpcTimeout of at most", rpcTimeoutMs - Math.ceil(overMs / 2), minRpcTimeoutMs, 0],
    ["a fenceBudget of at most", timing.fenceBudgetMs - overMs, 1, 0],
  ];
  const legal = ways
    .filter(([, ms, leastMs]) => ms >= leastMs)
    .map(([words, ms]) => `${words} ${seconds(ms)}`);
  const ttl = `a ttl of at least ${seconds(leastTtlMs(timing, needMs))}`;
  return failed(
    `${sum} is more than ${words}, so one slow answer would fence a healthy region; ${[ttl, ...legal].join(", or ")} is legal`,
  );
}

/** The shortest TTL that leaves `needMs` of authority. */
function leastTtlMs(timing: LeaseTiming, needMs: number): number {
  const { clockRateErrorRatio, fenceBudgetMs } = timing;
  let ttlMs = Math.ceil((needMs + fenceBudgetMs) / (1 - 2 * clockRateErrorRatio));
  // The division may round down.
  while (ttlMs < maxTtlMs && authorityMs({ ...timing, ttlMs }) < needMs) ttlMs += 1;
  return ttlMs;
}

function servicesStop({ timing: { fenceBudgetMs }, stops }: TimingFacts): Judged {
  const budget = `fenceBudget ${seconds(fenceBudgetMs)}`;
  const stated = stops.flatMap(({ name, stopWithinMs }) =>
    stopWithinMs === null ? [] : [{ name, stopWithinMs }],
  );
  const late = stated.filter(({ stopWithinMs }) => stopWithinMs > fenceBudgetMs);
  if (stated.length === 0) {
    return { outcome: "notApplicable", because: "no service states how long it takes to stop" };
  }
  const words = (late.length > 0 ? late : stated)
    .map(({ name, stopWithinMs }) => `${name} stops within ${seconds(stopWithinMs)}`)
    .join(", ");
  if (late.length === 0) return passed(`${words}, within ${budget}`);
  const most = Math.max(...late.map(({ stopWithinMs }) => stopWithinMs));
  return failed(
    `${words}, which is longer than ${budget}; a fenceBudget of at least ${seconds(most)}, or services that stop faster (CloudNativePG: switchoverDelay), is legal`,
  );
}

function stopsFirst({ timing }: TimingFacts): Judged {
  const { writeDeadByMs, mayStartAtMs } = worstCase(timing);
  const words = `at the worst clocks the old holder's last write is refused ${seconds(Math.ceil(writeDeadByMs))} after its last renewal was sent, and a contender starts after ${seconds(Math.floor(mayStartAtMs))}`;
  return writeDeadByMs < mayStartAtMs ? passed(words) : failed(`${words}, which is not later`);
}

/** Milliseconds as exact seconds: `19.94 s`. */
function seconds(ms: number): string {
  return `${ms / 1_000} s`;
}
