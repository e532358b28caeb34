import { describe, expect, test } from "vitest";
import { answerOf } from "./answer.ts";
import { boundsOf } from "./bounds.ts";
import { chooseApplication, type DrillCandidate } from "./choose.ts";
import { boundText, judge, measuredText, verdictText } from "./judge.ts";
import type { Measurements } from "./measure.ts";
import { type DrillProfile, drillKinds, fixedProfile } from "./profile.ts";
import { settledWith, settledWithout, unsteadyBecause } from "./progress.ts";
import { type DrillFacts, makeReport, reportSchema, shortRegionName } from "./report.ts";
import type { RequestSample } from "./sample.ts";

const profile: DrillProfile = { ...fixedProfile, probeIntervalMs: 5_000, ttlMs: 5_000 };
const fsn = "hz-fsn-rtz-prod";
const hel = "hz-hel-rtz-prod";

describe("bounds", () => {
  test("detection takes at most a probe interval, its timeout and the grain", () => {
    expect(boundsOf("region-kill", profile).detectMs).toEqual({
      limit: 8_000,
      arithmetic: "probe interval 5 s + probe timeout 2 s + measuring grain 1 s",
    });
  });
  test.each(drillKinds)("every bound of %s grows with the probe interval or stays", (drill) => {
    const slow = boundsOf(drill, { ...profile, probeIntervalMs: 30_000 });
    for (const [name, bound] of Object.entries(boundsOf(drill, profile)))
      expect(slow[name as keyof typeof slow].limit).toBeGreaterThanOrEqual(bound.limit); // Same type, same keys.
  });
  test("users notice nothing of a blackholed probe", () => {
    expect(boundsOf("probe-blackhole", profile).failedRequests.limit).toBe(0);
  });
  test("only a killed region is given time to start", () => {
    expect(boundsOf("region-kill", profile).returnMs.arithmetic).toContain("start of the region");
    expect(boundsOf("region-hang", profile).returnMs.arithmetic).not.toContain("start of");
  });
});

const measured: Measurements = {
  detectMs: 4_200,
  answerChangedMs: 6_100,
  servedAgainMs: 6_130,
  returnMs: 9_000,
  requests: 412,
  failedWhileBroken: 41,
  failedWhileReturning: 0,
  longestGapMs: 6_200,
  answeredByBrokenAfterDetection: 0,
  wrongAnswers: 0,
  answers: 900,
  flaps: 0,
};

describe("verdicts", () => {
  const bounds = boundsOf("region-kill", profile);
  test("what never happened misses its bound", () => {
    const row = judge({ ...measured, detectMs: null }, bounds)[0];
    expect(row).toMatchObject({ id: "detect", measured: null, verdict: "missed" });
    expect(row && [measuredText(row), verdictText(row)]).toEqual(["never", "did not happen"]);
  });
  test("exactly the bound is within it, a millisecond more is not", () => {
    const verdicts = [8_000, 8_001].map(
      (detectMs) => judge({ ...measured, detectMs }, bounds)[0]?.verdict,
    );
    expect(verdicts).toEqual(["within", "missed"]);
  });
  test("rows read as a person would say them", () => {
    const texts = judge(measured, bounds).map((row) => [
      row.label,
      boundText(row),
      measuredText(row),
      verdictText(row),
    ]);
    expect(texts[0]).toEqual(["Time to detect", "≤ 8.0 s", "4.2 s", "3.8 s to spare"]);
    expect(texts[2]).toEqual(["Failed requests", "≤ 145", "41 of 412", "104 to spare"]);
    expect(texts[5]).toEqual(["Wrong answers", "0", "0 of 900", "as expected"]);
  });
});

const shop: DrillCandidate = {
  name: "shop",
  fqdn: "shop.acme-prod.sovereign.test",
  placement: "active-hotstandby",
  regions: [fsn, hel],
  answeredBy: [fsn],
};
const candidates: readonly DrillCandidate[] = [
  { ...shop, name: "docs", fqdn: "docs.x", placement: "single-region", regions: [fsn] },
  { ...shop, name: "ledger", fqdn: "ledger.x", placement: "active-passive-warm" },
  { ...shop, name: "api", fqdn: "api.x", placement: "active-active", answeredBy: [fsn, hel] },
  shop,
];

describe("which Application is measured", () => {
  test.each([
    {
      region: fsn,
      name: "nope",
      expected: { kind: "unknown" },
      because: "docs, ledger, api, shop",
    },
    { region: fsn, name: "docs", expected: { kind: "refused" }, because: "stay unreachable" },
    { region: hel, name: "docs", expected: { kind: "refused" }, because: "not placed in" },
    { region: hel, name: "shop", expected: { kind: "refused" }, because: "would change nothing" },
    { region: fsn, name: "ledger", expected: { kind: "refused" }, because: "activeRegion" },
  ])("refuses $name in $region and says why", ({ region, name, expected, because }) => {
    const choice = chooseApplication(candidates, region, name);
    expect(choice).toMatchObject(expected);
    expect(choice.kind !== "chosen" && choice.because).toContain(because);
  });
  test("by default the hot standby whose answer is the region, else active-active", () => {
    const names = [fsn, hel].map((region) => {
      const choice = chooseApplication(candidates, region);
      return choice.kind === "chosen" ? choice.candidate.name : choice.because;
    });
    expect(names).toEqual(["shop", "api"]);
  });
  test("an Application of a failover group is measured by its writes, and never by default", () => {
    const covered = { ...shop, name: "booking", fqdn: "booking.test", group: "money" };
    expect(chooseApplication([covered], fsn).kind).toBe("refused");
    expect(chooseApplication([covered, shop], fsn)).toMatchObject({ candidate: { name: "shop" } });
    const named = chooseApplication([covered, shop], fsn, "booking");
    expect(named.kind !== "chosen" && named.because).toContain("failover group money");
  });
  test("without a second region anywhere nothing is chosen", () => {
    expect(chooseApplication(candidates.slice(0, 1), fsn).kind).toBe("refused");
  });
  test("an FQDN names one Application where its short name names two", () => {
    const twice = [shop, { ...shop, fqdn: "shop.acme-test.sovereign.test" }];
    expect(chooseApplication(twice, fsn, "shop").kind).toBe("refused");
    expect(chooseApplication(twice, fsn, shop.fqdn).kind).toBe("chosen");
  });
});

const a = "127.10.1.80";
const b = "127.10.2.80";
const line = (fromMs: number, toMs: number, address: string): readonly RequestSample[] =>
  Array.from({ length: Math.floor((toMs - fromMs) / 100) }, (_, i) => ({
    atMs: fromMs + i * 100,
    tookMs: 10,
    addresses: [address],
    address,
    outcome: "ok" as const,
  }));

describe("the steps of a drill", () => {
  const scene = { brokenAddresses: [a], watchedServers: ["ns2"], plannedAddresses: [a, b] };
  const full = { ...scene, restoreAtMs: 0 };
  const probes = [{ atMs: 8_900, tookMs: 1, server: "ns2", addresses: [b] }];
  const window = { nowMs: 9_000, windowMs: 5_000, sinceMs: 0 };
  test("settled means a whole TTL without the region and without a failure", () => {
    const good = { requests: [...line(0, 3_000, a), ...line(3_000, 9_000, b)], probes };
    expect(settledWithout(good, scene, window)).toBe(true);
    expect(settledWithout(good, scene, { ...window, windowMs: 7_000 })).toBe(false);
    expect(settledWithout(good, scene, { ...window, sinceMs: 5_000 })).toBe(false);
    expect(settledWithout({ ...good, probes: [] }, scene, window)).toBe(false);
    expect(settledWithout({ requests: [], probes }, scene, window)).toBe(false);
    expect(settledWith(good, [b], window)).toBe(true);
    expect(settledWith(good, [a], window)).toBe(false);
  });
  test("a steady state with a failure, another answer or a silent server is refused", () => {
    const requests = line(-3_000, 0, a);
    const answered = [{ atMs: -100, tookMs: 1, server: "ns2", addresses: [a] }];
    expect(unsteadyBecause({ requests, probes: answered }, full)).toBeUndefined();
    expect(unsteadyBecause({ requests: [], probes: answered }, full)).toContain("no request");
    expect(unsteadyBecause({ requests, probes: [] }, full)).toContain("ns2 gave no answer");
    expect(unsteadyBecause({ requests: line(-3_000, 0, b), probes: answered }, full)).toContain(
      "does not hold the region",
    );
    const one = { ...line(-100, 0, a)[0], outcome: "refused" } as RequestSample; // A hand-made sample.
    expect(unsteadyBecause({ requests: [...requests, one], probes: answered }, full)).toContain(
      "1 of 31 requests failed",
    );
  });
});

describe("the report", () => {
  const facts: DrillFacts = {
    id: "drill-m3x1k9q20a7c",
    drill: "region-kill",
    region: fsn,
    application: {
      name: "shop",
      fqdn: shop.fqdn,
      placement: "active-hotstandby",
      regions: [
        { cluster: fsn, short: "fsn", addresses: [a] },
        { cluster: hel, short: "hel", addresses: [b] },
      ],
    },
    times: {
      brokenAt: "2026-11-20T02:41:00.000Z",
      startMs: -3_000,
      restoreMs: 9_000,
      endMs: 12_000,
    },
    profile,
    environment: [["Node", "20.20"]],
    watchedServers: ["ns2"],
    samples: {
      requests: [
        ...line(-3_000, 0, a),
        ...line(0, 3_000, a).map((sample) => ({ ...sample, outcome: "refused" as const })),
        ...line(3_000, 10_000, b),
        ...line(10_000, 12_000, a),
      ],
      probes: [{ atMs: 2_000, tookMs: 5, server: "ns2", addresses: [b] }],
    },
  };
  test("survives being written and read", () => {
    const report = makeReport(facts);
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(report.verdict).toBe("passed");
  });
  test("its first sentence is the answer", () => {
    expect(answerOf(makeReport(facts))).toBe(
      "shop was served again, from hel, after 3.0 s. 30 of 120 requests failed.",
    );
    const untouched = {
      ...facts.samples,
      requests: [...line(0, 3_000, a), ...line(3_000, 12_000, b)],
    };
    expect(answerOf(makeReport({ ...facts, samples: untouched }))).toBe(
      "shop was served all the time; its answer left fsn, to hel, after 3.0 s. None of 120 requests failed. fsn did not come back into the answer.",
    );
    expect(answerOf(makeReport({ ...facts, samples: { requests: [], probes: [] } }))).toBe(
      "shop was not served again while fsn was broken. No request was made. fsn did not come back into the answer.",
    );
  });
  test("a region is called by its code unless two share it", () => {
    expect(shortRegionName(fsn, [fsn, hel])).toBe("fsn");
    expect(shortRegionName(fsn, [fsn, "aw-fsn-rtz-prod"])).toBe(fsn);
  });
});
