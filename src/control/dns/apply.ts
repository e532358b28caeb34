/**
 * One server brought to what is desired: read → plan → change → read back. What was asked for and what was
 * done are told apart by reading, also when the server fails in between (DESIGN §7.9: never guessed).
 */
import { batchesOf, nameOf, typeOf } from "../../core/dns/batches.ts";
import { isForeign } from "../../core/dns/conflicts.ts";
import { differenceOf } from "../../core/dns/difference.ts";
import type { Rrset } from "../../core/dns/model.ts";
import { type PlannedChange, planZone, type ZonePlan } from "../../core/dns/plan.ts";
import type { WarmUp } from "../../core/dns/warm-up.ts";
import type { DesiredZone } from "../../core/dns/zone.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Clock, NameServer, Signal } from "../env.ts";
import { forget, forgetOnceMore } from "./forget.ts";

export type ApplyFacts = {
  readonly clock: Clock;
  readonly desired: DesiredZone;
  readonly holdRemovals: boolean;
  /** Answers whose new checks have a result, as `planZone` takes them; undefined when nobody asks for it. */
  readonly warm?: ReadonlyMap<string, string> | undefined;
  readonly observeOnly: boolean;
  /** Changes of an earlier try of which it is not known whether they were made. */
  readonly unconfirmed: readonly PlannedChange[];
  /** A change was made and the server may still answer from before it. */
  readonly mustForget?: boolean;
  /** Called with a plan that has changes, before the first one is sent. */
  readonly onPlanned: (plan: ZonePlan) => Promise<void>;
  readonly signal?: Signal | undefined;
};

export type ApplyOutcome = {
  /** Undefined when the zone could not be read. */
  readonly plan: ZonePlan | undefined;
  /** Changes that were asked for and are seen to be made. */
  readonly applied: readonly PlannedChange[];
  /** Changes that are still to be made, those of answers that wait for health among them. */
  readonly pending: readonly PlannedChange[];
  /** Answers that wait for health, as the server was seen last. */
  readonly warming: readonly WarmUp[];
  /** Changes that were asked for while the server failed and were not seen afterwards: they may come late. */
  readonly unconfirmed: readonly PlannedChange[];
  /** How long the request was given that failed and may still be on its way; undefined when there is none. */
  readonly lateMs: number | undefined;
  readonly mustForget: boolean;
  readonly failure: Failure | undefined;
};

/** What arrives late lands beside newer changes; it is mended at once, but not for ever. */
const passesMax = 3;

/** What was done so far in this try. */
type Progress = {
  readonly applied: readonly PlannedChange[];
  readonly unconfirmed: readonly PlannedChange[];
  readonly lateMs: number | undefined;
  readonly mustForget: boolean;
  readonly failure: Failure | undefined;
};

/** Brings one server's zone to `desired` as far as it lets; a failure of the server is part of the outcome. */
export async function applyToServer(server: NameServer, facts: ApplyFacts): Promise<ApplyOutcome> {
  const { unconfirmed, mustForget = false, observeOnly } = facts;
  const begun = { applied: [], unconfirmed, lateMs: undefined, mustForget, failure: undefined };
  const first = await look(server, facts);
  if (first instanceof Failure) {
    return { ...begun, plan: undefined, pending: unconfirmed, warming: [], failure: first };
  }
  const { plan } = first;
  let last = first;
  let progress: Progress = withLate(begun, first.actual);
  if (observeOnly) {
    return { ...progress, mustForget, plan, pending: pendingOf(plan), warming: plan.warming };
  }
  if (plan.changes.length > 0) await facts.onPlanned(plan);
  for (let pass = 1; pass <= passesMax && last.plan.changes.length > 0; pass++) {
    const sent = await send(server, last.plan, facts);
    // What could not be forgotten now is told below, where it is done once more.
    await forget(server, plan.zone, facts.signal);
    const next = await look(server, facts);
    if (next instanceof Failure) {
      progress = withUnseen(progress, sent, sent.failure ?? next);
      break;
    }
    progress = withSeen(progress, sent, next.actual, server.id);
    last = next;
    if (sent.failure !== undefined || next.plan.changes.length === 0) break;
  }
  const left = { pending: pendingOf(last.plan), warming: last.plan.warming };
  if (!progress.mustForget) return { ...progress, plan, ...left };
  const failure = await forgetOnceMore(server, plan.zone, facts.clock, facts.signal);
  const done = { mustForget: failure !== undefined, failure: progress.failure ?? failure };
  return { ...progress, ...done, plan, ...left };
}

function pendingOf({ changes, warming }: ZonePlan): readonly PlannedChange[] {
  return [...changes, ...warming.flatMap((one) => one.changes)];
}

/** What a server holds, and what has to change in it. */
type Look = { readonly actual: readonly Rrset[]; readonly plan: ZonePlan };

async function look(server: NameServer, facts: ApplyFacts): Promise<Look | Failure> {
  const { desired, holdRemovals, warm, signal } = facts;
  try {
    const actual = await server.readZone(desired.zone, signal);
    return { actual, plan: planZone(desired, actual, { holdRemovals, warm }) };
  } catch (thrown) {
    return failureOf(thrown, server.id);
  }
}

type Sent = {
  readonly asked: readonly PlannedChange[];
  readonly failure: Failure | undefined;
  /** How long the last request took. */
  readonly tookMs: number;
};

/** Sends batch after batch until one fails; `asked` includes the one that failed. */
async function send(server: NameServer, plan: ZonePlan, facts: ApplyFacts): Promise<Sent> {
  const { clock, signal } = facts;
  const asked: PlannedChange[] = [];
  let startedAtMs = clock.monotonicMs();
  try {
    for (const batch of batchesOf(plan.changes)) {
      asked.push(...batch);
      startedAtMs = clock.monotonicMs();
      await server.change(
        plan.zone,
        batch.map(({ change }) => change),
        signal,
      );
    }
    return { asked, failure: undefined, tookMs: clock.monotonicMs() - startedAtMs };
  } catch (thrown) {
    const failure = failureOf(thrown, server.id);
    return { asked, failure, tookMs: clock.monotonicMs() - startedAtMs };
  }
}

/** Changes of unknown fate that are seen now. */
function withLate(progress: Progress, actual: readonly Rrset[]): Progress {
  const late = madeOf(progress.unconfirmed, actual);
  if (late.length === 0) return progress;
  const applied = [...progress.applied, ...late];
  const unconfirmed = others(progress.unconfirmed, late);
  return { ...progress, applied, unconfirmed, mustForget: true };
}

/** Nothing could be read after the changes were sent. */
function withUnseen(progress: Progress, sent: Sent, failure: Failure): Progress {
  const unconfirmed = [...without(progress.unconfirmed, sent.asked), ...sent.asked];
  const lateMs = sent.tookMs;
  return { ...progress, unconfirmed, lateMs, mustForget: true, failure };
}

function withSeen(before: Progress, sent: Sent, actual: readonly Rrset[], id: string): Progress {
  const made = madeOf(sent.asked, actual);
  const rest = without(before.unconfirmed, sent.asked);
  const late = withLate({ ...before, unconfirmed: rest }, actual);
  const missing = others(sent.asked, made);
  return {
    applied: [...late.applied, ...made],
    unconfirmed: mayComeLate(sent.failure) ? [...late.unconfirmed, ...missing] : late.unconfirmed,
    lateMs: mayComeLate(sent.failure) ? sent.tookMs : before.lateMs,
    mustForget: true,
    failure: sent.failure ?? failureOfReadBack(id, missing),
  };
}

function others(
  all: readonly PlannedChange[],
  some: readonly PlannedChange[],
): readonly PlannedChange[] {
  const known = new Set(some);
  return all.filter((one) => !known.has(one));
}

/** Those that ask for something else than what was asked for now: who asks twice is answered once. */
function without(
  unconfirmed: readonly PlannedChange[],
  asked: readonly PlannedChange[],
): readonly PlannedChange[] {
  const keys = new Set(asked.map(writingOf));
  return unconfirmed.filter((one) => !keys.has(writingOf(one)));
}

function writingOf(planned: PlannedChange): string {
  return JSON.stringify([nameOf(planned), typeOf(planned), planned.after]);
}

/** Whether a request that failed so may still be on its way: it is done after all once it arrives, and is told then. */
function mayComeLate(failure: Failure | undefined): boolean {
  const { code } = failure ?? {};
  return code === "NameServerUnreachable" || code === "TimedOut" || code === "Cancelled";
}

/** Only the world's failures become values; a bug goes on to the supervisor. */
function failureOf(thrown: unknown, where: string): Failure {
  if (thrown instanceof Error && thrown.name === "AssertionError") throw thrown;
  return Failure.from(thrown, where);
}

/** The changes that are seen in what the server holds, whatever is wanted by now. */
function madeOf(
  asked: readonly PlannedChange[],
  actual: readonly Rrset[],
): readonly PlannedChange[] {
  if (asked.length === 0) return [];
  const there = new Map(actual.map((rrset) => [`${rrset.name} ${rrset.type}`, rrset]));
  return asked.filter((planned) => {
    const present = there.get(`${nameOf(planned)} ${typeOf(planned)}`);
    return planned.change.kind === "delete"
      ? present === undefined || isForeign(present)
      : differenceOf(planned.change.rrset, present) === undefined;
  });
}

/** The server said yes to everything and yet holds something else. */
function failureOfReadBack(id: string, missing: readonly PlannedChange[]): Failure | undefined {
  const [first] = missing;
  if (first === undefined) return undefined;
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : "";
  return new Failure(
    "NameServerRefused",
    `${id} took the changes but does not hold ${nameOf(first)}${more} as written`,
    { where: id, remedy: "Look for somebody else who writes the same names." },
  );
}
