/** What one server's API tells about its zone: all that planning the setup of a zone looks at. */
import type { PublicKey } from "./dnskey.ts";
import type { ServerObjection } from "./server-objections.ts";

export type SetupRrset = {
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly records: readonly string[];
  /** Accounts of its comments: who made it. */
  readonly accounts: readonly string[];
};

/** A key that a server holds for the zone, without its private half. */
export type StoredKey = PublicKey & {
  /** Number on that server. */
  readonly id: number;
  readonly active: boolean;
  readonly published: boolean;
  /** DS data for the parent, one for each digest. */
  readonly ds: readonly string[];
};

export type ZoneFacts = {
  /** The server takes the zone from another one. */
  readonly isCopy: boolean;
  readonly rrsets: readonly SetupRrset[];
  readonly keys: readonly StoredKey[];
  /** NSEC3PARAM as set; empty for NSEC. */
  readonly nsec3param: string;
  readonly nsec3narrow: boolean;
  readonly rectifies: boolean;
  /** TSIG keys that may transfer, with the closing dot. */
  readonly transferKeys: readonly string[];
  /** By kind, such as ALSO-NOTIFY. */
  readonly metadata: Readonly<Record<string, readonly string[]>>;
};

export type TsigState = "absent" | "equal" | "different";

export type SetupFacts = {
  /** Undefined when the server does not hold the zone. */
  readonly zone: ZoneFacts | undefined;
  /** By name of the TSIG key; those of the secondaries that follow this server. */
  readonly tsig: Readonly<Record<string, TsigState>>;
  /** The server's own `allow-axfr-ips`: addresses that may transfer without TSIG. */
  readonly openTransfers: string;
  /** Whether the server sends NOTIFY at all: its setting `primary=yes`. */
  readonly sendsNotify: boolean;
  /** What speaks against the server's own configuration. */
  readonly objections?: readonly ServerObjection[];
  /** Keys that any server of the zone answers with now. */
  readonly published: readonly PublicKey[];
};
