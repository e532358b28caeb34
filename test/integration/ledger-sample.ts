/** Fake drills of data: hand-made reports for the tests of judges and renderers, shaped like recorded ones. */
import type { LedgerKind } from "../../src/core/drill/ledger-kinds.ts";
import type { LedgerProfile } from "../../src/core/drill/ledger-prediction.ts";
import {
  type LedgerReport,
  type LedgerReportFacts,
  makeLedgerReport,
} from "../../src/core/drill/ledger-report.ts";
import { clientEvents } from "../../src/core/drill/ledger-timeline.ts";
import type { LedgerWrite } from "../../src/core/drill/ledger-write.ts";

export const fsn = "hz-fsn-rtz-prod";
export const hel = "hz-hel-rtz-prod";
const addressOf = { [fsn]: "127.10.1.80", [hel]: "127.10.2.80" } as const;

export const ledgerProfile: LedgerProfile = {
  lease: {
    ttlMs: 15_000,
    renewEveryMs: 4_000,
    rpcTimeoutMs: 1_500,
    fenceBudgetMs: 5_000,
    clockRateErrorRatio: 0.001,
    marginMs: 500,
  },
  probeIntervalMs: 1_000,
  probeTimeoutMs: 2_000,
  recordTtlMs: 2_000,
  recursorPatienceMs: 500,
  promoteMs: 8_000,
  measureEveryMs: 1_000,
  startUpMs: 15_000,
  writesPerSecond: 20,
  writers: 4,
  writeLimitMs: 2_000,
  grainMs: 1_000,
};

/** A write that was acknowledged; its identifier says when it was sent. */
export function acknowledged(
  sentMs: number,
  region: string,
  epoch: number | null,
  changes: Partial<LedgerWrite> = {},
): LedgerWrite {
  const address = region === fsn ? addressOf[fsn] : addressOf[hel];
  return {
    id: `write-${sentMs}`,
    sentMs,
    endMs: sentMs + 8,
    outcome: "acknowledged",
    addresses: [address],
    address,
    status: 200,
    region,
    epoch,
    position: 1_000_000 + sentMs,
    ...changes,
  };
}

/** A write that nobody acknowledged. */
export function failed(sentMs: number, changes: Partial<LedgerWrite> = {}): LedgerWrite {
  const address = addressOf[fsn];
  return {
    id: `write-${sentMs}`,
    sentMs,
    endMs: sentMs + 3,
    outcome: "refused",
    addresses: [address],
    address,
    ...changes,
  };
}

export type LedgerScript = {
  readonly kind: LedgerKind;
  /** When the other region begins to acknowledge; undefined: never. */
  readonly movedMs: number | undefined;
  readonly restoreMs: number;
  readonly lost: number;
};

/** The facts of a drill that goes as the script says: twenty writes a second. */
export function scriptedLedger(changes: Partial<LedgerScript> = {}): LedgerReportFacts {
  const script: LedgerScript = {
    kind: "region-kill",
    movedMs: 24_310,
    restoreMs: 28_000,
    lost: 0,
    ...changes,
  };
  const { kind, movedMs = Number.POSITIVE_INFINITY, restoreMs, lost } = script;
  const endMs = restoreMs + 14_000;
  const writes: LedgerWrite[] = [];
  for (let atMs = -4_000; atMs < endMs; atMs += 50) {
    if (atMs < 0) writes.push(acknowledged(atMs, fsn, 7));
    else if (atMs >= movedMs) writes.push(acknowledged(atMs, hel, 8));
    else writes.push(failed(atMs));
  }
  const kept = writes.filter(({ outcome }) => outcome === "acknowledged").map(({ id }) => id);
  const before = kept.filter((id) => id.startsWith("write--"));
  const missing = before.slice(before.length - lost);
  const agents = [fsn, hel].flatMap((region) =>
    Array.from({ length: (endMs + 4_000) / 500 }, (_, at) => -4_000 + at * 500).map((atMs) => ({
      atMs,
      region,
      answered: region === hel || atMs < 0 || atMs >= restoreMs,
      epoch: region === hel ? (atMs >= movedMs ? 8 : null) : atMs < 0 ? 7 : null,
      data:
        region === hel ? (atMs >= movedMs ? "serving" : "fenced") : atMs < 0 ? "serving" : "fenced",
      isServing: region === hel ? atMs >= movedMs : atMs < 0,
      armed: true,
      sync: "in_sync",
    })),
  );
  return {
    id: "ledger-mi6x1k9q20a7",
    kind,
    region: fsn,
    group: "ledger",
    application: { name: "ledger", fqdn: "ledger.acme-prod.sovereign.test" },
    regions: [
      { cluster: fsn, short: "fsn", addresses: [addressOf[fsn]] },
      { cluster: hel, short: "hel", addresses: [addressOf[hel]] },
    ],
    times: { brokenAt: "2026-11-21T02:41:00.000Z", startMs: -4_000, restoreMs, endMs },
    profile: ledgerProfile,
    foretold: {},
    fast: false,
    brokenBy: "SIGKILL to processes",
    notDone: ["Machines, kernels and networks stay up."],
    wholeAgain: { afterMs: 9_400, missing: [] },
    environment: [["Recursor", "127.10.0.53:5300"]],
    holdings: [
      { region: fsn, missing, unacknowledged: 1 },
      { region: hel, missing, unacknowledged: 1 },
    ],
    agents,
    timeline: [
      { atMs: 0, source: "drill", type: "drill.broken", text: `${fsn} is killed` },
      { atMs: 21_000, source: hel, type: "failover.authorityGained", text: "lease, epoch 8" },
      ...clientEvents(writes),
    ].sort((a, b) => a.atMs - b.atMs),
    writes,
  };
}

/** The report of that drill. */
export function scriptedLedgerReport(changes: Partial<LedgerScript> = {}): LedgerReport {
  return makeLedgerReport(scriptedLedger(changes));
}
