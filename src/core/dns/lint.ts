/**
 * What is valid in the documents and yet unwise: small rules, each with a stable reason, over what is declared and what
 * follows from it. Advice never stops anything; what must not be is refused by the rules of `core/resources`.
 */
import type { Catalogue, Origin } from "../resources/catalogue.ts";
import type { DesiredApplication, DesiredZone } from "./zone.ts";

export type LintFacts = {
  readonly catalogue: Catalogue;
  readonly desired: DesiredZone;
  /** How often the name servers probe (`lua-health-checks-interval`). */
  readonly probeIntervalMs: number;
  /** Checks that one name server is meant to run at most; each is a thread of it (facts of PowerDNS §0.7). */
  readonly checksMax: number;
};

export type Advice = {
  readonly reason: LintReason;
  /** `Sovereign/acme`, `Application/acme-prod/shop`. */
  readonly document: string;
  /** Where it is declared; undefined for the Sovereign. */
  readonly origin: Origin | undefined;
  /** JSON path in the document, such as `$.spec.ttl`. */
  readonly path: string;
  readonly because: string;
  readonly remedy: string;
};

export type LintReason =
  | "TtlOutlivesProbes"
  | "OneRegionOfSeveral"
  | "SameRegionFirst"
  | "HealthPathIsRoot"
  | "FamilyNotEverywhere"
  | "LabelNearLimit"
  | "NameNearLimit"
  | "NameTooLongToExplain"
  | "ManyChecks"
  | "OneNameServer"
  | "LeaseNotAsked";

type Finding = Omit<Advice, "reason">;

type LintRule = {
  readonly reason: LintReason;
  readonly advise: (facts: LintFacts) => readonly Finding[];
};

/** An answer should not be kept for longer than this many probes. */
const probesPerTtlMax = 12;
const labelNear = 56;
const nameNear = 220;

/** All advice, in the order of the rules. */
export function lintZone(facts: LintFacts): readonly Advice[] {
  return lintRules.flatMap(({ reason, advise }) =>
    advise(facts).map((finding): Advice => ({ reason, ...finding })),
  );
}

const lintRules: readonly LintRule[] = [
  { reason: "TtlOutlivesProbes", advise: adviseTtl },
  { reason: "OneRegionOfSeveral", advise: adviseOneRegion },
  { reason: "SameRegionFirst", advise: adviseSameFirst },
  { reason: "HealthPathIsRoot", advise: adviseHealthPath },
  { reason: "FamilyNotEverywhere", advise: adviseFamilies },
  { reason: "LabelNearLimit", advise: adviseLabels },
  { reason: "NameNearLimit", advise: adviseNames },
  { reason: "NameTooLongToExplain", advise: adviseUnexplained },
  { reason: "ManyChecks", advise: adviseChecks },
  { reason: "OneNameServer", advise: adviseNameServers },
  { reason: "LeaseNotAsked", advise: adviseLease },
];

function hasRootPath({ probe }: DesiredApplication): boolean {
  return probe.scheme !== "tcp" && probe.path === "/";
}

function isProbed({ rrsets }: DesiredApplication): boolean {
  return rrsets.some(({ type }) => type === "LUA");
}

function ofSovereign({ catalogue }: LintFacts): Pick<Finding, "document" | "origin"> {
  return { document: `Sovereign/${catalogue.sovereign?.metadata.name ?? ""}`, origin: undefined };
}

function ofApplication({
  application,
  origin,
}: DesiredApplication): Pick<Finding, "document" | "origin"> {
  return { document: `Application/${application}`, origin };
}

function adviseTtl(facts: LintFacts): readonly Finding[] {
  const ttlMs = facts.desired.ttlSeconds * 1_000;
  const mostMs = facts.probeIntervalMs * probesPerTtlMax;
  if (ttlMs <= mostMs) return [];
  return [
    {
      ...ofSovereign(facts),
      path: "$.spec.ttl",
      because: `an answer is kept for ${ttlMs / 1_000} s although the servers know within ${facts.probeIntervalMs / 1_000} s that a region is down`,
      remedy: `Choose at most ${mostMs / 1_000} s; 5 s is the default.`,
    },
  ];
}

function adviseOneRegion({ catalogue, desired }: LintFacts): readonly Finding[] {
  const count = catalogue.sovereign?.spec.regions.length ?? 0;
  if (count < 2) return [];
  return desired.applications
    .filter(({ regions }) => regions.length === 1)
    .map((application) => ({
      ...ofApplication(application),
      path: "$.spec.placement",
      because: `it goes down with ${application.regions[0]?.cluster ?? "its region"} although the Sovereign has ${count} regions`,
      remedy: "Place it in a second region, or keep it so on purpose.",
    }));
}

function adviseSameFirst(facts: LintFacts): readonly Finding[] {
  const standing = facts.desired.applications.filter(
    ({ placement }) => placement === "active-hotstandby",
  );
  const firsts = new Set(standing.map(({ regions }) => regions[0]?.cluster ?? ""));
  const [first] = firsts;
  if (standing.length < 2 || firsts.size !== 1 || first === undefined) return [];
  return [
    {
      ...ofSovereign(facts),
      path: "$",
      because: `all ${standing.length} Applications in active-hotstandby prefer ${first}: the other regions carry nothing and prove nothing until it fails`,
      remedy: "Let some of them name another region first.",
    },
  ];
}

function adviseHealthPath({ desired }: LintFacts): readonly Finding[] {
  return desired.applications
    .filter((application) => isProbed(application) && hasRootPath(application))
    .map((application) => ({
      ...ofApplication(application),
      path: "$.spec.healthCheck.path",
      because:
        "/ often answers 200 from a proxy or a cache while the Application behind it is down, and a redirect is followed",
      remedy: "Probe a path that the Application itself answers, such as /healthz.",
    }));
}

function adviseFamilies(facts: LintFacts): readonly Finding[] {
  const regions = facts.catalogue.sovereign?.spec.regions ?? [];
  const families = [
    { name: "IPv4", of: "ipv4" },
    { name: "IPv6", of: "ipv6" },
  ] as const;
  return families.flatMap(({ name, of }) => {
    const having = regions.filter(({ loadBalancer }) => loadBalancer[of].length > 0);
    if (having.length === 0 || having.length === regions.length) return [];
    return regions.flatMap(({ cluster, loadBalancer }, index): readonly Finding[] =>
      loadBalancer[of].length > 0
        ? []
        : [
            {
              ...ofSovereign(facts),
              path: `$.spec.regions[${index}].loadBalancer.${of}`,
              because: `${cluster} has no ${name} address and other regions have: clients of ${name} can not be moved there`,
              remedy: `Give ${cluster} an ${name} address.`,
            },
          ],
    );
  });
}

function adviseLabels({ desired }: LintFacts): readonly Finding[] {
  return desired.applications.flatMap((application) => {
    const label = application.fqdn.split(".").find((one) => one.length >= labelNear);
    if (label === undefined) return [];
    return [
      {
        ...ofApplication(application),
        path: "$.metadata.name",
        because: `the label ${label} has ${label.length} of the 63 characters that DNS allows`,
        remedy: "Choose a shorter name: certificates and further labels have to fit too.",
      },
    ];
  });
}

function adviseNames({ desired }: LintFacts): readonly Finding[] {
  return desired.applications
    .filter(({ fqdn, whyName }) => fqdn.length >= nameNear && whyName !== undefined)
    .map((application) => ({
      ...ofApplication(application),
      path: "$.metadata.name",
      because: `${application.fqdn} has ${application.fqdn.length} of the 253 characters that DNS allows`,
      remedy: "Choose a shorter name or domain.",
    }));
}

function adviseUnexplained({ desired }: LintFacts): readonly Finding[] {
  return desired.applications
    .filter((application) => isProbed(application) && application.whyName === undefined)
    .map((application) => ({
      ...ofApplication(application),
      path: "$.metadata.name",
      because:
        "its name is too long for _why in front of it, so no server can tell what its probes say",
      remedy: "Choose a name that is at least 5 characters shorter.",
    }));
}

function adviseChecks(facts: LintFacts): readonly Finding[] {
  const count = facts.desired.checks.planned;
  if (count < facts.checksMax) return [];
  return [
    {
      ...ofSovereign(facts),
      path: "$",
      because: `every name server runs ${count} checks, each in a thread of its own, when all names are asked for; ${facts.checksMax} are meant`,
      remedy:
        "Let Applications behind one gateway share a health check: the same host, port and path.",
    },
  ];
}

function adviseNameServers(facts: LintFacts): readonly Finding[] {
  const regions = facts.catalogue.sovereign?.spec.regions ?? [];
  if (regions.flatMap(({ nameServers }) => nameServers).length !== 1) return [];
  return [
    {
      ...ofSovereign(facts),
      path: "$.spec.regions[0].nameServers",
      because: "one name server answers for the whole zone: when it is away, every name is",
      remedy: "Declare a second one, best in another region.",
    },
  ];
}

function adviseLease({ desired }: LintFacts): readonly Finding[] {
  return desired.applications
    .filter(
      ({ lease, placement }) => lease?.isProbed === false && placement === "active-hotstandby",
    )
    .map((application) => ({
      ...ofApplication(application),
      path: "$.spec.healthCheck.tcp",
      because: `the failover group ${application.lease?.group} holds a lease for it, and a TCP check can not ask which region has it: a region that accepts connections without authority is answered`,
      remedy:
        "Give it an HTTP health check whose host and port reach the region's gateway, which passes /.well-known/failover/ to the agent; or `active-passive-warm`.",
    }));
}
