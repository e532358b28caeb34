/**
 * The Lua idiom of each placement (facts of PowerDNS §4, DESIGN §7.1). Tested there and in
 * `test/integration/placements.pdns.test.ts` on the real server; the handbook's `pickfirst` does not exist.
 */
import { assert, required } from "../kernel/assert.ts";
import type { Continent } from "../resources/placements.ts";
import { luaList, luaString } from "./lua.ts";
import { type Probe, writeProbeUrl } from "./probe.ts";

export type AddressType = "A" | "AAAA";
export const addressTypes: readonly AddressType[] = ["A", "AAAA"];

/** One byte-identical option table everywhere: it is part of a check's key, and checks are shared. */
export const checkOptions = "{selector='all',backupSelector='all'}";

/** Addresses that never answer and fail at once: in a result they say "nothing is known to be up". */
export const sentinels: Readonly<Record<AddressType, string>> = {
  A: "255.255.255.255",
  AAAA: "ff02::1",
};

/** One region's addresses of one family, as PowerDNS writes them. */
export type AddressGroup = readonly string[];

function check(probe: Probe, list: string): string {
  if (probe.scheme === "tcp") return `ifportup(${probe.port},${list},${checkOptions})`;
  return `ifurlup(${luaString(writeProbeUrl(probe))},${list},${checkOptions})`;
}

/** Every healthy address; all of them when nothing is known to be up. */
export function activeActiveCode(probe: Probe, groups: readonly AddressGroup[]): string {
  return check(probe, luaList(groups.flat()));
}

/**
 * The first healthy group in the order of `groups`, and back to it when it recovers. Every address is
 * checked on every question, so that the standby's state is known when it is needed.
 * `fallback` answers when nothing is known to be up.
 */
export function hotStandbyCode(
  type: AddressType,
  probe: Probe,
  groups: readonly AddressGroup[],
  fallback: AddressGroup,
): string {
  const first = required(groups[0], "a placement has at least one region");
  assert(fallback.length > 0, "a name always answers something");
  const single = groups.every((group) => group.length === 1);
  if (single && fallback[0] === first[0]) return `${check(probe, luaList(groups.flat()))}[1]`;
  const order = groups.map((_, index) => index);
  return [
    ...healthyGroups(type, probe, groups),
    `return ${firstHealthy(order)} or ${luaList(fallback)}`,
  ].join(" ");
}

/** Lua that leaves the healthy addresses of each group in `g1`, `g2`, …: nil when none of it is known to be up. */
function healthyGroups(
  type: AddressType,
  probe: Probe,
  groups: readonly AddressGroup[],
): readonly string[] {
  const sentinel = luaString(sentinels[type]);
  return [
    ";local function g(t)",
    `t[#t+1]=${sentinel}`,
    `local r=${check(probe, "t")}`,
    `if r[#r]~=${sentinel} then return r end end`,
    ...groups.map((group, index) => `local g${index + 1}=g(${luaList(group)})`),
  ];
}

function firstHealthy(order: readonly number[]): string {
  return order.map((index) => `g${index + 1}`).join(" or ");
}

/**
 * The healthy address that is nearest to the client by the server's GeoIP database, one of them when several are as
 * near; the nearest of all when nothing is known to be up. The checks are those of every other idiom.
 */
export function nearestCode(probe: Probe, groups: readonly AddressGroup[]): string {
  return `pickclosest(${check(probe, luaList(groups.flat()))})`;
}

/** Continents and the order of groups for clients there, as indices into the groups; the first answers when nothing is up. */
export type ContinentRule = {
  readonly continents: readonly Continent[];
  readonly order: readonly number[];
};

/** The first healthy group in the order of the client's continent, with all its healthy addresses. */
export function byContinentCode(
  type: AddressType,
  probe: Probe,
  groups: readonly AddressGroup[],
  rules: readonly ContinentRule[],
  fallback: AddressGroup,
): string {
  const orElse = (order: readonly number[], last: AddressGroup | undefined): string =>
    `return ${firstHealthy(order)} or ${luaList(required(last, "an order names a group"))}`;
  return [
    ...healthyGroups(type, probe, groups),
    ...rules.map(
      ({ continents, order }) =>
        `if continent(${luaList(continents)}) then ${orElse(order, groups[order[0] ?? -1])} end`,
    ),
    orElse(
      groups.map((_, index) => index),
      fallback,
    ),
  ].join(" ");
}

/**
 * One of two groups by weight, the same one for the same client network as long as both are up or both are down; the
 * other one when only it is up. The sum that the hash is divided by never changes, so that a change of weights moves
 * the difference only.
 */
export function weightedCode(
  type: AddressType,
  probe: Probe,
  weighted: readonly { readonly group: AddressGroup; readonly weight: number }[],
): string {
  const [one, two] = weighted;
  assert(one !== undefined && two !== undefined && weighted.length === 2, "two groups share");
  assert(one.weight + two.weight === 100, "weights are percentages");
  const [first = "", second = ""] = [one.group[0], two.group[0]].map((address) =>
    luaString(required(address, "a group has an address")),
  );
  return [
    ...healthyGroups(type, probe, [one.group, two.group]),
    `if not g1 and not g2 then g1=${luaList(one.group)} g2=${luaList(two.group)} end`,
    "if not g1 then return g2 end if not g2 then return g1 end",
    `if pickwhashed({{${one.weight},${first}},{${two.weight},${second}}})==${first} then return g1 end`,
    "return g2",
  ].join(" ");
}

/**
 * Text such as `A 127.0.1.80=up 127.0.2.80=not-up`: the health of every backend as this server sees it,
 * from the very checks of the record beside it. `not-up` is a failed probe or one that has not ended yet.
 * With `client` it ends with ` continent=eu`: where this server believes the client to be.
 */
export function whyCode(
  type: AddressType,
  probe: Probe,
  groups: readonly AddressGroup[],
  client?: "continent",
): string {
  const end = client === undefined ? "" : "..' continent='..continentCode()";
  const sentinel = luaString(sentinels[type]);
  // Sorted, so that another order of regions changes the answer's record alone.
  const backends = [...new Set(groups.flat())].sort();
  return [
    `;local b=${luaList(backends)}`,
    "local t={} for i,a in ipairs(b) do t[i]=a end",
    `t[#t+1]=${sentinel}`,
    `local r=${check(probe, "t")}`,
    "local up={}",
    `if r[#r]~=${sentinel} then for i,a in ipairs(r) do up[a]=true end end`,
    "for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end",
    `return '${type} '..table.concat(b,' ')${end}`,
  ].join(" ");
}
