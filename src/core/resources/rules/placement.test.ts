import { expect, test } from "vitest";
import {
  application,
  document,
  fqdns,
  problemsOf,
  reading,
  sovereign,
} from "../../../../test/fixtures/documents.ts";
import type { Json } from "../../kernel/json.ts";
import { describeProblem } from "../document.ts";

const fsn = "hz-fsn-rtz-prod";
const hel = "hz-hel-rtz-prod";
const withGeoIp = document("sovereign.yaml", sovereign({ geoip: true }));
const weights = { [fsn]: 80, [hel]: 20 };
const canary = (more: object): Json =>
  application("x", { placement: "weighted-canary", weights, ...more });
const geo = (value: Json): Json => application("x", { geo: value });
const order = (...entries: Json[]): Json => geo({ order: entries });

test.each<[string, Json, string, RegExp]>([
  [
    "geo for a hot standby",
    application("x", { placement: "active-hotstandby", geo: { byDistance: {} } }),
    "FieldOfAnotherPlacement $.spec.geo",
    /it belongs to active-active/,
  ],
  [
    "weights for active-active",
    application("x", { weights }),
    "FieldOfAnotherPlacement $.spec.weights",
    /weighted-canary/,
  ],
  [
    "an active region for active-active",
    application("x", { activeRegion: fsn }),
    "FieldOfAnotherPlacement $.spec.activeRegion",
    /active-passive-warm/,
  ],
  [
    "geo that says nothing",
    geo({}),
    "NotExactlyOne $.spec.geo",
    /exactly one of byDistance and order/,
  ],
  [
    "geo that says both",
    geo({ byDistance: {}, order: [{ continents: ["EU"], regions: [fsn] }] }),
    "NotExactlyOne $.spec.geo",
    /exactly one/,
  ],
  [
    "an option of byDistance",
    geo({ byDistance: { km: 3 } }),
    "FieldUnknown $.spec.geo.byDistance.km",
    /found the field "km", expected no field/,
  ],
  [
    "a continent that there is not",
    order({ continents: ["XX"], regions: [fsn] }),
    "ValueNotAllowed $.spec.geo.order[0].continents[0]",
    /one of AF, AN, AS, EU, NA, OC, SA/,
  ],
  [
    "a continent in two entries",
    order({ continents: ["EU"], regions: [fsn] }, { continents: ["AF", "EU"], regions: [hel] }),
    "DuplicateContinent $.spec.geo.order[1].continents[1]",
    /each continent once/,
  ],
  [
    "a region in an order that is not the Application's",
    order({ continents: ["EU"], regions: ["hz-ash-rtz-prod"] }),
    "UnknownRegion $.spec.geo.order[0].regions[0]",
    /one of the Application's regions/,
  ],
  [
    "an active region that is not the Application's",
    application("x", { placement: "active-passive-warm", activeRegion: "hz-hell-rtz-prod" }),
    "UnknownRegion $.spec.activeRegion",
    /did you mean "hz-hel-rtz-prod"\?/,
  ],
  [
    "a canary without weights",
    canary({ weights: undefined }),
    "WeightsWrong $.spec.weights",
    /found nothing.*together 100/,
  ],
  [
    "weights of 99",
    canary({ weights: { [fsn]: 79, [hel]: 20 } }),
    "WeightsWrong $.spec.weights",
    /found 99 together/,
  ],
  [
    "a weight that is missing",
    canary({ weights: { [fsn]: 100 } }),
    "WeightsWrong $.spec.weights",
    /a weight for each/,
  ],
  [
    "a weight of nobody",
    canary({ weights: { [fsn]: 80, "hz-hell-rtz-prod": 20 } }),
    'WeightsWrong $.spec.weights["hz-hell-rtz-prod"]',
    /did you mean "hz-hel-rtz-prod"\?/,
  ],
  [
    "a weight of half",
    canary({ weights: { [fsn]: 0.5, [hel]: 99.5 } }),
    "TypeWrong",
    /a whole number/,
  ],
  [
    "one region for a canary",
    canary({ regions: [fsn], weights: { [fsn]: 100 } }),
    "TooFewRegions $.spec.regions",
    /at least 2/,
  ],
  [
    "tcp beside a path",
    application("x", { healthCheck: { path: "/up", tcp: { port: 25 } } }),
    "NotExactlyOne $.spec.healthCheck.tcp",
    /either tcp or scheme, host, port and path/,
  ],
  [
    "tcp beside a port",
    application("x", { healthCheck: { port: 25, tcp: { port: 25 } } }),
    "NotExactlyOne $.spec.healthCheck.tcp",
    /either tcp/,
  ],
  [
    "tcp without a port",
    application("x", { healthCheck: { tcp: {} } }),
    "FieldMissing $.spec.healthCheck.tcp.port",
    /a number/,
  ],
  [
    "a TTL of half a second",
    application("x", { ttl: "500ms" }),
    "DurationOutOfRange $.spec.ttl",
    /whole seconds/,
  ],
])("%s is refused, and the good documents come out", (_, value, expected, words) => {
  const plain = JSON.parse(JSON.stringify(value)) as Json; // Without what is undefined, as YAML gives it.
  const catalogue = reading(withGeoIp, document("x.yaml", plain));
  const [reason = "", path] = expected.split(" ");
  expect(problemsOf(catalogue).every((one) => one.startsWith(`${reason} x.yaml`))).toBe(true);
  if (path !== undefined) expect(problemsOf(catalogue)).toEqual([`${reason} x.yaml ${path}`]);
  expect(catalogue.problems.map(describeProblem).join()).toMatch(words);
  expect(fqdns(catalogue)).toEqual(["good.acme-prod.sovereign.test"]);
});

test("geo is refused as long as the Sovereign does not say that its name servers have GeoIP", () => {
  const near = document("x.yaml", geo({ byDistance: {} }));
  expect(problemsOf(reading(near))).toEqual(["GeoWithoutGeoIp x.yaml $.spec.geo"]);
  expect(problemsOf(reading(withGeoIp, near))).toEqual([]);
});

test.each<[string, object]>([
  ["a canary", { placement: "weighted-canary", weights }],
  ["a canary of nothing", { placement: "weighted-canary", weights: { [fsn]: 100, [hel]: 0 } }],
  ["active-passive-warm with its first region", { placement: "active-passive-warm" }],
  [
    "active-passive-warm after a promotion",
    { placement: "active-passive-warm", activeRegion: hel },
  ],
  ["an order of continents", { geo: { order: [{ continents: ["EU", "AF"], regions: [hel] }] } }],
  ["tcp", { healthCheck: { tcp: { port: 587 } } }],
  [
    "tcp with the defaults that Kubernetes fills in",
    { healthCheck: { scheme: "https", path: "/healthz", tcp: { port: 587 } } },
  ],
  ["a TTL of its own", { ttl: "1m" }],
])("%s is right", (_, spec) => {
  expect(problemsOf(reading(withGeoIp, document("x.yaml", application("x", spec))))).toEqual([]);
});

test("a TTL of a placement is checked like the Sovereign's own", () => {
  const ttls = { "active-passive-warm": "1m", "weighted-canary": "2d" };
  const catalogue = reading(document("sovereign.yaml", sovereign({ ttls })));
  expect(problemsOf(catalogue)).toEqual([
    'DurationOutOfRange sovereign.yaml $.spec.ttls["weighted-canary"]',
  ]);
});
