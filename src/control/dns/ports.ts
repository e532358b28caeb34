/** What catalyst-dns is given beside `Env`: the source, the servers' APIs, a DNS client, and its options. */
import type { RegionWords } from "../../core/dns/fallback-order.ts";
import { dnsOf, followedServer } from "../../core/dns/setup/wanted-zone.ts";
import type { NameServerSpec, Sovereign } from "../../core/resources/sovereign.ts";
import type { DnsClient, DnsEndpoint, DocumentSource, Env, NameServer } from "../env.ts";

export type DnsPorts = {
  readonly source: DocumentSource;
  /** The API of a server of this region, as the documents describe it now. */
  readonly nameServer: (id: string, spec: ServerSpec) => NameServer;
  readonly dns: DnsClient;
  /**
   * What the regions' agents say of themselves now, by declared FailoverGroup and cluster; a silent one has no word.
   * Without it nobody is known to hold authority, and documents give the fallback order.
   */
  readonly authority?: () => RegionWords;
};

export type ServerSpec = NameServerSpec & {
  /** Secondaries follow it, and are told of each change. */
  readonly notifies?: boolean;
};

export type DnsOptions = {
  /** The region whose name servers are written. */
  readonly cluster: string;
  /** How often the source is read. */
  readonly pollMs: number;
  /** How often everything is compared and verified although nothing was committed. */
  readonly reconcileMs: number;
  /** Reads, plans, verifies and journals, but changes nothing. */
  readonly observeOnly: boolean;
};

/** All that a round is given. */
export type World = {
  readonly env: Env;
  readonly ports: DnsPorts;
  readonly options: DnsOptions;
};

/** A server of the Sovereign, of any region. */
export type Server = {
  /** `{name} of {cluster}`. */
  readonly id: string;
  readonly cluster: string;
  readonly spec: ServerSpec;
  readonly endpoint: DnsEndpoint;
  /** Where the secondaries that copy it by AXFR answer. */
  readonly followers: readonly DnsEndpoint[];
};

/** All name servers of a Sovereign in the order of the document. */
export function serversOf(sovereign: Sovereign): readonly Server[] {
  const { secondaries } = dnsOf(sovereign);
  const followersOf = ({ name }: NameServerSpec): readonly DnsEndpoint[] =>
    secondaries
      .filter((secondary) => followedServer(secondary, sovereign)?.name === name)
      .map(({ address, port }) => ({ address, port }));
  return sovereign.spec.regions.flatMap((region) =>
    region.nameServers.map((spec) => {
      const followers = followersOf(spec);
      return {
        id: `${spec.name} of ${region.cluster}`,
        cluster: region.cluster,
        spec: followers.length > 0 ? { ...spec, notifies: true } : spec,
        endpoint: { address: spec.address, port: spec.port },
        followers,
      };
    }),
  );
}
