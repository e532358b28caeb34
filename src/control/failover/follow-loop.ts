/**
 * Looks after the data services between two decisions of the agent: fallen servers come up behind their gate, and a region that lost
 * its right makes its copies follow the peer's (ADR 32). It never gives anything the right to write.
 */

import { judgeFollow } from "../../core/failover/follow.ts";
import type { AgentState } from "../../core/failover/state.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Env, Signal } from "../env.ts";
import type { FollowingService } from "./data-service.ts";
import { within } from "./within.ts";

export type FollowParts = {
  readonly services: readonly FollowingService[];
  /** What the agent knows at this moment. */
  readonly current: () => AgentState;
  readonly pace?: Partial<FollowPace>;
};

export type FollowPace = {
  /** Pause between two looks at the server itself. */
  readonly tendEveryMs: number;
  /** Pause between two looks at the pair. */
  readonly lookEveryMs: number;
  readonly lookLimitMs: number;
  /** Starting, recovery of a fallen server included. */
  readonly tendLimitMs: number;
  /** After a try that failed, doubled each time. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** Tries in a row to follow one promotion of the peer; then a person has to look. */
  readonly triesMax: number;
};

const defaultPace: FollowPace = {
  tendEveryMs: 1_000,
  lookEveryMs: 3_000,
  lookLimitMs: 10_000,
  tendLimitMs: 300_000,
  firstPauseMs: 2_000,
  longestPauseMs: 300_000,
  triesMax: 20,
};

/** Works until `signal` aborts; a service that fails does not keep the others waiting. Run once. */
export async function runFollow(env: Env, parts: FollowParts, signal: Signal): Promise<void> {
  const pace = { ...defaultPace, ...parts.pace };
  await Promise.all(
    parts.services.map((service) =>
      followOne({ env, service, pace, current: parts.current, signal }),
    ),
  );
}

type One = {
  readonly env: Env;
  readonly service: FollowingService;
  readonly pace: FollowPace;
  readonly current: () => AgentState;
  readonly signal: Signal;
};

/** What was tried for one promotion of the peer. */
type Tries = { readonly epoch: number; readonly count: number; readonly notBeforeMs: number };

async function followOne(one: One): Promise<void> {
  const { env, pace, signal } = one;
  let tries: Tries = { epoch: -1, count: 0, notBeforeMs: 0 };
  let nextLookMs = 0;
  let told: string | null = null;
  while (!signal.aborted) {
    told = await tend(one, told);
    const nowMs = env.clock.monotonicMs();
    if (nowMs >= nextLookMs && !signal.aborted) {
      nextLookMs = nowMs + pace.lookEveryMs;
      tries = await lookAndFollow(one, tries);
    }
    await env.clock.sleep(pace.tendEveryMs, signal);
  }
}

/** Gives what was told of a failure, which is told once until it changes. */
async function tend({ env, service, pace }: One, told: string | null): Promise<string | null> {
  try {
    await within(env.clock, pace.tendLimitMs, `tending ${service.name}`, (signal) =>
      service.tend(signal),
    );
    return null;
  } catch (thrown) {
    const failure = Failure.from(thrown, service.name);
    if (failure.message !== told) {
      tell(env, "failover.tendFailed", { service: service.name, failure: failure.toJson() });
    }
    return failure.message;
  }
}

async function lookAndFollow(one: One, tries: Tries): Promise<Tries> {
  const { env, service, pace, signal } = one;
  // Whoever has the right to write asks nothing of its peer.
  const reading = await within(env.clock, pace.lookLimitMs, `looking at ${service.name}`, (limit) =>
    service.look(limit),
  ).catch(() => null);
  if (reading === null || signal.aborted) return tries;
  const { authority, data, record } = one.current();
  const verdict = judgeFollow({
    authority: authority.kind,
    data: data.kind,
    epochHeld: record?.epochHeld ?? null,
    here: { isFollowing: reading.isFollowing, epoch: reading.epochHere },
    peer: reading.peer,
  });
  if (verdict.kind === "refused") return tries;
  const epoch = reading.peer?.epoch ?? 0;
  const before = tries.epoch === epoch ? tries : { epoch, count: 0, notBeforeMs: 0 };
  if (before.count >= pace.triesMax || env.clock.monotonicMs() < before.notBeforeMs) return before;
  return follow(one, before);
}

async function follow({ env, service, pace, signal }: One, before: Tries): Promise<Tries> {
  const { epoch } = before;
  const count = before.count + 1;
  const about = { service: service.name, epoch, attempt: count };
  tell(env, "failover.following", about);
  try {
    // It takes as long as copying takes; the service has limits of its own.
    await service.follow(signal);
    tell(env, "failover.followed", about);
    return { epoch, count: 0, notBeforeMs: 0 };
  } catch (thrown) {
    if (signal.aborted) return before;
    const failure = Failure.from(thrown, service.name);
    const isLast = count >= pace.triesMax;
    tell(env, "failover.followFailed", { ...about, isLast, failure: failure.toJson() });
    if (isLast) env.log.error("a person is needed", { reason: "FollowGivenUp", ...about });
    const pauseMs = Math.min(pace.longestPauseMs, pace.firstPauseMs * 2 ** (count - 1));
    return { epoch, count, notBeforeMs: env.clock.monotonicMs() + pauseMs };
  }
}

/** Journals without waiting: nothing here rests on its being durable. */
function tell(env: Env, type: string, data: JsonObject): void {
  env.log.info(type, data);
  void env.journal.append({ type, data }).catch((thrown: unknown) => {
    const failure = Failure.from(thrown, "journal").toJson();
    env.log.error("an event could not be journalled", { type, failure });
  });
}
