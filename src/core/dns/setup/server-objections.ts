/**
 * What speaks against a name server as it is configured: each refusal that PowerDNS would answer with, and each silent
 * wrong answer, told beforehand with the setting and what to do (facts of PowerDNS §0, §2, §5, §6; ADR 21).
 */
import type { Proxied } from "./proxy.ts";
import type { ServerFacts } from "./server-features.ts";
import { isSince } from "./server-version.ts";

export type ServerObjection = {
  readonly reason: ObjectionReason;
  /** `refuses`: something that is declared can not work there. `warns`: it works, not as it should. */
  readonly weight: "refuses" | "warns";
  /** Setting of pdns.conf. */
  readonly field: string;
  readonly because: string;
  readonly remedy: string;
};

export type ObjectionReason =
  | "LuaRecordsOff"
  | "LuaUpdatesRefused"
  | "SigningOff"
  | "GeoIpMissing"
  | "ProxyHeaderNotRead"
  | "ProxyHeaderExpected"
  | "ClientSubnetIgnored"
  | "LuaRecordsSlow"
  | "ExecLimitFaulty"
  | "HealthNotLogged"
  | "VersionUnknown"
  | "VersionOld";

/** What the documents ask of the server. */
export type ServerDemands = {
  readonly signed: boolean;
  readonly geoip: boolean;
  /** An answer depends on the client: weights or geo. */
  readonly byClient: boolean;
  readonly proxy: Proxied | undefined;
};

type Look = ServerDemands & {
  readonly facts: ServerFacts;
  /** A setting; undefined when it is not there or none could be read. */
  readonly setting: (name: string) => string | undefined;
};
type Found = Pick<ServerObjection, "field" | "because" | "remedy">;
type Rule = Pick<ServerObjection, "reason" | "weight"> & {
  readonly check: (look: Look) => Found | undefined;
};

/** All objections, in the order of the rules; what can not be known is no objection. */
export function objectionsTo(
  facts: ServerFacts,
  demands: ServerDemands,
): readonly ServerObjection[] {
  const setting = (name: string): string | undefined => facts.settings?.get(name);
  const look: Look = { ...demands, facts, setting };
  return rules.flatMap(({ reason, weight, check }) => {
    const found = check(look);
    return found === undefined ? [] : [{ reason, weight, ...found }];
  });
}

const found = (field: string, because: string, remedy: string): Found => ({
  field,
  because,
  remedy,
});

/** Oldest version that anything here was tried with. */
const oldest = "4.7.0";

const rules: readonly Rule[] = [
  {
    reason: "LuaRecordsOff",
    weight: "refuses",
    check: ({ setting }) =>
      setting("enable-lua-records") === "no"
        ? found(
            "enable-lua-records",
            "names of several regions are answered as if they did not exist",
            "Set enable-lua-records=shared in pdns.conf and restart the server. The API can not switch it on for a zone.",
          )
        : undefined,
  },
  {
    reason: "LuaUpdatesRefused",
    weight: "refuses",
    check: ({ setting }) =>
      setting("enable-lua-record-updates") === "no"
        ? found(
            "enable-lua-record-updates",
            "the server refuses every Lua record that is written through its API or transferred",
            "Set enable-lua-record-updates=yes in pdns.conf of this server and of its secondaries, and restart them.",
          )
        : undefined,
  },
  { reason: "SigningOff", weight: "refuses", check: checkSigning },
  { reason: "GeoIpMissing", weight: "refuses", check: checkGeoIp },
  {
    reason: "ProxyHeaderNotRead",
    weight: "refuses",
    check: ({ proxy, setting }) => {
      const from = setting("proxy-protocol-from");
      if (proxy?.client !== "proxyProtocol" || from === undefined) return undefined;
      if (from.trim() !== "") return undefined;
      return found(
        "proxy-protocol-from",
        `the proxy puts a header in front of each question, and the server does not expect one from ${proxy.source}`,
        `Set proxy-protocol-from=${proxy.source} in pdns.conf and restart the server.`,
      );
    },
  },
  {
    reason: "ProxyHeaderExpected",
    weight: "warns",
    check: ({ proxy, setting }) => {
      const from = setting("proxy-protocol-from")?.trim() ?? "";
      if (proxy?.client === "proxyProtocol" || from === "") return undefined;
      return found(
        "proxy-protocol-from",
        `questions from ${from} need a header that nothing declared here puts in front of them`,
        "Declare the proxy under spec.dns.proxies, or set proxy-protocol-from empty.",
      );
    },
  },
  {
    reason: "ClientSubnetIgnored",
    weight: "warns",
    check: ({ proxy, byClient, setting }) =>
      (byClient || proxy?.client === "clientSubnet") && setting("edns-subnet-processing") === "no"
        ? found(
            "edns-subnet-processing",
            "the server takes the resolver, or the proxy, for the client: weights and geo follow that",
            "Set edns-subnet-processing=yes in pdns.conf and restart the server.",
          )
        : undefined,
  },
  {
    reason: "LuaRecordsSlow",
    weight: "warns",
    check: ({ setting }) =>
      setting("enable-lua-records") === "yes"
        ? found(
            "enable-lua-records",
            "each question makes a Lua state of its own, which is some 15 times slower",
            "Set enable-lua-records=shared in pdns.conf and restart the server.",
          )
        : undefined,
  },
  {
    reason: "ExecLimitFaulty",
    weight: "warns",
    check: ({ facts: { version }, setting }) => {
      if (version === undefined || setting("enable-lua-records") !== "shared") return undefined;
      const faulty = isSince(version, ["5.0.0"]) && !isSince(version, ["5.0.1"]);
      if (!faulty || setting("lua-records-exec-limit") === "0") return undefined;
      return found(
        "lua-records-exec-limit",
        "5.0.0 counts the limit over all questions and answers SERVFAIL now and then",
        "Take 5.0.1 or later, or set lua-records-exec-limit=0.",
      );
    },
  },
  {
    reason: "HealthNotLogged",
    weight: "warns",
    check: ({ setting }) =>
      Number(setting("loglevel") ?? "6") < 6
        ? found(
            "loglevel",
            "the server does not log when a probe changes its mind, nor why code failed",
            "Set loglevel=6 in pdns.conf and restart the server.",
          )
        : undefined,
  },
  {
    reason: "VersionUnknown",
    weight: "warns",
    check: ({ facts: { version } }) =>
      version === undefined
        ? found(
            "version",
            "the server's version is not known, so it is taken for an old one",
            "Nothing has to be done: the code is one that every version from 4.7 on understands.",
          )
        : undefined,
  },
  {
    reason: "VersionOld",
    weight: "warns",
    check: ({ facts: { version } }) =>
      version === undefined || isSince(version, [oldest])
        ? undefined
        : found(
            "version",
            `nothing was tried with a version before ${oldest}`,
            "Take a newer one.",
          ),
  },
];

/** Generic SQL backends sign only when told so; others have no such setting and always can. */
function checkSigning({ signed, facts: { settings } }: Look): Found | undefined {
  if (!signed || settings === undefined) return undefined;
  const states = [...settings].filter(([name]) =>
    /^g(?:sqlite3|mysql|pgsql|odbc)(?:-.+)?-dnssec$/.test(name),
  );
  const [first] = states;
  if (first === undefined || states.some(([, value]) => value === "yes")) return undefined;
  return found(
    first[0],
    "the server's database is not set up for signing, and the zone is to be signed",
    `Set ${first[0]}=yes in pdns.conf and restart the server.`,
  );
}

function checkGeoIp({ geoip, setting }: Look): Found | undefined {
  const launched = setting("launch");
  if (!geoip || launched === undefined) return undefined;
  const because = "the Sovereign says geoip: true, and this server answers geo at random";
  if (!/(?:^|[,\s])geoip(?:[:,\s]|$)/.test(launched)) {
    const remedy = "Add geoip to launch, and geoip-database-files, in pdns.conf.";
    return found("launch", because, remedy);
  }
  if (setting("geoip-database-files")?.trim() !== "") return undefined;
  const remedy = "Set geoip-database-files=mmdb:/path/to.mmdb in pdns.conf.";
  return found("geoip-database-files", because, remedy);
}
