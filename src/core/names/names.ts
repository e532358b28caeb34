/**
 * Names of the handbook, composed and parsed (NAMING-CONVENTION §2–§5, DESIGN §5).
 * Every parser answers either the parts or the reason why it refuses; none throws.
 */
import { buildingBlocks, type Dimension, envTypes, providers, regions } from "./dimensions.ts";

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly because: string };

export type ClusterName = {
  readonly provider: string;
  readonly region: string;
  readonly block: string;
  readonly envType: string;
};

const refused = (because: string): { readonly ok: false; readonly because: string } => ({
  ok: false,
  because,
});
const listed = (table: Readonly<Record<string, Dimension>>): string =>
  Object.keys(table).join(", ");
/** Own keys only: a name like `constructor` is user input and must not find the prototype. */
const lookUp = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** `{provider}-{region}-{block}-{envType}`, such as `hz-fsn-rtz-prod`. */
export function composeClusterName(name: ClusterName): string {
  return `${name.provider}-${name.region}-${name.block}-${name.envType}`;
}

/** The parts of a cluster name. A region that the tables do not know is accepted when it is well-formed. */
export function parseClusterName(text: string): Parsed<ClusterName> {
  const parts = text.split("-");
  const [provider = "", region = "", block = "", envType = ""] = parts;
  if (parts.length !== 4) {
    return refused(
      `"${text}" has ${parts.length} part(s), not the four of {provider}-{region}-{block}-{envType}`,
    );
  }
  if (lookUp(providers, provider) === undefined) {
    return refused(`"${provider}" is not a provider (${listed(providers)})`);
  }
  if (!/^[a-z]{2,4}$/.test(region)) {
    return refused(`"${region}" is not a region code of two to four lower-case letters`);
  }
  if (lookUp(buildingBlocks, block) === undefined) {
    return refused(`"${block}" is not a building block (${listed(buildingBlocks)})`);
  }
  if (lookUp(envTypes, envType) === undefined) {
    return refused(`"${envType}" is not an environment type (${listed(envTypes)})`);
  }
  return { ok: true, value: { provider, region, block, envType } };
}

/**
 * The location code of four characters, `hfrp` for `hz-fsn-rtz-prod`.
 * A region without a letter in the table has none; it has to be added there first, never invented.
 */
export function locationCode(name: ClusterName): Parsed<string> {
  const region = lookUp(lookUp(regions, name.provider) ?? {}, name.region);
  if (region === undefined) {
    return refused(
      `region "${name.region}" of provider "${name.provider}" has no letter yet; add it to src/core/names/dimensions.ts`,
    );
  }
  const letters = [
    lookUp(providers, name.provider)?.letter,
    region.letter,
    lookUp(buildingBlocks, name.block)?.letter,
    lookUp(envTypes, name.envType)?.letter,
  ];
  if (letters.includes(undefined))
    return refused(`"${composeClusterName(name)}" is not a cluster name`);
  return { ok: true, value: letters.join("") };
}

/** The cluster that a location code of four characters stands for. */
export function parseLocationCode(code: string): Parsed<ClusterName> {
  if (!/^[a-z]{4}$/.test(code)) return refused(`"${code}" is not four lower-case letters`);
  const [p = "", r = "", b = "", e = ""] = code;
  const byLetter = (
    table: Readonly<Record<string, Dimension>>,
    letter: string,
  ): string | undefined => Object.keys(table).find((key) => table[key]?.letter === letter);
  const provider = byLetter(providers, p);
  if (provider === undefined) return refused(`"${p}" is not the letter of a provider`);
  const region = byLetter(lookUp(regions, provider) ?? {}, r);
  if (region === undefined)
    return refused(`"${r}" is not the letter of a region of provider "${provider}"`);
  const block = byLetter(buildingBlocks, b);
  if (block === undefined) return refused(`"${b}" is not the letter of a building block`);
  const envType = byLetter(envTypes, e);
  if (envType === undefined) return refused(`"${e}" is not the letter of an environment type`);
  return { ok: true, value: { provider, region, block, envType } };
}

/** Words that no Organization is called, because they have a meaning of their own in names. */
export const reservedOrganizations: ReadonlySet<string> = new Set([
  "system",
  "flux",
  "crossplane",
  "catalyst",
  "gitea",
  ...Object.keys(providers),
  ...Object.values(regions).flatMap((ofProvider) => Object.keys(ofProvider)),
  ...Object.keys(buildingBlocks),
  ...Object.keys(envTypes),
]);

/** An Organization's slug: 3 to 32 of `a-z 0-9 -`, starting with a letter, not reserved. */
export function parseOrganizationName(text: string): Parsed<string> {
  if (!/^[a-z][a-z0-9-]{2,31}$/.test(text) || text.endsWith("-")) {
    return refused(
      `"${shorten(text)}" is not 3 to 32 of a-z, 0-9 and "-", starting with a letter, not ending in "-"`,
    );
  }
  if (reservedOrganizations.has(text) || text.startsWith("kube-"))
    return refused(`"${text}" is a reserved word`);
  return { ok: true, value: text };
}

export type EnvironmentName = { readonly organization: string; readonly envType: string };

/** `{org}-{envType}`, such as `acme-prod`. */
export function composeEnvironmentName(name: EnvironmentName): string {
  return `${name.organization}-${name.envType}`;
}

/** The Organization and the type in an Environment's name; the type is what stands after the last hyphen. */
export function parseEnvironmentName(text: string): Parsed<EnvironmentName> {
  const cut = text.lastIndexOf("-");
  const envType = text.slice(cut + 1);
  if (cut < 0 || lookUp(envTypes, envType) === undefined) {
    return refused(`"${shorten(text)}" does not end in an environment type (${listed(envTypes)})`);
  }
  const organization = parseOrganizationName(text.slice(0, cut));
  return organization.ok
    ? { ok: true, value: { organization: organization.value, envType } }
    : organization;
}

/** One DNS label as RFC 1123 §2.1 has it, lower case: 1 to 63 of `a-z 0-9 -`, no hyphen at an end. */
export function parseDnsLabel(text: string): Parsed<string> {
  if (text.length > 63)
    return refused(
      `"${shorten(text)}" has ${text.length} characters, more than the 63 of a DNS label`,
    );
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text)) {
    return refused(
      `"${shorten(text)}" is not a DNS label: lower-case letters, digits and "-", no "-" at an end`,
    );
  }
  return { ok: true, value: text };
}

/** A host name of two labels or more, without the closing dot, at most 253 characters (RFC 1035 §2.3.4). */
export function parseFqdn(text: string): Parsed<string> {
  if (text.length > 253)
    return refused(
      `"${shorten(text)}" has ${text.length} characters, more than the 253 of a DNS name`,
    );
  const labels = text.split(".");
  if (labels.length < 2)
    return refused(`"${shorten(text)}" is a single label; a domain has at least two`);
  for (const label of labels) {
    const parsed = parseDnsLabel(label);
    if (!parsed.ok) return refused(`"${shorten(text)}": ${parsed.because}`);
  }
  return { ok: true, value: text };
}

/** `{app}.{environment}.{sovereign-domain}`; refuses what is not a DNS name, such as one of 300 characters. */
export function applicationFqdn(
  application: string,
  environment: string,
  domain: string,
): Parsed<string> {
  return parseFqdn(`${application}.${environment}.${domain}`);
}

function shorten(text: string): string {
  return text.length > 48 ? `${text.slice(0, 45)}…` : text;
}
