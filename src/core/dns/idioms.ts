/**
 * The Lua idiom of each placement (facts of PowerDNS §4, DESIGN §7.1). Tested there and in
 * `test/integration/placements.pdns.test.ts` on the real server; the handbook's `pickfirst` does not exist.
 */
import { assert, required } from "../kernel/assert.ts";
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
  const sentinel = luaString(sentinels[type]);
  const names = groups.map((_, index) => `g${index + 1}`);
  return [
    ";local function g(t)",
    `t[#t+1]=${sentinel}`,
    `local r=${check(probe, "t")}`,
    `if r[#r]~=${sentinel} then return r end end`,
    ...groups.map((group, index) => `local ${names[index]}=g(${luaList(group)})`),
    `return ${[...names, luaList(fallback)].join(" or ")}`,
  ].join(" ");
}

/**
 * Text such as `A 127.0.1.80=up 127.0.2.80=not-up`: the health of every backend as this server sees it,
 * from the very checks of the record beside it. `not-up` is a failed probe or one that has not ended yet.
 */
export function whyCode(type: AddressType, probe: Probe, groups: readonly AddressGroup[]): string {
  const sentinel = luaString(sentinels[type]);
  return [
    `;local b=${luaList(groups.flat())}`,
    "local t={} for i,a in ipairs(b) do t[i]=a end",
    `t[#t+1]=${sentinel}`,
    `local r=${check(probe, "t")}`,
    "local up={}",
    `if r[#r]~=${sentinel} then for i,a in ipairs(r) do up[a]=true end end`,
    "for i,a in ipairs(b) do b[i]=a..'='..(up[a] and 'up' or 'not-up') end",
    `return '${type} '..table.concat(b,' ')`,
  ].join(" ");
}
