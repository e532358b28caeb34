/** When a running drill may go on to its next step, decided over the samples it has so far. */
import type { Scene } from "./measure.ts";
import { endOf, type RequestSample, type Samples } from "./sample.ts";

/**
 * Whether the recursor's answer was without the broken region, and every request successful, for a whole `windowMs`
 * before `nowMs`; requests still open count as neither.
 */
export function settledWithout(
  samples: Samples,
  scene: Pick<Scene, "brokenAddresses" | "watchedServers">,
  window: Window,
): boolean {
  const recent = within(samples.requests, window);
  return (
    covers(samples.requests, window) &&
    recent.length > 0 &&
    recent.every((sample) => clean(sample) && !holdsAny(sample, scene.brokenAddresses)) &&
    scene.watchedServers.every((server) => {
      const last = samples.probes.findLast((probe) => probe.server === server);
      return last !== undefined && !holdsAny(last, scene.brokenAddresses);
    })
  );
}

/** Whether the recursor's answer held one of `addresses`, and every request succeeded, for a whole window. */
export function settledWith(
  samples: Pick<Samples, "requests">,
  addresses: readonly string[],
  window: Window,
): boolean {
  const recent = within(samples.requests, window);
  return (
    covers(samples.requests, window) &&
    recent.length > 0 &&
    recent.every((sample) => clean(sample) && holdsAny(sample, addresses))
  );
}

export type Window = {
  readonly nowMs: number;
  readonly windowMs: number;
  /** The window has to begin after this instant: the break, or the restore. */
  readonly sinceMs: number;
};

const clean = (sample: RequestSample): boolean => sample.outcome === "ok";

function within(
  requests: readonly RequestSample[],
  { nowMs, windowMs }: Window,
): readonly RequestSample[] {
  return requests.filter((sample) => endOf(sample) >= nowMs - windowMs);
}

/** The window lies wholly after its start, and there are samples at both ends of it, give or take a second. */
function covers(requests: readonly RequestSample[], window: Window): boolean {
  const { nowMs, windowMs, sinceMs } = window;
  if (nowMs - windowMs < sinceMs) return false;
  const newest = requests.at(-1);
  return newest !== undefined && nowMs - endOf(newest) <= 1_000;
}

function holdsAny(
  sample: { readonly addresses: readonly string[] },
  wanted: readonly string[],
): boolean {
  return sample.addresses.some((address) => wanted.includes(address));
}

/**
 * Why a steady state is not good enough to break anything, or undefined when it is: every request succeeded, the
 * broken-to-be region is in the answers, and every watched server answers.
 */
export function unsteadyBecause(samples: Samples, scene: Scene): string | undefined {
  const failures = samples.requests.filter((sample) => !clean(sample));
  if (samples.requests.length === 0) return "no request was finished";
  if (failures.length > 0)
    return `${failures.length} of ${samples.requests.length} requests failed before anything was broken`;
  if (!samples.requests.every((sample) => holdsAny(sample, scene.brokenAddresses)))
    return "the answer does not hold the region, or not steadily";
  const silent = scene.watchedServers.filter(
    (server) =>
      !samples.probes.some((probe) => probe.server === server && probe.addresses.length > 0),
  );
  if (silent.length > 0) return `${silent.join(" and ")} gave no answer`;
  return undefined;
}
