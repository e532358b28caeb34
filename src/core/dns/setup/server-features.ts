/**
 * The one table of what versions of PowerDNS differ in, as far as it matters here (facts of PowerDNS §2, §3, ADR 21). A
 * record's code is the same on all servers of a zone, so a feature counts only where every one of them has it for
 * certain; where that is not known, and today everywhere, the idiom is used that 4.7 to 5.1 understand alike.
 */
import { isSince, type ServerVersion } from "./server-version.ts";

export type Feature = {
  readonly name: string;
  readonly kind: "setting" | "option" | "function" | "behaviour";
  /** Releases that brought it, in rising order; all but the last are ports into an older minor version. */
  readonly since: readonly string[];
  /** A setting that a server has exactly when it has the feature: seen, it counts more than a version. */
  readonly setting?: string;
  /** What it does. */
  readonly means: string;
  /** What we do, with it or without it. */
  readonly here: string;
};

export const features = [
  {
    name: "enable-lua-record-updates",
    kind: "setting",
    since: ["5.1.0"],
    setting: "enable-lua-record-updates",
    means: "the API and transfers take Lua records only with this setting",
    here: "it must be yes, on secondaries too; older servers do not know it and take Lua",
  },
  {
    name: "minimumFailures",
    kind: "option",
    since: ["5.0.0"],
    means: "a backend is down only after several failed probes",
    here: "not used: 4.7 ignores it silently, and the servers of a zone would differ",
  },
  {
    name: "interval",
    kind: "option",
    since: ["5.0.0"],
    means: "an interval for the checks of one record",
    here: "not used: lua-health-checks-interval of the server counts",
  },
  {
    name: "httpcode",
    kind: "option",
    since: ["5.0.0"],
    means: "a probe may expect another status than 200",
    here: "not used: a health path answers exactly 200",
  },
  {
    name: "failOnIncompleteCheck",
    kind: "option",
    since: ["5.0.0"],
    means: "the first question of a new check fails instead of guessing",
    here: "not used: an unknown health answers with the first region",
  },
  {
    name: "backupSelector empty",
    kind: "option",
    since: ["5.1.0"],
    means: "no address at all when everything is down",
    here: "not used: a name always answers",
  },
  {
    name: "headers",
    kind: "option",
    since: ["5.1.0"],
    means: "further headers in a probe",
    here: "not used",
  },
  {
    name: "pickchashed",
    kind: "function",
    since: ["4.9.0"],
    means: "weights by consistent hashing",
    here: "not used: weights are for two regions, where pickwhashed moves the difference only",
  },
  {
    name: "ifportup with nested sets",
    kind: "function",
    since: ["4.8.0"],
    means: "groups of addresses in a TCP check",
    here: "not used: lists are flat",
  },
  {
    name: "lua-records-insert-whitespace",
    kind: "setting",
    since: ["4.9.1"],
    setting: "lua-records-insert-whitespace",
    means: "whether chunks of code are joined with a blank",
    here: "either is right: chunks are cut where a blank does not matter",
  },
  {
    name: "first check at once",
    kind: "behaviour",
    since: ["5.1.0"],
    means: "a new check runs at once instead of with the next round",
    here: "not relied on: health is unknown for one interval",
  },
  {
    name: "EXTEND and PRUNE",
    kind: "behaviour",
    since: ["4.9.12", "5.0.2"],
    means: "the API changes single records of an rrset",
    here: "not used: an rrset is replaced as a whole",
  },
  {
    name: "rrset filter without strangers",
    kind: "behaviour",
    since: ["4.9.2"],
    means: "reading one rrset does not give every other one that has a comment",
    here: "not relied on: a zone is read as a whole",
  },
] as const satisfies readonly Feature[];

export type FeatureName = (typeof features)[number]["name"];
export type FeatureState = "yes" | "no" | "unknown";

/** What is known of a server: by its API, where one may ask. */
export type ServerFacts = {
  readonly version: ServerVersion | undefined;
  /** Its settings by name; undefined when they could not be read. */
  readonly settings: ReadonlyMap<string, string> | undefined;
};

/** Whether the server has it: by its settings where they tell, else by its version. */
export function featureState(feature: Feature, { version, settings }: ServerFacts): FeatureState {
  if (feature.setting !== undefined && settings !== undefined) {
    return settings.has(feature.setting) ? "yes" : "no";
  }
  if (version === undefined) return "unknown";
  return isSince(version, feature.since) ? "yes" : "no";
}

/** Every feature with its state on the server, in the order of the table. */
export function featuresOf(
  facts: ServerFacts,
): readonly { readonly name: FeatureName; readonly state: FeatureState }[] {
  return features.map((feature) => ({ name: feature.name, state: featureState(feature, facts) }));
}

/** What all servers of a zone have for certain: only this may stand in code that they share. None for no servers. */
export function commonFeatures(servers: readonly ServerFacts[]): readonly FeatureName[] {
  if (servers.length === 0) return [];
  return features
    .filter((feature) => servers.every((server) => featureState(feature, server) === "yes"))
    .map(({ name }) => name);
}
