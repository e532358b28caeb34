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
  /** Units that CEL's `duration()` knows too. */
  leaseDuration: {
    pattern: /^([0-9]+(ms|s|m))+$/,
    words: "a duration of minutes, seconds and milliseconds, such as 30s or 1m30s",
  },
  /** RFC 3339 with an offset: an instant that means the same everywhere. */
  instant: {
    pattern:
      /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?(Z|[+-][0-9]{2}:[0-9]{2})$/,
    words: "an instant with its offset from UTC, such as 2026-12-20T18:00:00Z or …+01:00",
  },
  weekTime: {
    pattern: /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01][0-9]|2[0-3]):[0-5][0-9]$/,
    words: "a weekday and a time, such as Fri 18:00",
  },
  timeZone: {
    pattern: /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/,
    words: "an IANA time zone, such as Europe/Berlin",
  },
  /** What a witness takes as a name and a path may hold. */
  slot: {
    pattern: /^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$/,
    words: 'letters, digits, ".", "_", "/" and "-", with a letter or digit at both ends',
  },
  /** Its type stands in front of the key, and once more at the beginning of its bytes. */
  sshKey: {
    pattern:
      /^(ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}|ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB[A-Za-z0-9+/]{87}=|sk-ssh-ed25519@openssh\.com AAAAGnNrLXNzaC1lZDI1NTE5[A-Za-z0-9+/]+={0,2}|sk-ecdsa-sha2-nistp256@openssh\.com AAAAInNrLWVjZHNhLXNoYTItbmlz[A-Za-z0-9+/]+={0,2})( [ -~]*)?$/,
    words:
      "one line of a public key file of OpenSSH: ssh-ed25519, ecdsa-sha2-nistp256, or one of the two on a security token (sk-…@openssh.com)",
  },
  witnessUrl: {
    pattern: /^(https?|postgresql):\/\/[A-Za-z0-9._:[\]-]+(\/[A-Za-z0-9._~-]*)*$/,
    words:
      "https://, http:// or postgresql:// with host, port and path, without credentials and query",
  },
} as const satisfies Readonly<Record<string, FieldPattern>>;

/** The words for a pattern, given its source; undefined when the table does not know it. */
export function patternWords(source: string): string | undefined {
  return Object.values(fieldPatterns).find(({ pattern }) => pattern.source === source)?.words;
}
