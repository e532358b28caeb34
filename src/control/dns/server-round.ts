/** One own server's part of a round: apply, then journal what is new about it. */
import { nameOf, typeOf } from "../../core/dns/batches.ts";
import type { Conflict } from "../../core/dns/conflicts.ts";
import { applyFailed, changed, conflict, planned } from "../../core/dns/events.ts";
import { grouped } from "../../core/dns/grouped.ts";
import type { PlannedChange, ZonePlan } from "../../core/dns/plan.ts";
import { backoffMs } from "../../core/kernel/backoff.ts";
import type { Env, Signal } from "../env.ts";
import { appendAll } from "./append-all.ts";
import { type ApplyOutcome, applyToServer } from "./apply.ts";
import type { Intent, WholeIntent } from "./gather.ts";
import { leftRound } from "./left-round.ts";
import type { ServerMemory } from "./memory.ts";
import type { Server, World } from "./ports.ts";
import { askWarming, knownOf, warmingOf } from "./warm-round.ts";

const retry = { firstMs: 1_000, ceilingMs: 30_000 } as const;

/**
 * Brings one own server to the intent as far as it lets, and gives what is known of it afterwards. Where new checks turn
 * out to be known already, as with a probe that others share, their answers follow at once.
 */
export async function serverRound(
  world: World,
  server: Server,
  intent: WholeIntent,
  before: ServerMemory,
  signal: Signal,
): Promise<ServerMemory> {
  const after = await oneTry(world, server, intent, before, signal);
  if (after.failure !== undefined || knownOf(after.warming).size === 0) return after;
  return oneTry(world, server, intent, after, signal);
}

const settleMsMax = 60_000;
const settleEveryMs = 500;

/** Rounds until no answer waits for the health of new checks any more, a minute at most; for those who run once. */
export async function settledRound(
  world: World,
  server: Server,
  intent: WholeIntent,
  before: ServerMemory,
  signal: Signal,
): Promise<ServerMemory> {
  const { clock } = world.env;
  const limitAtMs = clock.monotonicMs() + settleMsMax;
  let after = await serverRound(world, server, intent, before, signal);
  const isWaiting = (): boolean => after.failure === undefined && after.warming.size > 0;
  while (isWaiting() && !signal.aborted && clock.monotonicMs() < limitAtMs) {
    await clock.sleep(settleEveryMs, signal);
    after = await serverRound(world, server, intent, after, signal);
  }
  return after;
}

async function oneTry(
  world: World,
  server: Server,
  intent: WholeIntent,
  before: ServerMemory,
  signal: Signal,
): Promise<ServerMemory> {
  const { env, ports, options } = world;
  const startedAtMs = env.clock.monotonicMs();
  let toldPlan = before.toldPlan;
  const tellPlan = async (plan: ZonePlan): Promise<void> => {
    const digest = digestOf(intent.revision, plan);
    if (digest !== toldPlan) await env.journal.append(planned(server.id, intent.revision, plan));
    toldPlan = digest;
  };
  const api = ports.nameServer(server.id, server.spec);
  const asked = { world, server, api, signal };
  // A server that may still answer from before a change says nothing about new checks.
  const known = before.mustForget ? before.warming : await askWarming(asked, before.warming);
  const outcome = await applyToServer(api, {
    clock: env.clock,
    desired: intent.desired,
    holdRemovals: intent.holdRemovals,
    warm: knownOf(known),
    observeOnly: options.observeOnly,
    unconfirmed: before.unconfirmed,
    mustForget: before.mustForget,
    onPlanned: tellPlan,
    signal,
  });
  if (options.observeOnly && outcome.pending.length > 0 && outcome.plan !== undefined) {
    await tellPlan(outcome.plan);
  }
  await tellChanges(env, server, intent, before, outcome);
  const toldConflicts = await tellConflicts(env, server, before, outcome.plan);
  await tellFailure(env, server, before, outcome);
  const tookSeconds = (env.clock.monotonicMs() - startedAtMs) / 1_000;
  env.metrics.observe("sovereign_dns_reconcile_duration_seconds", tookSeconds);
  const result = outcome.failure === undefined ? "ok" : "failed";
  env.metrics.count("sovereign_dns_reconcile_total", { result });
  const told = {
    // Once all is done, the same drift seen again is a plan of its own.
    toldPlan: outcome.pending.length === 0 ? undefined : toldPlan,
    toldConflicts,
    toldFailure: outcome.failure?.message,
  };
  const leftZones = await leftRound(asked, intent.desired.zone, before, outcome);
  const next = {
    ...before,
    ...progress(env, startedAtMs, { intent, before, outcome }),
    ...told,
    leftZones,
  };
  return { ...next, warming: await warmingAfter(asked, known, outcome) };
}

/** The warm-ups that are still needed; those that are new are asked for at once, so that no time is lost. */
async function warmingAfter(
  asked: Parameters<typeof askWarming>[0],
  known: ServerMemory["warming"],
  { plan, warming, mustForget }: ApplyOutcome,
): Promise<ServerMemory["warming"]> {
  if (plan === undefined) return known;
  if (asked.world.options.observeOnly) return new Map();
  const next = warmingOf(warming, known);
  return mustForget ? next : askWarming(asked, next);
}

/** What the outcome says about how far the server is. */
function progress(
  env: Env,
  startedAtMs: number,
  facts: {
    readonly intent: Intent;
    readonly before: ServerMemory;
    readonly outcome: ApplyOutcome;
  },
): Partial<ServerMemory> {
  const { intent, before, outcome } = facts;
  const { failure, pending, unconfirmed } = outcome;
  const attempts = failure === undefined ? 0 : before.attempts + 1;
  const waitMs = failure === undefined ? 0 : backoffMs(attempts, retry, env.random);
  const complete = failure === undefined && pending.length === 0;
  const lateUntilMs = lateUntil(env, startedAtMs, before, outcome);
  const unreachable = failure?.code === "NameServerUnreachable" || failure?.code === "TimedOut";
  return {
    reachable: !unreachable,
    plan: outcome.plan ?? before.plan,
    pending,
    unconfirmed: Number.isFinite(lateUntilMs) ? unconfirmed : [],
    failure,
    attempts,
    retryAtMs: env.clock.monotonicMs() + waitMs,
    lateUntilMs,
    mustForget: outcome.mustForget,
    ...(complete
      ? {
          appliedRevision: intent.revision,
          appliedZone: intent.desired,
          appliedAtMs: env.clock.nowMs(),
        }
      : {}),
  };
}

/** A request that was given up comes within the time that it had been given, or hardly ever. */
const lateMsMin = 5_000;

/** Until when what was given up may come. The first look after it is the last one; then nothing is expected any more. */
function lateUntil(
  { clock }: Env,
  startedAtMs: number,
  before: ServerMemory,
  { lateMs, failure }: ApplyOutcome,
): number {
  const known =
    failure === undefined && startedAtMs > before.lateUntilMs
      ? Number.NEGATIVE_INFINITY
      : before.lateUntilMs;
  if (lateMs === undefined) return known;
  return Math.max(known, clock.monotonicMs() + 2 * Math.max(lateMs, lateMsMin));
}

/** One event per Application; drift when the server had all that it could have of this very revision. */
async function tellChanges(
  env: Env,
  server: Server,
  intent: Intent,
  before: ServerMemory,
  outcome: ApplyOutcome,
): Promise<void> {
  const settled = before.appliedZone === intent.desired;
  // A name that somebody else gave free is written for the first time: that is no drift.
  const contested = new Set((before.plan?.conflicts ?? []).map(({ name }) => name));
  const isDrift = (changes: readonly PlannedChange[]): boolean =>
    settled && !changes.some((change) => contested.has(nameOf(change)));
  const byApplication = grouped(outcome.applied, (change) => change.application || nameOf(change));
  await appendAll(
    env.journal,
    [...byApplication.values()].map((changes) =>
      changed(server.id, intent.revision, changes, isDrift(changes)),
    ),
  );
  for (const { change } of outcome.applied) {
    env.metrics.count("sovereign_dns_changes_total", { kind: change.kind });
  }
  if (outcome.applied.length > 0) {
    env.log.info(settled ? "drift repaired" : "records changed", {
      server: server.id,
      changes: outcome.applied.length,
      revision: intent.revision,
    });
  }
}

async function tellConflicts(
  env: Env,
  server: Server,
  before: ServerMemory,
  plan: ZonePlan | undefined,
): Promise<ReadonlySet<string>> {
  if (plan === undefined) return before.toldConflicts;
  const fresh = plan.conflicts.filter((found) => !before.toldConflicts.has(keyOf(found)));
  await appendAll(
    env.journal,
    fresh.map((found) => conflict(server.id, found)),
  );
  for (const found of fresh) {
    env.log.warn("a needed name belongs to somebody else", {
      server: server.id,
      because: found.because,
    });
  }
  return new Set(plan.conflicts.map(keyOf));
}

function keyOf(found: Conflict): string {
  return `${found.name} ${found.types.join(",")} ${found.owner}`;
}

async function tellFailure(
  env: Env,
  server: Server,
  before: ServerMemory,
  { failure }: ApplyOutcome,
): Promise<void> {
  if (failure === undefined || failure.code === "Cancelled") return;
  if (failure.message === before.toldFailure) return;
  await env.journal.append(applyFailed(server.id, failure));
  env.log.warn(failure.message, { server: server.id, code: failure.code });
}

/** One writing of a plan, so that the same plan is journalled once. */
function digestOf(revision: string, plan: ZonePlan): string {
  const changes = plan.changes.map((change) => `${nameOf(change)} ${typeOf(change)}`);
  return `${revision} ${changes.join(" ")}`;
}
