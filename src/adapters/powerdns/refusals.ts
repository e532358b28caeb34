/**
 * What PowerDNS says when it refuses, and what a person does about it: one small table for all versions
 * (facts of PowerDNS §0.2, §6, §7; words read in the sources of 4.7 to 5.1, those of 5.1 were not run).
 */

type Remedy = { readonly says: RegExp; readonly remedy: string };

const remedies: readonly Remedy[] = [
  {
    says: /lua records is not allowed/i,
    remedy:
      "PowerDNS 5.1 and later: set enable-lua-record-updates=yes in pdns.conf of this server and of its secondaries, and restart them.",
  },
  {
    says: /conflicts with pre-existing|conflicts with another rrset/i,
    remedy: "Remove the CNAME, or the other records, that somebody else put at that name.",
  },
  {
    says: /not canonical|is out of zone/i,
    remedy: "Check `spec.domain` of the Sovereign: the name is not one of this zone.",
  },
  {
    says: /parsing record content/i,
    remedy:
      "The server does not take the content as we write it; report it with the server's version.",
  },
  {
    says: /dnssec/i,
    remedy:
      "Set gsqlite3-dnssec=yes, or that of the server's own backend, in pdns.conf and restart it.",
  },
];

/** What to do about a refusal in the server's words; undefined when the words are all there is. */
export function remedyFor(words: string): string | undefined {
  return remedies.find(({ says }) => says.test(words))?.remedy;
}
