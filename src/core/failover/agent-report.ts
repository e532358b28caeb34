/** What a region agent answers to `GET /v1/status`: all that a person, the console and the other tools know of it. */
import type { FailureJson } from "../kernel/failure.ts";
import type { LeaseTiming } from "../lease/timing.ts";
import type { FailingApplication } from "./application-failure.ts";
import type { HealthAnswer } from "./authority.ts";
import type { DataFacts, Evidence } from "./facts.ts";
import type { FailoverGroup } from "./group.ts";
import type { PeopleView } from "./people-view.ts";
import type { FailoverStatus } from "./status.ts";

export type AgentReport = {
  readonly version: string;
  /** This region. */
  readonly cluster: string;
  /** Wall time of this answer. */
  readonly atMs: number;
  readonly observeOnly: boolean;
  /** The Sovereign's domain. */
  readonly sovereign: string;
  readonly status: FailoverStatus;
  readonly health: HealthAnswer;
  readonly timing: LeaseTiming;
  readonly objectives: FailoverGroup["objectives"];
  /** FQDNs of the Applications whose health path it answers. */
  readonly applications: readonly string[];
  /** Of those that the agent asks, the ones that fail in this region, and the ones that say that they are ready; absent with an older agent. */
  readonly failing?: readonly FailingApplication[];
  readonly working?: readonly string[];
  /** The last measurement, and how old it is; null before the first one. */
  readonly data: (Omit<DataFacts, "atMs"> & { readonly ageMs: number }) | null;
  /** What public resolvers showed last, and how old that is. */
  readonly evidence: (Omit<Evidence, "atMs"> & { readonly ageMs: number }) | null;
  /** Positions of the services as the last record at the witness says them, in bytes of their logs, by name. */
  readonly witnessPositions: Readonly<Record<string, number>>;
  /** Commit of the documents that it works by, and why they could not be read again, if so. */
  readonly documents: {
    readonly revision: string;
    readonly stale: string | null;
    /** What newer documents change and when that is taken over; null when they change nothing. */
    readonly change?: string | null;
  };
  /** What the witness or the way to it said last, when it was no answer; null when it was one. */
  readonly witnessFailure?: FailureJson | null;
  /** Why automation would not work now, one sentence each; empty when it would. */
  readonly readiness?: readonly string[];
  /** What `failover status|why|what-if|plan|approve` say more of it. */
  readonly people: PeopleView;
  /** Newest last; at most 50. */
  readonly journalTail: readonly {
    readonly atMs: number;
    readonly type: string;
    readonly text: string;
  }[];
};
