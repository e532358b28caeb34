/**
 * What PowerDNS says when it refuses, and what a person does about it: one small table for all versions
 * (facts of PowerDNS §0.2, §6, §7; words read in the sources of 4.7 to 5.1, those of 5.1 were not run).
 */

export type Refused = {
  /** Setting of pdns.conf, or field of a document, that is at fault. */
  readonly field?: string;
  readonly remedy: string;
};

const refusals: readonly (Refused & { readonly says: RegExp })[] = [
  {
    says: /lua records is not allowed/i,
    field: "enable-lua-record-updates",
    remedy:
      "PowerDNS 5.1 and later: set enable-lua-record-updates=yes in pdns.conf of this server and of its secondaries, and restart them.",
  },
  {
    says: /unsupported metadata kind/i,
    remedy:
      "The API does not set this kind; on the server's machine: pdnsutil set-meta <zone> <kind> <value>.",
  },
  {
    says: /conflicts with pre-existing|conflicts with another rrset/i,
    remedy: "Remove the CNAME, or the other records, that somebody else put at that name.",
  },
  {
    says: /not canonical|is out of zone/i,
    field: "spec.domain",
    remedy: "Check `spec.domain` of the Sovereign: the name is not one of this zone.",
  },
  {
    says: /parsing record content/i,
    remedy:
      "The server does not take the content as we write it; report it with the server's version.",
  },
  {
    says: /max-?bodysize|body (?:is )?too (?:big|large)|HTTP 413/i,
    field: "webserver-max-bodysize",
    remedy: "Set webserver-max-bodysize=2 or more, in megabytes, in pdns.conf and restart it.",
  },
  {
    // The API gives no other word to a body that it can not read or that is longer than it takes.
    says: /HTTP 400: Bad Request$/i,
    field: "webserver-max-bodysize",
    remedy:
      "Most likely the request was longer than webserver-max-bodysize allows: set 2 or more, in megabytes, in pdns.conf.",
  },
  {
    says: /HTTP 409/,
    remedy: "It is there already: somebody else made it at this moment. Run the command again.",
  },
  {
    says: /dnssec/i,
    field: "gsqlite3-dnssec",
    remedy:
      "Set gsqlite3-dnssec=yes, or that of the server's own backend, in pdns.conf and restart it.",
  },
];

/** What is at fault in a refusal with the server's words; undefined when the words are all there is. */
export function refusedBecause(words: string): Refused | undefined {
  const known = refusals.find(({ says }) => says.test(words));
  if (known === undefined) return undefined;
  const { field, remedy } = known;
  return field === undefined ? { remedy } : { field, remedy };
}
