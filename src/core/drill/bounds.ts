/**
 * What a drill may measure at most, derived from the timing profile (facts of PowerDNS §3, DESIGN §8).
 *
 * A region breaks just after it was probed. The next probe starts one interval later and fails at its timeout; only then
 * does the name server leave the region out: interval + timeout. The recursor may have asked just before that, so it goes
 * on with the old answer for one TTL, and when the TTL ends it may first ask the broken region's own name server and wait
 * for it. Coming back is the same way in the other direction, after the processes have started.
 */
import { humanDurationMs } from "../kernel/duration.ts";
import type { DrillKind, DrillProfile } from "./profile.ts";

export type Bound = {
  /** Milliseconds or a count; the measured value may be at most this. */
  readonly limit: number;
  /** The same as a sum in words. */
  readonly arithmetic: string;
};

export type Bounds = {
  readonly detectMs: Bound;
  readonly answerChangedMs: Bound;
  readonly failedRequests: Bound;
  readonly longestGapMs: Bound;
  readonly answeredByBroken: Bound;
  readonly wrongAnswers: Bound;
  readonly returnMs: Bound;
};

type Part = readonly [name: string, ms: number];

/** Every bound of one kind of drill. */
export function boundsOf(drill: DrillKind, profile: DrillProfile): Bounds {
  const probing: readonly Part[] = [
    ["probe interval", profile.probeIntervalMs],
    ["probe timeout", profile.probeTimeoutMs],
    ["measuring grain", profile.grainMs],
  ];
  const caching: readonly Part[] = [
    ["TTL", profile.ttlMs],
    ["TTLs counted in whole seconds", profile.grainMs],
  ];
  // With probe-blackhole both name servers live, so the recursor never waits for a dead one.
  const patience: readonly Part[] =
    drill === "probe-blackhole"
      ? []
      : [["recursor waiting for a dead name server", profile.recursorPatienceMs]];
  const startUp: readonly Part[] =
    drill === "region-kill" ? [["start of the region's processes", profile.startUpMs]] : [];
  const answerChangedMs = sum([...probing, ...caching, ...patience]);
  return {
    detectMs: sum(probing),
    answerChangedMs,
    failedRequests: failedRequests(drill, profile, answerChangedMs.limit),
    longestGapMs: longestGap(drill, profile, answerChangedMs.limit),
    answeredByBroken: answeredByBroken(drill, profile),
    wrongAnswers: { limit: 0, arithmetic: "only the plan's addresses may ever be answered" },
    returnMs: sum([...startUp, ...probing, ...caching, ...patience]),
  };
}

function sum(parts: readonly Part[]): Bound {
  return {
    limit: parts.reduce((total, [, ms]) => total + ms, 0),
    arithmetic: parts.map(([name, ms]) => `${name} ${shortMs(ms)}`).join(" + "),
  };
}

/** Whole seconds without a decimal, so that sums read as one would say them. */
function shortMs(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : humanDurationMs(ms);
}

function failedRequests(drill: DrillKind, profile: DrillProfile, changedMs: number): Bound {
  if (drill === "probe-blackhole")
    return { limit: 0, arithmetic: "only the probes are broken; users' requests go on" };
  return {
    limit: Math.ceil((changedMs / 1_000) * profile.requestsPerSecond),
    arithmetic: `${profile.requestsPerSecond} a second until the answer changed, at most ${shortMs(changedMs)}`,
  };
}

function longestGap(drill: DrillKind, profile: DrillProfile, changedMs: number): Bound {
  if (drill === "probe-blackhole")
    return { limit: profile.grainMs, arithmetic: `measuring grain ${shortMs(profile.grainMs)}` };
  return {
    limit: changedMs + profile.requestLimitMs,
    arithmetic: `until the answer changed ${shortMs(changedMs)} + one request ${shortMs(profile.requestLimitMs)}`,
  };
}

function answeredByBroken(drill: DrillKind, profile: DrillProfile): Bound {
  if (drill !== "probe-blackhole")
    return { limit: 0, arithmetic: "what is dead or hung answers nothing" };
  const ms = profile.ttlMs + profile.grainMs;
  return {
    limit: Math.ceil((ms / 1_000) * profile.requestsPerSecond),
    arithmetic: `${profile.requestsPerSecond} a second for one TTL of ${shortMs(profile.ttlMs)} + grain ${shortMs(profile.grainMs)}`,
  };
}
