/** The events that catalyst-dns writes into the journal, each with its builder; nothing is written in a steady round. */
import type { NewEvent } from "../kernel/event.ts";
import type { Failure } from "../kernel/failure.ts";
import type { DocumentProblem } from "../resources/document.ts";
import type { AnswerJudgement } from "./answer.ts";
import { nameOf, typeOf } from "./batches.ts";
import type { Conflict } from "./conflicts.ts";
import type { AddressType } from "./idioms.ts";
import type { PlannedChange, ZonePlan } from "./plan.ts";

export const dnsEventTypes = [
  "source.revisionRead",
  "source.documentBroken",
  "dns.planned",
  "dns.changed",
  "dns.conflict",
  "dns.applyFailed",
  "dns.driftRepaired",
  "dns.answerWrong",
  "dns.answerRight",
  "dns.serverSilent",
  "dns.serverAnswers",
  "dns.zoneLeft",
  "dns.fallbackMoved",
] as const;
export type DnsEventType = (typeof dnsEventTypes)[number];

type DnsEvent = NewEvent & { readonly type: DnsEventType };

/** A revision that was not seen before; `null` before the first. */
export function revisionRead(facts: {
  readonly revision: string;
  readonly before: string | undefined;
  readonly applications: number;
  readonly problems: number;
}): DnsEvent {
  return { type: "source.revisionRead", data: { ...facts, before: facts.before ?? null } };
}

/** A document that is wrong, once for each mistake. */
export function documentBroken(revision: string, problem: DocumentProblem): DnsEvent {
  return { type: "source.documentBroken", data: { revision, ...problem } };
}

/** What is going to be changed on a server, before it is. */
export function planned(server: string, revision: string, plan: ZonePlan): DnsEvent {
  return {
    type: "dns.planned",
    data: {
      server,
      revision,
      zone: plan.zone,
      changes: plan.changes.length,
      unchanged: plan.unchanged,
      conflicts: plan.conflicts.length,
      heldRemovals: plan.held.length,
      applications: [...new Set(plan.changes.map(({ application }) => application))].slice(0, 100),
    },
  };
}

/** What was changed for one Application on one server; `drift` when nobody had asked for a change. */
export function changed(
  server: string,
  revision: string,
  changes: readonly PlannedChange[],
  drift: boolean,
): DnsEvent {
  const [first] = changes;
  return {
    type: drift ? "dns.driftRepaired" : "dns.changed",
    data: {
      server,
      revision,
      application: first?.application ?? "",
      reason: first?.reason ?? "",
      because: first?.because ?? "",
      records: changes.map((change) => ({
        name: nameOf(change),
        type: typeOf(change),
        reason: change.reason,
        before: change.before,
        after: change.after,
      })),
    },
  };
}

/** A needed name that holds somebody else's records. */
export function conflict(server: string, found: Conflict): DnsEvent {
  return { type: "dns.conflict", data: { server, ...found } };
}

/** A server that could not be read or written; once until the failure changes. */
export function applyFailed(server: string, failure: Failure): DnsEvent {
  return { type: "dns.applyFailed", data: { server, ...failure.toJson() } };
}

export type FallbackMove = {
  readonly group: string;
  readonly applications: readonly string[];
  /** null when no order was known before. */
  readonly before: readonly string[] | null;
  readonly order: readonly string[];
  readonly epoch: number | null;
  readonly reason: string;
  readonly because: string;
};

/** Another region answers now where nothing is known to be up, because of what the regions' agents say. */
export function fallbackMoved(move: FallbackMove): DnsEvent {
  return { type: "dns.fallbackMoved", data: { ...move } };
}

/** Records of ours in a zone that is not the Sovereign's any more; nobody removes them by themselves. */
export function zoneLeft(server: string, zone: string, left: string, rrsets: number): DnsEvent {
  return { type: "dns.zoneLeft", data: { server, zone, left, rrsets } };
}

export type JudgedAnswer = {
  readonly server: string;
  readonly fqdn: string;
  readonly type: AddressType;
  readonly expected: readonly string[];
  readonly judgement: AnswerJudgement;
};

/** An answer that turned wrong, or right again. */
export function answerJudged({ server, fqdn, type, expected, judgement }: JudgedAnswer): DnsEvent {
  const { right, reason, because, addresses } = judgement;
  return {
    type: right ? "dns.answerRight" : "dns.answerWrong",
    data: { server, fqdn, question: type, reason, because, answered: addresses, expected },
  };
}

/** A server that stopped answering DNS, or answers again. */
export function serverHeard(server: string, answers: boolean, because: string): DnsEvent {
  return { type: answers ? "dns.serverAnswers" : "dns.serverSilent", data: { server, because } };
}
