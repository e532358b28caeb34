/**
 * What is dangerous in a dnsdist configuration in front of a name server whose answers follow health and clients: small
 * rules over its calls (ADR 20). Each was seen to give a wrong answer on dnsdist 1.7.3, or stands in its reference.
 */
import { type LuaCall, luaCalls } from "./lua-calls.ts";

export type ProxyFinding = {
  readonly reason: ProxyReason;
  /** Line of the configuration; 0 when something is missing in all of it. */
  readonly line: number;
  readonly because: string;
  readonly remedy: string;
};

export type ProxyReason =
  | "CacheIgnoresClient"
  | "CacheWithoutSubnet"
  | "StaleAnswers"
  | "FailuresKept"
  | "TtlNotCounted"
  | "TtlRaised"
  | "ClientHidden"
  | "SubnetOverridden"
  | "SubnetTooWide"
  | "ClientsRefused"
  | "TransfersThrough"
  | "NoServer"
  | "PartsElsewhere";

type Finding = Omit<ProxyFinding, "reason">;
type Calls = {
  /** Calls of a name, in order. */
  readonly of: (...names: readonly string[]) => readonly LuaCall[];
  readonly source: string;
};
type Rule = { readonly reason: ProxyReason; readonly check: (calls: Calls) => readonly Finding[] };

/** All findings, in the order of the rules; `source` is the text of a Lua configuration. */
export function lintProxy(source: string): readonly ProxyFinding[] {
  const all = luaCalls(source);
  const calls: Calls = {
    of: (...names) => all.filter(({ name }) => names.includes(name)),
    source,
  };
  return rules.flatMap(({ reason, check }) =>
    check(calls).map((finding): ProxyFinding => ({ reason, ...finding })),
  );
}

const rules: readonly Rule[] = [
  { reason: "NoServer", check: findNoServer },
  { reason: "CacheIgnoresClient", check: findCacheIgnoringClient },
  { reason: "CacheWithoutSubnet", check: findCacheWithoutSubnet },
  { reason: "StaleAnswers", check: findStale },
  { reason: "FailuresKept", check: findFailuresKept },
  { reason: "TtlNotCounted", check: findNotCounted },
  { reason: "TtlRaised", check: findRaised },
  { reason: "ClientHidden", check: findHidden },
  { reason: "SubnetOverridden", check: findOverridden },
  { reason: "SubnetTooWide", check: findWide },
  { reason: "ClientsRefused", check: findRefusedClients },
  { reason: "TransfersThrough", check: findTransfers },
  { reason: "PartsElsewhere", check: findElsewhere },
];

const at = ({ line }: LuaCall, because: string, remedy: string): Finding => ({
  line,
  because,
  remedy,
});
const isTrue = (text: string | undefined): boolean => text === "true";
const caches = ({ of }: Calls): readonly LuaCall[] => of("newPacketCache");
const tellsSubnet = ({ fields }: LuaCall): boolean => isTrue(fields.get("useClientSubnet"));
const tellsAddress = ({ fields }: LuaCall): boolean => isTrue(fields.get("useProxyProtocol"));

function findNoServer({ of }: Calls): readonly Finding[] {
  if (of("newServer").length > 0) return [];
  const because = "there is no newServer in it";
  const remedy = "Give the Lua configuration; one in YAML, or in parts, is not read here.";
  return [{ line: 0, because, remedy }];
}

function findCacheIgnoringClient(calls: Calls): readonly Finding[] {
  const blind = calls.of("newServer").filter((server) => !tellsSubnet(server));
  if (blind.length === 0) return [];
  return caches(calls).map((cache) =>
    at(
      cache,
      "the cache knows a client by the subnet in the question only, and there is none in it: one client's answer is given to others",
      "Take the cache away, or use useClientSubnet=true in each newServer.",
    ),
  );
}

function findCacheWithoutSubnet(calls: Calls): readonly Finding[] {
  return caches(calls)
    .filter(({ fields }) => !isTrue(fields.get("parseECS")))
    .map((cache) =>
      at(
        cache,
        "two networks whose questions have the same hash share an answer",
        "Add parseECS=true to newPacketCache.",
      ),
    );
}

function findStale(calls: Calls): readonly Finding[] {
  const because =
    "while the server is away, answers are given whose TTL is over: also those of a region that is down";
  return [
    ...calls
      .of("setStaleCacheEntriesTTL")
      .filter(({ args: [seconds = ""] }) => seconds !== "0")
      .map((call) => at(call, because, "Take it away, or write setStaleCacheEntriesTTL(0).")),
    ...caches(calls)
      .filter(({ fields }) => isTrue(fields.get("keepStaleData")))
      .map((call) => at(call, because, "Write keepStaleData=false.")),
  ];
}

/** What dnsdist does when nothing is said: SERVFAIL and REFUSED are kept for a minute. */
function findFailuresKept(calls: Calls): readonly Finding[] {
  return caches(calls)
    .filter(({ args, fields }) => (fields.get("temporaryFailureTTL") ?? args[3] ?? "60") !== "0")
    .map((cache) =>
      at(
        cache,
        "a failure of the server is kept, a minute unless said otherwise, although it is over",
        "Add temporaryFailureTTL=0 to newPacketCache.",
      ),
    );
}

function findNotCounted(calls: Calls): readonly Finding[] {
  return caches(calls)
    .filter(({ args, fields }) => isTrue(fields.get("dontAge") ?? args[5]))
    .map((cache) =>
      at(
        cache,
        "each answer from the cache begins its TTL anew: a resolver keeps it for twice as long",
        "Write dontAge=false.",
      ),
    );
}

function findRaised({ of }: Calls): readonly Finding[] {
  const raising = [
    ...of("SetMinTTLResponseAction").filter(({ args: [least = "0"] }) => least !== "0"),
    ...of("LimitTTLResponseAction").filter(({ args: [least = "0"] }) => least !== "0"),
  ];
  return raising.map((call) =>
    at(
      call,
      "a TTL is raised: resolvers keep an answer for longer than the zone says",
      "Take the rule away.",
    ),
  );
}

function findHidden({ of }: Calls): readonly Finding[] {
  return of("newServer")
    .filter((server) => !tellsSubnet(server) && !tellsAddress(server))
    .map((server) =>
      at(
        server,
        "the server takes all clients for one, the proxy: weights are all or nothing, geo is the proxy's place",
        "Add useProxyProtocol=true, or useClientSubnet=true, or declare client: hidden.",
      ),
    );
}

function findOverridden({ of }: Calls): readonly Finding[] {
  const remedy = "Write setECSOverride(false), and no rule that overrides or drops the subnet.";
  const because = "what a resolver says about its client is thrown away";
  return [
    ...of("setECSOverride").filter(({ args: [on] }) => isTrue(on)),
    ...of("SetECSOverrideAction").filter(({ args: [on] }) => isTrue(on)),
    ...of("SetDisableECSAction", "SetECSAction"),
  ].map((call) => at(call, because, remedy));
}

function findWide({ of }: Calls): readonly Finding[] {
  const least = { setECSSourcePrefixV4: 24, setECSSourcePrefixV6: 48 } as const;
  return (["setECSSourcePrefixV4", "setECSSourcePrefixV6"] as const).flatMap((name) =>
    of(name)
      .filter(({ args: [bits = ""] }) => !(Number(bits) >= least[name]))
      .map((call) =>
        at(
          call,
          "all clients of so wide a network count as one",
          `Write ${name}(${least[name]}) or more.`,
        ),
      ),
  );
}

function findRefusedClients({ of }: Calls): readonly Finding[] {
  if (of("setACL", "addACL", "setACLFromFile").length > 0) return [];
  const remedy = 'Add setACL({"0.0.0.0/0", "::/0"}).';
  return [{ line: 0, because: "without an ACL only private networks are answered", remedy }];
}

function findTransfers({ of, source }: Calls): readonly Finding[] {
  if (of("newServer").every(tellsAddress) || source.includes("DNSQType.AXFR")) return [];
  const because =
    "transfers come to the server from the proxy's address, whoever asked for them: a server that allows that address gives its zone to everybody";
  const remedy =
    "Refuse them: addAction(QTypeRule(DNSQType.AXFR), RCodeAction(DNSRCode.REFUSED)), and IXFR too.";
  return [{ line: 0, because, remedy }];
}

function findElsewhere({ of }: Calls): readonly Finding[] {
  return of("dofile", "require", "loadfile", "includeDirectory").map((call) =>
    at(
      call,
      "a part of the configuration is in another file, which is not read here",
      "Check that file too.",
    ),
  );
}
