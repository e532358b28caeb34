/**
 * Every pattern a field may follow, with the words for it that problems and the reference use.
 * Patterns are RE2 (no look-around, no back-reference), so that they may stand in a CRD.
 */
import { durationPattern } from "../kernel/duration.ts";

export type FieldPattern = { readonly pattern: RegExp; readonly words: string };

export const fieldPatterns = {
  dnsLabel: {
    pattern: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    words: 'lower-case letters, digits and "-", no "-" at an end',
  },
  domain: {
    pattern: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/,
    words: "a lower-case DNS name of two labels or more, without a closing dot",
  },
  clusterName: {
    pattern: /^[a-z]+-[a-z]+-[a-z]+-[a-z]+$/,
    words: "{provider}-{region}-{block}-{envType}, such as hz-fsn-rtz-prod",
  },
  organizationName: {
    pattern: /^[a-z][a-z0-9-]{2,31}$/,
    words: '3 to 32 of a-z, 0-9 and "-", starting with a letter',
  },
  duration: { pattern: durationPattern, words: "a duration, such as 5s, 1m30s or 250ms" },
  apiUrl: {
    pattern: /^https?:\/\/[A-Za-z0-9._:[\]-]+\/?$/,
    words: "http:// or https:// with host and port, without path, query and credentials",
  },
  /** Path and query of RFC 3986 without quotes and backslash: it is rendered into a Lua string. */
  healthPath: {
    pattern: /^\/[A-Za-z0-9._~!$&()*+,;=:@%/?-]*$/,
    words: 'a path that begins with "/", without spaces, quotes, "#" or backslash',
  },
} as const satisfies Readonly<Record<string, FieldPattern>>;

/** The words for a pattern, given its source; undefined when the table does not know it. */
export function patternWords(source: string): string | undefined {
  return Object.values(fieldPatterns).find(({ pattern }) => pattern.source === source)?.words;
}
