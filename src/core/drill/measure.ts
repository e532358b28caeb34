/**
 * Samples in, measurements out: the fold behind every number of a drill's report.
 * An empty answer is unknown, never "the region is gone"; what did not last until the end did not happen.
 */
import { endOf, type ProbeSample, type RequestSample, type Samples } from "./sample.ts";

export type Scene = {
  /** Addresses of the broken region that stand in the Application's plan. */
  readonly brokenAddresses: readonly string[];
  /** Every address that may be answered at all. */
  readonly plannedAddresses: readonly string[];
  /** Servers that can notice; all of them have to. */
  readonly watchedServers: readonly string[];
  /** When the restore was asked for, from the break. */
  readonly restoreAtMs: number;
};

export type Measurements = {
  /** Break until the last of the watched servers left the region out for good; null: never. */
  readonly detectMs: number | null;
  /** Break until the recursor's answer left the region out for good; null: never. */
  readonly answerChangedMs: number | null;
  /** Break until a response after which nothing failed any more until the restore; 0: nothing failed; null: never. */
  readonly servedAgainMs: number | null;
  /** Restore until the recursor's answer held the region again for good; null: never. */
  readonly returnMs: number | null;
  /** Requests started after the break, and how many of them failed, before the restore and after it. */
  readonly requests: number;
  readonly failedWhileBroken: number;
  readonly failedWhileReturning: number;
  /** Longest time without a successful response, from the break to the end. */
  readonly longestGapMs: number;
  /** Requests that the broken region answered although the servers had already noticed. */
  readonly answeredByBrokenAfterDetection: number;
  /** Answers, of recursor and name servers, that held an address outside the plan; and answers at all. */
  readonly wrongAnswers: number;
  readonly answers: number;
  /** How often the recursor's answer went from without the region to with it before the restore. */
  readonly flaps: number;
};

type Seen = { readonly atMs: number; readonly tookMs: number; readonly holds: boolean };

const byStart = (a: { readonly atMs: number }, b: { readonly atMs: number }): number =>
  a.atMs - b.atMs;

/** The measurements of one drill; total, also over no samples at all. */
export function measure(samples: Samples, scene: Scene): Measurements {
  const requests = [...samples.requests].sort(byStart);
  const probes = [...samples.probes].sort(byStart);
  const holds = seenWith(scene.brokenAddresses);
  const broken = requests.filter(({ atMs }) => atMs >= 0 && atMs < scene.restoreAtMs);
  const returning = requests.filter(({ atMs }) => atMs >= scene.restoreAtMs);
  const detectMs = detection(probes, scene, holds);
  const brokenSeen = broken.flatMap(holds);
  const returned = lastingFrom(returning.flatMap(holds), true);
  return {
    detectMs,
    answerChangedMs: lastingFrom(brokenSeen, false),
    servedAgainMs: servedAgain(broken),
    returnMs: returned === null ? null : returned - scene.restoreAtMs,
    requests: broken.length + returning.length,
    failedWhileBroken: broken.filter(failed).length,
    failedWhileReturning: returning.filter(failed).length,
    longestGapMs: longestGap(requests),
    answeredByBrokenAfterDetection: lateAnswers(broken, scene, detectMs),
    ...wrong([...requests, ...probes], scene.plannedAddresses),
    flaps: brokenSeen.filter(({ holds: now }, i) => now && brokenSeen[i - 1]?.holds === false)
      .length,
  };
}

const failed = (sample: RequestSample): boolean => sample.outcome !== "ok";

function seenWith(addresses: readonly string[]) {
  return (sample: RequestSample | ProbeSample): readonly Seen[] =>
    sample.addresses.length === 0
      ? []
      : [
          {
            atMs: sample.atMs,
            tookMs: sample.tookMs,
            holds: sample.addresses.some((address) => addresses.includes(address)),
          },
        ];
}

/** End of the first sample of the last run in which `holds` is `wanted`; null when the last sample says otherwise. */
function lastingFrom(seen: readonly Seen[], wanted: boolean): number | null {
  const lastOther = seen.findLastIndex((one) => one.holds !== wanted);
  const first = seen[lastOther + 1];
  return first === undefined ? null : endOf(first);
}

function detection(
  probes: readonly ProbeSample[],
  scene: Scene,
  holds: (sample: ProbeSample) => readonly Seen[],
): number | null {
  let latest: number | null = null;
  for (const server of scene.watchedServers) {
    const seen = probes.filter(
      (probe) => probe.server === server && probe.atMs >= 0 && probe.atMs < scene.restoreAtMs,
    );
    const at = lastingFrom(seen.flatMap(holds), false);
    if (at === null) return null;
    latest = Math.max(latest ?? 0, at);
  }
  return latest;
}

function servedAgain(broken: readonly RequestSample[]): number | null {
  const lastFailed = broken.findLastIndex(failed);
  if (lastFailed === -1) return broken.length === 0 ? null : 0;
  const first = broken[lastFailed + 1];
  return first === undefined ? null : endOf(first);
}

/** Between ends of successful responses; the time after the last one counts until the last sample's end. */
function longestGap(requests: readonly RequestSample[]): number {
  const ends = requests
    .filter((sample) => !failed(sample))
    .map(endOf)
    .sort((a, b) => a - b);
  const endMs = Math.max(0, ...requests.map(endOf));
  let previousMs = Math.min(0, endMs);
  let longestMs = 0;
  for (const at of [...ends, endMs]) {
    if (at > 0) longestMs = Math.max(longestMs, at - previousMs);
    previousMs = at;
  }
  return longestMs;
}

function lateAnswers(
  broken: readonly RequestSample[],
  scene: Scene,
  detectMs: number | null,
): number {
  if (detectMs === null) return 0;
  return broken.filter(
    (sample) =>
      !failed(sample) &&
      sample.atMs >= detectMs &&
      endOf(sample) < scene.restoreAtMs &&
      scene.brokenAddresses.includes(sample.address ?? ""),
  ).length;
}

function wrong(
  samples: readonly (RequestSample | ProbeSample)[],
  planned: readonly string[],
): { readonly wrongAnswers: number; readonly answers: number } {
  const answered = samples.filter((sample) => sample.addresses.length > 0);
  const outside = answered.filter((sample) =>
    sample.addresses.some((address) => !planned.includes(address)),
  );
  return { wrongAnswers: outside.length, answers: answered.length };
}
