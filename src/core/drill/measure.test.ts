import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Measurements, measure, type Scene } from "./measure.ts";
import type { ProbeSample, RequestOutcome, RequestSample } from "./sample.ts";

const fsn = "127.10.1.80";
const hel = "127.10.2.80";
const scene: Scene = {
  brokenAddresses: [fsn],
  plannedAddresses: [fsn, hel],
  watchedServers: ["ns2"],
  restoreAtMs: 10_000,
};

const request = (
  atMs: number,
  address: string | undefined,
  outcome: RequestOutcome = "ok",
  tookMs = 10,
): RequestSample => ({
  atMs,
  tookMs,
  addresses: address === undefined ? [] : [address],
  ...(address === undefined ? {} : { address }),
  outcome,
});
const probe = (atMs: number, addresses: readonly string[], server = "ns2"): ProbeSample => ({
  atMs,
  tookMs: 5,
  server,
  addresses: [...addresses],
});

const rows: readonly {
  readonly name: string;
  readonly requests: readonly RequestSample[];
  readonly probes: readonly ProbeSample[];
  readonly expected: Partial<Measurements>;
}[] = [
  {
    name: "no samples at all measure nothing and detect nothing",
    requests: [],
    probes: [],
    expected: {
      detectMs: null,
      answerChangedMs: null,
      servedAgainMs: null,
      returnMs: null,
      requests: 0,
      longestGapMs: 0,
      wrongAnswers: 0,
    },
  },
  {
    name: "a region that is never left out is never detected, and nothing is served again",
    requests: [request(100, fsn, "timedOut", 1_000), request(9_000, fsn, "refused")],
    probes: [probe(100, [fsn]), probe(9_000, [fsn])],
    expected: { detectMs: null, answerChangedMs: null, servedAgainMs: null, failedWhileBroken: 2 },
  },
  {
    name: "an empty answer is unknown, not a detection",
    requests: [request(100, fsn), request(5_000, undefined, "noAnswer")],
    probes: [probe(100, [fsn]), probe(5_000, [])],
    expected: { detectMs: null, answerChangedMs: null },
  },
  {
    name: "a region that does not come back has no time to return",
    requests: [request(100, hel), request(10_100, hel), request(19_000, hel)],
    probes: [probe(100, [hel])],
    expected: { returnMs: null, failedWhileReturning: 0 },
  },
  {
    name: "a clean failover is timed by the ends of the first answers that say so",
    requests: [
      request(-100, fsn),
      request(100, fsn, "refused"),
      request(4_000, fsn, "refused"),
      request(6_000, hel, "ok", 20),
      request(9_900, hel),
      request(10_100, hel),
      request(15_000, fsn, "ok", 30),
    ],
    probes: [probe(100, [fsn]), probe(4_200, [hel]), probe(9_900, [hel]), probe(14_000, [fsn])],
    expected: {
      detectMs: 4_205,
      answerChangedMs: 6_020,
      servedAgainMs: 6_020,
      returnMs: 5_030,
      requests: 6,
      failedWhileBroken: 2,
      failedWhileReturning: 0,
      flaps: 0,
      longestGapMs: 6_020 + 90,
    },
  },
  {
    name: "flapping counts from the last change, and the flaps are counted",
    requests: [
      request(100, fsn),
      request(2_000, hel),
      request(3_000, fsn),
      request(4_000, hel),
      request(5_000, fsn),
      request(7_000, hel),
    ],
    probes: [probe(1_000, [hel]), probe(2_000, [fsn]), probe(6_000, [hel])],
    expected: { detectMs: 6_005, answerChangedMs: 7_010, flaps: 2, servedAgainMs: 0 },
  },
  {
    name: "an answer with both regions still holds the broken one",
    requests: [{ ...request(100, hel), addresses: [hel, fsn] }],
    probes: [probe(100, [hel, fsn])],
    expected: { detectMs: null, answerChangedMs: null },
  },
  {
    name: "late samples of the broken region's own return do not undo the detection",
    requests: [request(5_000, hel), request(10_500, fsn)],
    probes: [probe(5_000, [hel]), probe(10_500, [fsn])],
    expected: { detectMs: 5_005, answerChangedMs: 5_010, returnMs: 510 },
  },
  {
    name: "an address outside the plan is a wrong answer wherever it is seen",
    requests: [request(-50, "10.0.0.1"), request(100, hel)],
    probes: [probe(100, [hel, "192.0.2.1"]), probe(200, [])],
    expected: { wrongAnswers: 2, answers: 3 },
  },
  {
    name: "a response of the broken region after detection is counted, one of before is not",
    requests: [request(1_000, fsn), request(3_000, fsn), request(3_100, fsn, "timedOut")],
    probes: [probe(2_000, [hel])],
    expected: { detectMs: 2_005, answeredByBrokenAfterDetection: 1 },
  },
  {
    name: "a silence that never ends is a gap until the last sample",
    requests: [request(0, fsn), request(8_000, hel, "timedOut", 1_000)],
    probes: [],
    expected: { longestGapMs: 8_990 },
  },
];

describe("the fold of a drill's samples", () => {
  test.each(rows)("$name", ({ requests, probes, expected }) => {
    expect(measure({ requests, probes }, scene)).toMatchObject(expected);
  });

  test("detection waits for the last of several watched servers", () => {
    const both = { ...scene, watchedServers: ["ns1", "ns2"] };
    const probes = [probe(1_000, [hel], "ns2"), probe(3_000, [hel], "ns1")];
    expect(measure({ requests: [], probes }, both).detectMs).toBe(3_005);
    expect(measure({ requests: [], probes: probes.slice(0, 1) }, both).detectMs).toBeNull();
  });

  test("the order in which samples were written down means nothing", () => {
    const outcome = fc.constantFrom<RequestOutcome>("ok", "refused", "timedOut");
    const instants = fc.uniqueArray(fc.integer({ min: -3_000, max: 20_000 }), { maxLength: 30 });
    fc.assert(
      fc.property(
        instants,
        fc.array(outcome, { minLength: 30 }),
        fc.nat(),
        (at, outcomes, turn) => {
          const requests = at.map((atMs, i) =>
            request(atMs, i % 3 === 0 ? fsn : hel, outcomes[i], 1 + (i % 7)),
          );
          const cut = at.length === 0 ? 0 : turn % at.length;
          const turned = [...requests.slice(cut), ...requests.slice(0, cut)];
          expect(measure({ requests: turned, probes: [] }, scene)).toEqual(
            measure({ requests, probes: [] }, scene),
          );
        },
      ),
    );
  });
});
