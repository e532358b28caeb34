/**
 * What the schema of a CRD says beside the shape: rules within one document, in CEL for the API server
 * (`x-kubernetes-validations`), and formats that it knows. They repeat what `rules/` refuses, so that `kubectl apply`
 * refuses it too; what needs a second document is only there. `test/peers` tries each on a real kube-apiserver.
 */
import { buildingBlocks, envTypes, providers } from "../names/dimensions.ts";
import { reservedOrganizations } from "../names/names.ts";
import type { CelRule, FormatRule } from "./cel-rule.ts";
import { failoverGroupCelRules, sovereignFailoverCelRules } from "./cel-rules-failover.ts";
import type { Kind } from "./normalise.ts";

const oneOf = (table: Readonly<Record<string, unknown>>): string =>
  `(${Object.keys(table).join("|")})`;
const clusterName = `^${oneOf(providers)}-[a-z]{2,4}-${oneOf(buildingBlocks)}-${oneOf(envTypes)}$`;
const reserved = [...reservedOrganizations].map((word) => `'${word}'`).join(", ");

const loadBalancer = ["spec", "regions", "[]", "loadBalancer"];

const sovereignRules: readonly (CelRule | FormatRule)[] = [
  {
    at: loadBalancer,
    rule: "size(self.ipv4) + size(self.ipv6) > 0",
    message: "at least one address of either family",
  },
  { at: [...loadBalancer, "ipv4", "[]"], format: "ipv4" },
  { at: [...loadBalancer, "ipv6", "[]"], format: "ipv6" },
  ...(["ipv4", "ipv6"] as const).flatMap((family): readonly CelRule[] => [
    {
      at: [...loadBalancer, family],
      rule: "self.all(a, self.exists_one(o, o == a))",
      message: "every address at most once",
    },
    {
      at: ["spec", "regions"],
      rule: `self.all(r, r.loadBalancer.${family}.all(a, self.exists_one(o, a in o.loadBalancer.${family})))`,
      message: "an address of a load balancer stands in one region",
    },
  ]),
  {
    at: ["spec", "regions"],
    rule: "self.all(r, self.exists_one(o, o.cluster == r.cluster))",
    message: "every cluster at most once",
  },
  {
    at: ["spec", "regions", "[]", "cluster"],
    rule: `self.matches('${clusterName}')`,
    message: "a cluster name of known {provider}-{region}-{block}-{envType}",
  },
  ...sovereignFailoverCelRules,
];

const organizationRules: readonly CelRule[] = [
  {
    at: [],
    rule: `!(self.metadata.name in [${reserved}]) && !self.metadata.name.startsWith('kube-')`,
    message: "the name is a reserved word",
  },
];

const environmentRules: readonly CelRule[] = [
  {
    at: [],
    rule: "self.metadata.name == self.spec.organizationRef + '-' + self.spec.envType",
    message: "the name is {organizationRef}-{envType}",
  },
];

/** A field of one placement does not stand with another. */
const ofPlacement = (field: string, placement: string): CelRule => ({
  at: ["spec"],
  rule: `!has(self.${field}) || self.placement == '${placement}'`,
  message: `${field} belongs to ${placement}`,
  fieldPath: `.${field}`,
});

const applicationRules: readonly CelRule[] = [
  {
    at: ["spec"],
    rule: "self.placement != 'single-region' || size(self.regions) == 1",
    message: "single-region has exactly one region",
    fieldPath: ".regions",
  },
  {
    at: ["spec"],
    rule: "self.placement == 'single-region' || size(self.regions) >= 2",
    message: "this placement needs at least two regions",
    fieldPath: ".regions",
  },
  {
    at: ["spec"],
    rule: "self.placement != 'weighted-canary' || size(self.regions) <= 2",
    message: "weighted-canary has exactly two regions",
    fieldPath: ".regions",
  },
  {
    at: ["spec", "regions"],
    rule: "self.all(r, self.exists_one(o, o == r))",
    message: "every region at most once",
  },
  ofPlacement("geo", "active-active"),
  ofPlacement("weights", "weighted-canary"),
  ofPlacement("activeRegion", "active-passive-warm"),
  {
    at: ["spec"],
    rule: "!has(self.activeRegion) || self.activeRegion in self.regions",
    message: "activeRegion is one of the Application's regions",
    fieldPath: ".activeRegion",
  },
  {
    at: ["spec"],
    rule: "self.placement != 'weighted-canary' || (has(self.weights) && size(self.weights) == size(self.regions) && self.regions.all(r, r in self.weights) && self.regions.map(r, self.weights[r]).sum() == 100)",
    message: "weighted-canary has a weight for each region, together 100",
    fieldPath: ".weights",
  },
  {
    at: ["spec", "geo"],
    rule: "has(self.byDistance) != has(self.order)",
    message: "exactly one of byDistance and order",
  },
  {
    at: ["spec", "geo", "order"],
    rule: "self.all(e, e.continents.all(c, self.exists_one(o, c in o.continents)))",
    message: "every continent in one entry only",
  },
  {
    at: ["spec"],
    rule: "!has(self.geo) || !has(self.geo.order) || self.geo.order.all(e, e.regions.all(r, r in self.regions))",
    message: "geo names the Application's regions only",
    fieldPath: ".geo",
  },
  {
    // The server fills in the defaults first: those two may stand beside tcp.
    at: ["spec", "healthCheck"],
    rule: "!has(self.tcp) || (self.scheme == 'https' && self.path == '/healthz' && !has(self.host) && !has(self.port))",
    message: "either tcp or scheme, host, port and path: a probe connects or it requests",
    fieldPath: ".tcp",
  },
];

export const celRules: Readonly<Record<Kind, readonly (CelRule | FormatRule)[]>> = {
  Sovereign: sovereignRules,
  Organization: organizationRules,
  Environment: environmentRules,
  Application: applicationRules,
  FailoverGroup: failoverGroupCelRules,
};
