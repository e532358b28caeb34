/** Fake drill samples: hand-made reports for the tests of the renderers, shaped like recorded ones. */
import { type DrillKind, fixedProfile } from "../../src/core/drill/profile.ts";
import { type DrillFacts, type DrillReport, makeReport } from "../../src/core/drill/report.ts";
import type { ProbeSample, RequestSample } from "../../src/core/drill/sample.ts";

const fsn = "127.10.1.80";
const hel = "127.10.2.80";

export type DrillScript = {
  readonly drill: DrillKind;
  /** When the surviving server leaves the region out; undefined: never. */
  readonly detectMs: number | undefined;
  readonly changeMs: number | undefined;
  readonly restoreMs: number;
  readonly returnMs: number;
};

const scripted: DrillScript = {
  drill: "region-kill",
  detectMs: 4_210,
  changeMs: 6_080,
  restoreMs: 13_400,
  returnMs: 9_300,
};

/** The report of a drill that goes as the script says; ten requests a second. */
export function scriptedReport(changes: Partial<DrillScript> = {}): DrillReport {
  const script = { ...scripted, ...changes };
  const { drill, changeMs = Infinity, restoreMs } = script;
  const backMs = restoreMs + script.returnMs;
  const endMs = backMs + 6_000;
  const requests: RequestSample[] = [];
  const probes: ProbeSample[] = [];
  for (let atMs = -6_000; atMs < endMs; atMs += 100) {
    const gone = atMs >= changeMs && atMs < backMs;
    const address = gone ? hel : fsn;
    const up = gone || atMs < 0 || atMs >= restoreMs || drill === "probe-blackhole";
    const wait = drill === "region-hang" ? 1_003 : 3;
    const jitter = (Math.abs(atMs) / 100) % 7;
    requests.push({
      atMs: atMs + jitter,
      tookMs: up ? 8 + jitter : wait,
      addresses: [address],
      address,
      ...(up ? { status: 200 } : {}),
      outcome: up ? "ok" : drill === "region-hang" ? "timedOut" : "refused",
    });
    const noticed = atMs >= (script.detectMs ?? Infinity) && atMs < backMs - 900;
    probes.push({ atMs, tookMs: 2, server: "ns2", addresses: [noticed ? hel : fsn] });
  }
  return makeReport({
    ...factsOf(script),
    times: timesOf(restoreMs, endMs),
    samples: { requests, probes },
  });
}

function timesOf(restoreMs: number, endMs: number): DrillFacts["times"] {
  return { brokenAt: "2026-11-20T02:41:00.000Z", startMs: -6_000, restoreMs, endMs };
}

function factsOf({ drill }: DrillScript): Omit<DrillFacts, "times" | "samples"> {
  return {
    id: "drill-mi6x1k9q20a7",
    drill,
    region: "hz-fsn-rtz-prod",
    application: shopOf(fsn, hel),
    profile: { ...fixedProfile, probeIntervalMs: 5_000, ttlMs: 5_000 },
    environment: [
      ["Name servers", "PowerDNS, ns1 127.10.1.53:5300, ns2 127.10.2.53:5300"],
      ["Recursor", "127.10.0.53:5300"],
      ["Machine", "linux x64, 2 cores, Node 20.20.2"],
    ],
    watchedServers: ["ns2"],
  };
}

/** The Application that is measured, with the address of each region. */
export function shopOf(inFsn: string, inHel: string): DrillReport["application"] {
  return {
    name: "shop",
    fqdn: "shop.acme-prod.sovereign.test",
    placement: "active-hotstandby",
    regions: [
      { cluster: "hz-fsn-rtz-prod", short: "fsn", addresses: [inFsn] },
      { cluster: "hz-hel-rtz-prod", short: "hel", addresses: [inHel] },
    ],
  };
}
