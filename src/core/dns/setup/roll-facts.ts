/** What a key roll-over looks at: the key set, what every server and the parent answer, and what is journalled. */
import type { PublicKey } from "./dnskey.ts";
import type { StoredKey } from "./facts.ts";

export type RollServer = {
  /** `{name} of {cluster}`, or the name of a secondary. */
  readonly id: string;
  /** DNSKEYs that it answers with; why it did not answer otherwise. */
  readonly published: readonly PublicKey[] | { readonly unanswered: string };
  /** What it holds; only for servers of this region, which are the ones written. */
  readonly stored: readonly StoredKey[] | undefined;
};

export type ParentView =
  | { readonly kind: "notAsked" }
  | { readonly kind: "unanswered"; readonly because: string }
  | { readonly kind: "seen"; readonly keyTags: readonly number[]; readonly ttlSeconds: number };

/** What the journal of this roll says, folded. */
export type RollRecord = {
  readonly startedAtMs?: number;
  /** Since when every server is known to answer with both keys; absent after one was seen without. */
  readonly publishedAtMs?: number;
  /** How often a server was seen without the new key after all had it. */
  readonly regressions: number;
  /** Since when the parent is known to name the new key only, and for how long older answers are kept. */
  readonly delegatedAtMs?: number;
  readonly delegationTtlSeconds?: number;
  readonly retiringAtMs?: number;
  readonly ended?: "done" | "aborted";
};

export type RollFacts = {
  readonly nowMs: number;
  /** The key in use and the one that takes over: first and second of the key set. */
  readonly old: PublicKey;
  readonly next: PublicKey;
  readonly servers: readonly RollServer[];
  readonly parent: ParentView;
  /** How long a resolver may keep the DNSKEYs, and any record of the zone with its signature. */
  readonly dnskeyTtlSeconds: number;
  readonly zoneTtlSeconds: number;
  /** A sovereign-admin's word that the parent names the new key only, with the DS's TTL, where no parent can be asked. */
  readonly confirmedDsTtlSeconds?: number;
  readonly record: RollRecord;
};
