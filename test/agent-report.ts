/** Reports of region agents in plain data, for tests of what is made of them. */
import type { AgentReport } from "../src/core/failover/agent-report.ts";
import type { HeardReport } from "../src/core/failover/agent-report-schema.ts";

const peers: Readonly<Record<string, string>> = {
  "hz-fsn-rtz-prod": "hz-hel-rtz-prod",
  "hz-hel-rtz-prod": "hz-fsn-rtz-prod",
};

export type ReportFacts = {
  readonly cluster: string;
  readonly group?: string;
  /** With it the region has a lease. */
  readonly epoch?: number;
  readonly leftMs?: number;
  readonly data?: HeardReport["status"]["data"];
  readonly atMs?: number;
  readonly sync?: HeardReport["status"]["sync"]["recorded"];
  readonly services?: NonNullable<HeardReport["data"]>["services"];
  readonly needs?: HeardReport["status"]["needs"];
  readonly journalTail?: HeardReport["journalTail"];
  readonly witness?: Partial<HeardReport["status"]["witness"]>;
  readonly applications?: readonly string[];
};

/** A standby that is fenced and armed, unless it is said to hold an epoch. */
export function agentReport(facts: ReportFacts): HeardReport {
  const { cluster, epoch, group = "ledger", leftMs = 10_000 } = facts;
  const data = facts.data ?? (epoch === undefined ? "fenced" : "serving");
  const isServing = epoch !== undefined && data === "serving";
  return {
    version: "0.1.0",
    cluster,
    atMs: facts.atMs ?? 1_790_000_000_000,
    observeOnly: false,
    sovereign: "sovereign.test",
    status: {
      group,
      self: cluster,
      peer: peers[cluster] ?? "",
      mode: "automatic",
      onWitnessLoss: "sticky",
      authority:
        epoch === undefined
          ? { kind: "none", epoch: null, leftMs: 0 }
          : { kind: "lease", epoch, leftMs },
      data,
      isServing,
      armed: true,
      disarmedBecause: [],
      witness: { holder: null, epoch: null, silentForMs: null, ...facts.witness },
      sync: { recorded: facts.sync ?? "in_sync" },
      needs: facts.needs ?? [],
    },
    health: isServing
      ? { status: 200, reason: "Serving", because: "this region serves" }
      : { status: 503, reason: "NoAuthority", because: "this region may not write" },
    timing: {
      ttlMs: 15_000,
      renewEveryMs: 4_000,
      fenceBudgetMs: 5_000,
      clockRateErrorRatio: 0.001,
    },
    objectives: { rtoMs: 60_000, rpoBytes: 0, rpoMs: 0 },
    applications: facts.applications ?? ["ledger.acme-prod.sovereign.test"],
    data: { services: facts.services ?? [], notReady: [], ageMs: 500 },
    witnessPositions: {},
    documents: { revision: "4f1c9a7e", stale: null },
    journalTail: facts.journalTail ?? [],
  };
}

/** What an agent answers is what others take in: the compiler compares the two. */
export const heardOf = (report: AgentReport): HeardReport => report;
