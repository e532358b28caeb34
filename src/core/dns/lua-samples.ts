/**
 * What a name server must be able to run: one sample of each shape of Lua code that a zone holds, and the PowerDNS
 * functions that it calls. Names, addresses and URLs do not matter to that, so codes that differ in them are one shape.
 */
import { type AddressType, addressTypes } from "./idioms.ts";
import { joinedContent, tokenizeLua } from "./lua.ts";
import { withoutMarker } from "./marker.ts";
import type { DesiredApplication } from "./zone.ts";

export type LuaSample = {
  readonly application: string;
  readonly type: AddressType;
  /** Content of the LUA record, as it is planned. */
  readonly content: string;
  /** Every address that it may answer. */
  readonly expected: readonly string[];
};

/** Functions of PowerDNS's Lua records that code of ours may call (facts of PowerDNS §2). */
const knownFunctions: ReadonlySet<string> = new Set([
  "asnum",
  "continent",
  "country",
  "ifportup",
  "ifurlextup",
  "ifurlup",
  "latlon",
  "netmask",
  "pickchashed",
  "pickclosest",
  "pickhashed",
  "pickrandom",
  "pickwhashed",
  "pickwrandom",
  "region",
  "view",
]);

/** One sample a shape, in the order of the Applications. */
export function luaSamples(applications: readonly DesiredApplication[]): readonly LuaSample[] {
  const shapes = new Map<string, LuaSample>();
  for (const { application, fqdn, rrsets, expected } of applications) {
    for (const rrset of rrsets) {
      if (rrset.type !== "LUA" || rrset.name !== `${fqdn}.`) continue;
      for (const content of rrset.records) {
        const type = addressTypes.find((one) => content.startsWith(`${one} `));
        if (type === undefined) continue;
        const shape = shapeOf(content);
        if (!shapes.has(shape)) {
          shapes.set(shape, { application, type, content, expected: expected[type] });
        }
      }
    }
  }
  return [...shapes.values()];
}

/** The functions that the code of a record calls, sorted. */
export function functionsOf(content: string): readonly string[] {
  const code = shapeOf(content);
  const called = [...code.matchAll(/([A-Za-z_][A-Za-z0-9_]*)\s*\(/g)].map(
    (match) => match[1] ?? "",
  );
  return [...new Set(called.filter((name) => knownFunctions.has(name)))].sort();
}

/** The code without what stands in its literals and its numbers. */
function shapeOf(content: string): string {
  const joined = withoutMarker(joinedContent(content));
  const tokens = tokenizeLua(joined) ?? [];
  return tokens
    .map(({ kind, text }) => (kind === "literal" ? "''" : text.replace(/\d+/g, "0")))
    .join("");
}
