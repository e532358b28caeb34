/** What catalyst-dns is given beside `Env`: the source, the servers' APIs, a DNS client, and its options. */
import type { NameServerSpec, Sovereign } from "../../core/resources/sovereign.ts";
import type { DnsClient, DnsEndpoint, DocumentSource, NameServer } from "../env.ts";

export type DnsPorts = {
  readonly source: DocumentSource;
  /** The API of a server of this region, as the documents describe it now. */
  readonly nameServer: (id: string, spec: NameServerSpec) => NameServer;
  readonly dns: DnsClient;
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

/** A server of the Sovereign, of any region. */
export type Server = {
  /** `{name} of {cluster}`. */
  readonly id: string;
  readonly cluster: string;
  readonly spec: NameServerSpec;
  readonly endpoint: DnsEndpoint;
};

/** All name servers of a Sovereign in the order of the document. */
export function serversOf(sovereign: Sovereign): readonly Server[] {
  return sovereign.spec.regions.flatMap((region) =>
    region.nameServers.map((spec) => ({
      id: `${spec.name} of ${region.cluster}`,
      cluster: region.cluster,
      spec,
      endpoint: { address: spec.address, port: spec.port },
    })),
  );
}
