/**
 * Who made a LUA record, written into its code as a comment of Lua: it survives where comments of the API do not, as in a
 * transfer or a dump of the database (facts of PowerDNS §6). It holds names that we validated, and nothing else.
 */
import { assert } from "../kernel/assert.ts";
import type { Ownership, Rrset } from "./model.ts";

const applicationWords = "[a-z0-9-]{1,63}/[a-z0-9-]{1,63}";
const markerPattern = new RegExp(
  ` --\\[\\[ catalyst app=(${applicationWords}) placement=([a-z-]{1,63}) \\]\\]`,
);
const wholeMarker = new RegExp(`^${markerPattern.source}$`);

/** The marker that stands behind the code of every LUA record of ours. */
export function writeMarker({ application, placement }: Ownership): string {
  const marker = ` --[[ catalyst app=${application} placement=${placement} ]]`;
  assert(wholeMarker.test(marker), "a marker is made of validated names");
  return marker;
}

/** Joined content without its marker, for comparing code. */
export function withoutMarker(content: string): string {
  return content.replace(markerPattern, "");
}

function parseMarker(content: string): Ownership | undefined {
  // Chunks may be cut inside the marker, and a server may have cut them anew.
  const [, application, placement] = markerPattern.exec(content.replace(/"\s*"/g, "")) ?? [];
  return application === undefined || placement === undefined
    ? undefined
    : { application, placement };
}

/**
 * The rrset with its ownership, when its comment is gone and the marker in all of its records is ours. A marker counts
 * only at the Application's own name, so that a copy somewhere else is its maker's; and so is a record that somebody
 * put a comment of theirs on.
 */
export function ownedByMarker(rrset: Rrset): Rrset {
  const isCommented = rrset.ownership !== undefined || (rrset.foreignAccounts ?? []).length > 0;
  const [first] = rrset.records;
  if (isCommented || rrset.type !== "LUA" || first === undefined) return rrset;
  const ownership = parseMarker(first);
  if (ownership === undefined || !isNameOf(rrset.name, ownership)) return rrset;
  const isWhole = rrset.records.every((record) => {
    const found = parseMarker(record);
    return found?.application === ownership.application && found.placement === ownership.placement;
  });
  return isWhole ? { ...rrset, ownership, commentMissing: true } : rrset;
}

function isNameOf(name: string, { application }: Ownership): boolean {
  const [environment = "", app = ""] = application.split("/");
  const start = `${app}.${environment}.`;
  return name.startsWith(start) || name.startsWith(`_why.${start}`);
}
