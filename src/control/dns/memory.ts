/** What the controller remembers between rounds; plain values, replaced as a whole. */
import type { AnswerJudgement } from "../../core/dns/answer.ts";
import type { FallbackState } from "../../core/dns/fallback-order.ts";
import type { AddressType } from "../../core/dns/idioms.ts";
import type { PlannedChange, ZonePlan } from "../../core/dns/plan.ts";
import type { DesiredZone } from "../../core/dns/zone.ts";
import type { Failure } from "../../core/kernel/failure.ts";
import type { LeftZone } from "../env.ts";
import type { Intent } from "./gather.ts";
import type { Server } from "./ports.ts";

/** New checks of an answer that are made known before it follows them. */
export type Warming = {
  /** Absolute name of the answer. */
  readonly name: string;
  readonly whyName: string;
  readonly application: string;
  /** Whether the server was seen to hold the record that makes them. */
  readonly begun: boolean;
  /** Why it waits, or what is known by now. */
  readonly because: string;
  /** Monotonic instant of the first answer to a question for them; undefined before. */
  readonly sinceMs: number | undefined;
  /** After so long every check has ended once. */
  readonly limitMs: number;
  readonly isKnown: boolean;
};

/** What is known of one server. */
export type ServerMemory = {
  readonly reachable: boolean | undefined;
  /** Revision that the server was last seen to hold completely. */
  readonly appliedRevision: string | undefined;
  readonly appliedAtMs: number | undefined;
  /** The newest plan; undefined before the first and for servers of other regions. */
  readonly plan: ZonePlan | undefined;
  readonly pending: readonly PlannedChange[];
  readonly unconfirmed: readonly PlannedChange[];
  /** Other zones that hold records of ours; undefined until they were looked for beside this `appliedZone`. */
  readonly leftZones: readonly LeftZone[] | undefined;
  /** Monotonic instant until which a request that failed may still arrive; until then the server is looked at often. */
  readonly lateUntilMs: number;
  /** The server may still answer from before a change. */
  readonly mustForget: boolean;
  /** By key: the new checks that are being made known there. */
  readonly warming: ReadonlyMap<string, Warming>;
  /** What was last brought to the server completely; another one of the same revision is no drift. */
  readonly appliedZone: DesiredZone | undefined;
  readonly failure: Failure | undefined;
  /** Failed tries in a row, and the monotonic instant before which there is no further one. */
  readonly attempts: number;
  readonly retryAtMs: number;
  /** What has been journalled already, so that it is journalled once. */
  readonly toldPlan: string | undefined;
  readonly toldConflicts: ReadonlySet<string>;
  readonly toldFailure: string | undefined;
  readonly toldSilent: boolean;
};

/** What is known of one answer: a server, a name and a type. */
export type AnswerMemory = {
  readonly fqdn: string;
  readonly type: AddressType;
  readonly expected: readonly string[];
  readonly judgement: AnswerJudgement;
  /** Monotonic instant at which it was first seen wrong; undefined while it is right. */
  readonly wrongSinceMs: number | undefined;
  readonly toldWrong: boolean;
};

export type Memory = {
  readonly intent: Intent | undefined;
  /** Mistakes that have been journalled, as one line each. */
  readonly toldProblems: ReadonlySet<string>;
  /** Why the source can not be read at all, or our region is not declared. */
  readonly failure: Failure | undefined;
  /** By `{environment}/{application}`: who answers there when nothing is known to be up. */
  readonly fallback: ReadonlyMap<string, FallbackState>;
  readonly servers: ReadonlyMap<string, ServerMemory>;
  /** By server, then by `{fqdn} {type}`. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<string, AnswerMemory>>;
  /** Where the next slice of Applications to ask for begins. */
  readonly askFrom: number;
  readonly roundAtMs: number | undefined;
};

export const noMemory: Memory = {
  intent: undefined,
  toldProblems: new Set(),
  failure: undefined,
  fallback: new Map(),
  servers: new Map(),
  answers: new Map(),
  askFrom: 0,
  roundAtMs: undefined,
};

const unknownServer: ServerMemory = {
  reachable: undefined,
  appliedRevision: undefined,
  appliedAtMs: undefined,
  plan: undefined,
  pending: [],
  unconfirmed: [],
  leftZones: undefined,
  lateUntilMs: Number.NEGATIVE_INFINITY,
  // Another process may have ended between a change and this.
  mustForget: true,
  warming: new Map(),
  appliedZone: undefined,
  failure: undefined,
  attempts: 0,
  retryAtMs: 0,
  toldPlan: undefined,
  toldConflicts: new Set(),
  toldFailure: undefined,
  toldSilent: false,
};

export function serverMemory(memory: Memory, server: Server): ServerMemory {
  return memory.servers.get(server.id) ?? unknownServer;
}
