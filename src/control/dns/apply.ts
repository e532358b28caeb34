/**
 * One server brought to what is desired: read → plan → change → read back. What was asked for and what was
 * done are told apart by reading, also when the server fails in between (DESIGN §7.9: never guessed).
 */
import { batchesOf, nameOf, typeOf } from "../../core/dns/batches.ts";
import { isForeign } from "../../core/dns/conflicts.ts";
import type { Rrset } from "../../core/dns/model.ts";
import { differenceOf, type PlannedChange, planZone, type ZonePlan } from "../../core/dns/plan.ts";
import type { DesiredZone } from "../../core/dns/zone.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { NameServer, Signal } from "../env.ts";

export type ApplyFacts = {
  readonly desired: DesiredZone;
  readonly holdRemovals: boolean;
  readonly observeOnly: boolean;
  /** Changes of an earlier try of which it is not known whether they were made. */
  readonly unconfirmed: readonly PlannedChange[];
  /** Called with a plan that has changes, before the first one is sent. */
  readonly onPlanned: (plan: ZonePlan) => Promise<void>;
  readonly signal?: Signal | undefined;
};

export type ApplyOutcome = {
  /** Undefined when the zone could not be read. */
  readonly plan: ZonePlan | undefined;
  /** Changes that were asked for and are seen to be made. */
  readonly applied: readonly PlannedChange[];
  /** Changes that are still to be made. */
  readonly pending: readonly PlannedChange[];
  /** Changes that were asked for while the server failed and were not seen afterwards: they may come late. */
  readonly unconfirmed: readonly PlannedChange[];
  readonly failure: Failure | undefined;
};

/** Brings one server's zone to `desired` as far as it lets; a failure of the server is part of the outcome. */
export async function applyToServer(server: NameServer, facts: ApplyFacts): Promise<ApplyOutcome> {
  const first = await look(server, facts);
  if (first instanceof Failure) {
    const { unconfirmed } = facts;
    return { plan: undefined, applied: [], pending: unconfirmed, unconfirmed, failure: first };
  }
  const { plan } = first;
  const late = madeOf(facts.unconfirmed, first.actual);
  if (plan.changes.length === 0 || facts.observeOnly) {
    return { plan, applied: late, pending: plan.changes, unconfirmed: [], failure: undefined };
  }
  await facts.onPlanned(plan);
  const sent = await send(server, plan, facts.signal);
  const second = await look(server, facts);
  if (second instanceof Failure) {
    const failure = sent.failure ?? second;
    return { plan, applied: late, pending: plan.changes, unconfirmed: sent.asked, failure };
  }
  const made = madeOf(sent.asked, second.actual);
  return {
    plan,
    applied: [...late, ...made],
    pending: second.plan.changes,
    unconfirmed: mayComeLate(sent.failure) ? sent.asked.filter((one) => !made.includes(one)) : [],
    failure: sent.failure ?? failureOfReadBack(server.id, sent.asked, made),
  };
}

/** What a server holds, and what has to change in it. */
type Look = { readonly actual: readonly Rrset[]; readonly plan: ZonePlan };

async function look(server: NameServer, facts: ApplyFacts): Promise<Look | Failure> {
  const { desired, holdRemovals, signal } = facts;
  try {
    const actual = await server.readZone(desired.zone, signal);
    return { actual, plan: planZone(desired, actual, { holdRemovals }) };
  } catch (thrown) {
    return failureOf(thrown, server.id);
  }
}

type Sent = { readonly asked: readonly PlannedChange[]; readonly failure: Failure | undefined };

/** Sends batch after batch until one fails; `asked` includes the one that failed. */
async function send(server: NameServer, plan: ZonePlan, signal?: Signal): Promise<Sent> {
  const asked: PlannedChange[] = [];
  for (const batch of batchesOf(plan.changes)) {
    asked.push(...batch);
    try {
      const changes = batch.map(({ change }) => change);
      await server.change(plan.zone, changes, signal);
    } catch (thrown) {
      return { asked, failure: failureOf(thrown, server.id) };
    }
  }
  return { asked, failure: undefined };
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
function failureOfReadBack(
  id: string,
  asked: readonly PlannedChange[],
  made: readonly PlannedChange[],
): Failure | undefined {
  const done = new Set(made);
  const left = asked.filter((change) => !done.has(change)).map(nameOf);
  const [name] = left;
  if (name === undefined) return undefined;
  const more = left.length > 1 ? ` and ${left.length - 1} more` : "";
  return new Failure(
    "NameServerRefused",
    `${id} took the changes but does not hold ${name}${more} as written`,
    { where: id, remedy: "Look for somebody else who writes the same names." },
  );
}
