/**
 * Whether a name server can run what is planned for it. Its API takes any Lua without reading it (facts of PowerDNS §4), so
 * scratch names are written and asked for, and always removed again, also when this is stopped or fails in between.
 */
import { canonicalAddress } from "../core/dns/answer.ts";
import { luaContent } from "../core/dns/lua.ts";
import { functionsOf, type LuaSample } from "../core/dns/lua-samples.ts";
import type { DnsAnswer, RrsetChange } from "../core/dns/model.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { Clock, DnsClient, DnsEndpoint, LeftZone, NameServer, Signal } from "./env.ts";

export type LuaFinding = {
  readonly reason:
    | "LuaUpdatesRefused"
    | "LuaRecordsOff"
    | "FunctionMissing"
    | "CodeFails"
    | "AnswerOutsidePlan"
    | "ScratchLeftOver"
    | "RecordsInOtherZone";
  readonly because: string;
  readonly remedy: string;
};

export type LuaLint = {
  readonly findings: readonly LuaFinding[];
  /** Samples that were asked for; with more shapes than `samplesMax`, the first of them. */
  readonly samples: number;
};

export type LuaLintFacts = {
  readonly server: NameServer;
  readonly endpoint: DnsEndpoint;
  readonly dns: DnsClient;
  readonly clock: Clock;
  readonly zone: string;
  /** Letters and digits that nobody else has, for the scratch names. */
  readonly id: string;
  readonly samples: readonly LuaSample[];
};

const samplesMax = 100;
/** A written name is visible within 20 ms (facts of PowerDNS §7); a busy machine takes longer. */
const tries = 20;
const tryEveryMs = 100;

/** Writes, asks and removes. Fails as the server's API and DNS do; a server that refuses Lua is a finding. */
export async function lintLua(facts: LuaLintFacts, signal?: Signal): Promise<LuaLint> {
  const { server, zone, id } = facts;
  const before = await server.readZone(zone, signal);
  const left = [...new Set(before.map(({ name }) => name).filter(isScratch(zone)))];
  const leftOver = left.map(
    (name): LuaFinding => ({
      reason: "ScratchLeftOver",
      because: `${name} was left by a check that was killed`,
      remedy: "Remove it by hand; nobody asks for it.",
    }),
  );
  const leftZones = await server.leftZones(zone, signal);
  leftOver.push(...leftZones.map(inOtherZone));
  const samples = facts.samples.slice(0, samplesMax);
  const names = [`_lint-${id}.${zone}`, ...samples.map((_, n) => `_lint-${id}-${n + 1}.${zone}`)];
  const functions = [...new Set(samples.flatMap(({ content }) => functionsOf(content)))];
  const contents = [
    luaContent("TXT", functionsCode(functions)),
    ...samples.map((one) => one.content),
  ];
  try {
    await server.change(
      zone,
      names.map((name, n) => scratch(name, contents[n] ?? "")),
      signal,
    );
    const findings = await askScratch(facts, names, samples, signal);
    return { findings: [...leftOver, ...findings], samples: samples.length };
  } catch (thrown) {
    const failure = Failure.from(thrown, server.id);
    if (failure.code !== "NameServerRefused" || !/lua/i.test(failure.message)) throw failure;
    return { findings: [...leftOver, updatesRefused(failure)], samples: 0 };
  } finally {
    await removeScratch(server, zone, names);
  }
}

/** Without a signal: whoever stops the check wants the zone as it was. */
async function removeScratch(
  server: NameServer,
  zone: string,
  names: readonly string[],
): Promise<void> {
  try {
    await server.change(
      zone,
      names.map((name): RrsetChange => ({ kind: "delete", name, type: "LUA" })),
    );
  } catch (thrown) {
    const { code, message } = Failure.from(thrown, server.id);
    throw new Failure(code, `${message}; scratch names from ${names[0]} on may be left`, {
      where: server.id,
      remedy: "Run it again when the server can be reached; it says which names are left.",
      cause: thrown,
    });
  }
}

function isScratch(zone: string): (name: string) => boolean {
  return (name) => name.startsWith("_lint-") && name.endsWith(`.${zone}`);
}

function scratch(name: string, content: string): RrsetChange {
  return { kind: "replace", rrset: { name, type: "LUA", ttlSeconds: 1, records: [content] } };
}

/** Text such as `lint ifurlup=yes pickwhashed=no`. */
function functionsCode(functions: readonly string[]): string {
  const list = functions.map((name) => `'${name}'`).join(",");
  return [
    `;local t={${list}}`,
    "for i,n in ipairs(t) do t[i]=n..'='..(type(_G[n])=='function' and 'yes' or 'no') end",
    "return 'lint '..table.concat(t,' ')",
  ].join(" ");
}

async function askScratch(
  facts: LuaLintFacts,
  [first = "", ...rest]: readonly string[],
  samples: readonly LuaSample[],
  signal: Signal | undefined,
): Promise<readonly LuaFinding[]> {
  const text = await askUntilThere(facts, first, "TXT", signal);
  const words = text.records.find(({ data }) => data.startsWith("lint"))?.data.split(" ");
  if (words === undefined) return [recordsOff(text)];
  const missing = words.filter((word) => word.endsWith("=no")).map((word) => word.slice(0, -3));
  const findings = missing.map(functionMissing);
  for (const [index, sample] of samples.entries()) {
    if (functionsOf(sample.content).some((name) => missing.includes(name))) continue;
    const answer = await askUntilThere(facts, rest[index] ?? "", sample.type, signal);
    const finding = judgeSample(sample, answer);
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

/** The answer once the name is there; the last one when it never comes. */
async function askUntilThere(
  { dns, endpoint, clock }: LuaLintFacts,
  name: string,
  type: string,
  signal: Signal | undefined,
): Promise<DnsAnswer> {
  let answer = await dns.query(endpoint, name, type, signal);
  for (let n = 1; n < tries && answer.rcode === "NXDOMAIN" && signal?.aborted !== true; n++) {
    await clock.sleep(tryEveryMs, signal);
    answer = await dns.query(endpoint, name, type, signal);
  }
  return answer;
}

function judgeSample(
  { application, type, expected }: LuaSample,
  answer: DnsAnswer,
): LuaFinding | undefined {
  if (answer.rcode !== "NOERROR" || answer.records.length === 0) {
    const said = answer.rcode === "NOERROR" ? "nothing" : answer.rcode;
    return {
      reason: "CodeFails",
      because: `the ${type} code of ${application} gives ${said}`,
      remedy: "Look for the Lua error in the server's log (loglevel=6).",
    };
  }
  const addresses = answer.records.map(({ data }) => canonicalAddress(type, data));
  const outside = addresses.filter((address) => !expected.includes(address));
  if (outside.length === 0) return undefined;
  return {
    reason: "AnswerOutsidePlan",
    because: `the ${type} code of ${application} gives ${outside.join(", ")}, which is not in the plan`,
    remedy: "Report it: the code should not be able to.",
  };
}

function inOtherZone({ zone, rrsets }: LeftZone): LuaFinding {
  return {
    reason: "RecordsInOtherZone",
    because: `${rrsets} record sets of ours are in ${zone}, which is not this Sovereign's zone`,
    remedy: "If its domain was changed, remove them or the zone by hand once nobody asks for them.",
  };
}

function functionMissing(name: string): LuaFinding {
  return {
    reason: "FunctionMissing",
    because: `the server has no function ${name}`,
    remedy: "Upgrade PowerDNS, or choose another placement.",
  };
}

function recordsOff({ rcode }: DnsAnswer): LuaFinding {
  return {
    reason: "LuaRecordsOff",
    because: `the server took a LUA record and answers ${rcode} instead of running it`,
    remedy: "Set enable-lua-records=shared in its configuration.",
  };
}

function updatesRefused(failure: Failure): LuaFinding {
  return {
    reason: "LuaUpdatesRefused",
    because: failure.message,
    remedy: "Set enable-lua-record-updates=yes in its configuration (PowerDNS 5.1 and later).",
  };
}
