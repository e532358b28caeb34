/** Names that are needed but hold records of somebody else; such a name is left alone and its owner named. */
import type { Rrset } from "./model.ts";

export type Conflict = {
  readonly name: string;
  /** Types of the records that stand in the way. */
  readonly types: readonly string[];
  /** `{environment}/{application}` that needs the name. */
  readonly application: string;
  /** `external-dns`, `pool-domain-manager (canonical record console)`, `somebody by hand`, …. */
  readonly owner: string;
  readonly because: string;
};

/** Types that answer, redirect or would mix with an address at the same name. */
const addressRivals: ReadonlySet<string> = new Set(["A", "AAAA", "CNAME", "LUA", "ALIAS"]);
const textRivals: ReadonlySet<string> = new Set(["TXT", "CNAME", "LUA"]);
/** Types that take away everything below their name (RFC 1034 §4.3.2, RFC 6672 §2.3). */
const occluders: ReadonlySet<string> = new Set(["NS", "DNAME"]);
/** The six records that pool-domain-manager writes into every Sovereign's zone (handbook, PLATFORM-POWERDNS). */
export const canonicalLabels: readonly string[] = ["@", "*", "console", "api", "gitea", "harbor"];

/** Whether the rrset was made by anybody but us. */
export function isForeign(rrset: Rrset): boolean {
  return rrset.ownership === undefined;
}

/** The conflict at a desired name, or undefined when nothing of others stands in its way. */
export function conflictAt(
  name: string,
  wanted: readonly Rrset[],
  zone: string,
  actualByName: ReadonlyMap<string, readonly Rrset[]>,
): Conflict | undefined {
  const isText = wanted.every((rrset) =>
    rrset.records.every((record) => rrset.type === "LUA" && record.startsWith("TXT ")),
  );
  const rivals = isText ? textRivals : addressRivals;
  const here = actualByName.get(name) ?? [];
  const inTheWay = [
    ...here.filter((rrset) => isForeign(rrset) && rivals.has(rrset.type)),
    ...occludersOf(name, zone, actualByName),
  ];
  const first = inTheWay[0];
  if (first === undefined) return undefined;
  const application = wanted[0]?.ownership?.application ?? "";
  const owner = ownerOf(first, zone, actualByName);
  const types = [...new Set(inTheWay.map((rrset) => rrset.type))];
  const because = `${first.name} already has ${types.join(" and ")} records that were made by ${owner}`;
  return { name, types, application, owner, because };
}

/** Delegations at the name or above it, below the zone's own name. */
function occludersOf(
  name: string,
  zone: string,
  actualByName: ReadonlyMap<string, readonly Rrset[]>,
): readonly Rrset[] {
  const found: Rrset[] = [];
  let at = name;
  while (at.length > zone.length && at.endsWith(`.${zone}`)) {
    found.push(...(actualByName.get(at) ?? []).filter((rrset) => occluders.has(rrset.type)));
    at = at.slice(at.indexOf(".") + 1);
  }
  return found;
}

function ownerOf(
  rrset: Rrset,
  zone: string,
  actualByName: ReadonlyMap<string, readonly Rrset[]>,
): string {
  const [account] = rrset.foreignAccounts ?? [];
  if (account !== undefined && account !== "") return account;
  const label =
    rrset.name === zone ? "@" : rrset.name.slice(0, -(zone.length + 1)).replace("\\052", "*");
  if (canonicalLabels.includes(label)) return `pool-domain-manager (canonical record ${label})`;
  return hasExternalDnsMark(rrset.name, actualByName) ? "external-dns" : "somebody by hand";
}

/** external-dns keeps its ownership in a TXT record at the name, or at the name with the type before it. */
function hasExternalDnsMark(
  name: string,
  actualByName: ReadonlyMap<string, readonly Rrset[]>,
): boolean {
  const places = [name, `a-${name}`, `aaaa-${name}`, `cname-${name}`];
  return places.some((place) =>
    (actualByName.get(place) ?? []).some(
      (rrset) =>
        rrset.type === "TXT" &&
        rrset.records.some((record) => record.includes("heritage=external-dns")),
    ),
  );
}
