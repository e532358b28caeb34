/** Names, rrsets and changes of a DNS zone, as the planner sees them (RFC 2181 §5, facts of PowerDNS §7). */

/** All records of one name and type. Names are lower case with the closing dot. */
export type Rrset = {
  readonly name: string;
  /** `A`, `AAAA`, `TXT`, `LUA`, …; LUA holds A and AAAA code of one name together. */
  readonly type: string;
  readonly ttlSeconds: number;
  /** Record contents in presentation form. Order means nothing. */
  readonly records: readonly string[];
  /** Present exactly when the rrset was made by catalyst-dns. */
  readonly ownership?: Ownership;
  /** Set when the comment is gone and only the marker in its code says whose it is. */
  readonly commentMissing?: true;
  /** Account names of foreign comments, to name the other owner in a conflict. */
  readonly foreignAccounts?: readonly string[];
};

/** Who made an rrset and for what; kept as the rrset's comment with the account `catalyst-dns`. */
export type Ownership = {
  /** `{environment}/{application}`. */
  readonly application: string;
  /** Placement at the time of writing. */
  readonly placement: string;
};

export const ownerAccount = "catalyst-dns";

export type RrsetChange =
  | { readonly kind: "replace"; readonly rrset: Rrset }
  | { readonly kind: "delete"; readonly name: string; readonly type: string };

/** An answer of a server, reduced to what is compared. */
export type DnsAnswer = {
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`, …. */
  readonly rcode: string;
  readonly records: readonly {
    readonly name: string;
    readonly type: string;
    readonly ttlSeconds: number;
    /** Address in canonical writing, or the text of a TXT record. */
    readonly data: string;
  }[];
};
