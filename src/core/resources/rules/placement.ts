/** What the fields of one placement must fulfil: each stands with its own placement only, and says all that is needed. */
import { didYouMean } from "../../names/nearest.ts";
import type { Application, PlacementKind } from "../application.ts";
import type { Finding } from "../problem.ts";
import type { ApplicationFacts } from "./application.ts";
import { hiddenClientRule } from "./proxies.ts";
import { type DocumentRule, repeats } from "./rule.ts";
import { ttlFindings } from "./ttl.ts";

type Spec = Application["spec"];

/** Fields that only one placement has. */
const placementOf = {
  geo: "active-active",
  weights: "weighted-canary",
  activeRegion: "active-passive-warm",
} as const satisfies Readonly<Record<string, PlacementKind>>;
const placementFields = ["geo", "weights", "activeRegion"] as const;

export const placementRules: readonly DocumentRule<ApplicationFacts>[] = [
  {
    reason: "FieldOfAnotherPlacement",
    check: ({ application: { spec } }) =>
      placementFields
        .filter((field) => spec[field] !== undefined && spec.placement !== placementOf[field])
        .map((field) => ({
          path: ["spec", field],
          expected: `no such field for ${spec.placement}; it belongs to ${placementOf[field]}`,
        })),
  },
  { reason: "NotExactlyOne", check: ({ application: { spec } }) => checkExactlyOne(spec) },
  {
    reason: "GeoWithoutGeoIp",
    check: ({ application: { spec }, sovereign }) =>
      spec.geo === undefined || sovereign === undefined || sovereign.spec.geoip === true
        ? []
        : [
            {
              path: ["spec", "geo"],
              expected:
                "no geo unless the Sovereign says `geoip: true`: a name server without the GeoIP backend answers it at random",
            },
          ],
  },
  hiddenClientRule,
  { reason: "UnknownRegion", check: ({ application: { spec } }) => checkOwnRegions(spec) },
  { reason: "DuplicateContinent", check: ({ application: { spec } }) => checkContinents(spec) },
  { reason: "WeightsWrong", check: ({ application: { spec } }) => checkWeights(spec) },
  {
    reason: "DurationOutOfRange",
    check: ({ application: { spec } }) => ttlFindings(["spec", "ttl"], spec.ttl),
  },
];

/** Kubernetes fills in the defaults of `scheme` and `path`, so beside `tcp` those two may stand with their defaults. */
function checkExactlyOne({ geo, healthCheck }: Spec): readonly Finding[] {
  const findings: Finding[] = [];
  const { tcp, scheme, host, port, path } = healthCheck;
  const asksHttp =
    host !== undefined || port !== undefined || scheme !== "https" || path !== "/healthz";
  if (tcp !== undefined && asksHttp) {
    findings.push({
      path: ["spec", "healthCheck", "tcp"],
      expected: "either tcp or scheme, host, port and path: a probe connects or it requests",
    });
  }
  if (geo !== undefined && (geo.byDistance === undefined) === (geo.order === undefined)) {
    findings.push({ path: ["spec", "geo"], expected: "exactly one of byDistance and order" });
  }
  return findings;
}

function checkOwnRegions({ activeRegion, geo, regions }: Spec): readonly Finding[] {
  const named = [
    ...(activeRegion === undefined ? [] : [{ path: ["spec", "activeRegion"], activeRegion }]),
    ...(geo?.order ?? []).flatMap((entry, e) =>
      entry.regions.map((region, r) => ({
        path: ["spec", "geo", "order", e, "regions", r],
        activeRegion: region,
      })),
    ),
  ];
  return named.flatMap(({ path, activeRegion: region }) =>
    regions.includes(region)
      ? []
      : [
          {
            path,
            expected: `one of the Application's regions (${regions.join(", ")})${didYouMean(region, regions)}`,
          },
        ],
  );
}

function checkContinents({ geo }: Spec): readonly Finding[] {
  const order = geo?.order ?? [];
  const places = order.flatMap((entry, e) =>
    entry.continents.map((continent, c) => ({ continent, e, c })),
  );
  const again = repeats(places.map(({ continent }) => continent)).flatMap(({ index }) => {
    const place = places[index];
    if (place === undefined) return [];
    return [
      {
        path: ["spec", "geo", "order", place.e, "continents", place.c],
        expected: "each continent once; it stands in an earlier place already",
      },
    ];
  });
  const twice = order.flatMap((entry, e) =>
    repeats(entry.regions).map(({ index }) => ({
      path: ["spec", "geo", "order", e, "regions", index],
      expected: "each region once",
    })),
  );
  return [...again, ...twice];
}

function checkWeights({ placement, regions, weights }: Spec): readonly Finding[] {
  if (placement !== "weighted-canary") return [];
  const path = ["spec", "weights"];
  const want = `a weight for each of ${regions.join(" and ")}, together 100`;
  if (weights === undefined) return [{ path, expected: want }];
  const clusters = Object.keys(weights);
  const strange = clusters.filter((cluster) => !regions.includes(cluster));
  if (strange.length > 0) {
    return strange.map((cluster) => ({
      path: [...path, cluster],
      expected: `weights of the Application's regions only${didYouMean(cluster, regions)}`,
    }));
  }
  if (clusters.length < new Set(regions).size) return [{ path, expected: want }];
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  return sum === 100 ? [] : [{ path, found: `${sum} together`, expected: want }];
}
