/** Where everything of the sandbox listens and keeps its files; one function of a base address and a state folder. */
import { join } from "node:path";
import type { DnsEndpoint } from "../control/env.ts";

export type RegionLayout = {
  readonly cluster: string;
  readonly nameServer: {
    readonly name: string;
    readonly dns: DnsEndpoint;
    readonly api: DnsEndpoint;
  };
  readonly loadBalancer: { readonly ipv4: string; readonly ipv6: string; readonly port: number };
  /** The load balancer, as the region's own agent reaches it. */
  readonly inside: DnsEndpoint;
  readonly control: DnsEndpoint;
  readonly replicas: readonly DnsEndpoint[];
  readonly postgres: DnsEndpoint;
  readonly agent: {
    /** Plain HTTP: the health path, `/v1/status`, `/metrics`. */
    readonly health: DnsEndpoint;
    /** HTTPS: the peer, and orders of people. */
    readonly api: DnsEndpoint;
    /** DNS: the region's signed heartbeat. */
    readonly heartbeat: DnsEndpoint;
    /** Record, journal and watchdog of the agent; short, because a socket lies in it. */
    readonly folder: string;
  };
  /**
   * Where the region's processes look for what is outside: the witness, the peer's agent, the peer's database. Between proxies these are
   * addresses of the region's own, so that a drill can cut them; between namespaces they are the places themselves.
   */
  readonly ways: {
    readonly witness: DnsEndpoint;
    readonly peer: DnsEndpoint;
    readonly database: DnsEndpoint;
    /** To each of the resolvers, and from each of them to the region's heartbeat; in their order. */
    readonly resolvers: readonly DnsEndpoint[];
    readonly heartbeats: readonly DnsEndpoint[];
  };
  /** The region's Kubernetes-compatible API server: a part of the region, which dies with it. */
  readonly kube: {
    readonly at: DnsEndpoint;
    /** For people: everything may be done with it. */
    readonly kubeconfig: string;
  };
  /** Unix socket on which whoever owns the region's PostgreSQL is told to start and stop it. */
  readonly keeperSocket: string;
  readonly folder: string;
};

/** What stands between the regions: a proxy for each way, or a router between network namespaces (ADR 40). */
export const sandboxNetworks = ["proxy", "namespaces"] as const;
export type SandboxNetwork = (typeof sandboxNetworks)[number];

/** What it is, for people. */
export const networkWords: Readonly<Record<SandboxNetwork, string>> = {
  proxy: "fault proxies",
  namespaces: "network namespaces",
};

export type SandboxLayout = {
  /** State folder, absolute; `.sovereign` of the checkout unless said otherwise. */
  readonly state: string;
  readonly domain: string;
  readonly network: SandboxNetwork;
  readonly recursor: DnsEndpoint;
  /** The "public resolvers": the recursor and two more, so that two of three can agree. */
  readonly resolvers: readonly DnsEndpoint[];
  /** Zone below which each region's heartbeat answers. */
  readonly heartbeatZone: string;
  /** Outside of both regions. */
  readonly witness: DnsEndpoint;
  readonly regions: readonly RegionLayout[];
  /** Git work tree with the Sovereign's documents, which a user edits and commits. */
  readonly documents: string;
  /** Keys, certificates and credentials, for their owner only. */
  readonly keys: string;
  readonly socket: string;
  readonly reports: string;
  /** Folder of the journal in which drills put what they did, and the hashes of their reports. */
  readonly drillJournal: string;
};

export const sandboxClusters = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;

/** The Application whose writes are counted, and the group that it fails over with. */
export const ledger = {
  application: "ledger",
  environment: "acme-prod",
  group: "ledger",
  service: "ledger-db",
  witness: "outside",
  /** Who holds every role, and signs what drills order. */
  person: "sandbox-admin",
} as const;

/** Whose SSH keys lie in the state folder. */
export const sandboxPeople = [
  { name: ledger.person, roles: ["sre", "dataOwner", "sovereignAdmin"] },
  { name: "sandbox-owner", roles: ["dataOwner"] },
] as const;

/** Longest path below a state folder that a unix socket has: that of the second region's watchdog. */
export const longestSocketPath = "/agents/2/watchdog/watchdog.sock";

/** `base` is the first two bytes of the loopback addresses, such as `127.10`. No port is below 1024. */
export function sandboxLayout(
  state: string,
  base = "127.10",
  network: SandboxNetwork = "proxy",
): SandboxLayout {
  const resolver = (host: number): DnsEndpoint => ({ address: `${base}.0.${host}`, port: 5300 });
  const domain = "sovereign.test";
  const resolvers = [53, 54, 55].map(resolver);
  const witness = { address: `${base}.0.60`, port: 7300 };
  const regions = sandboxClusters.map((cluster, index) =>
    regionLayout(state, base, cluster, index + 1),
  );
  return {
    state,
    domain,
    network,
    recursor: resolver(53),
    resolvers,
    heartbeatZone: `hb.${domain}`,
    witness,
    regions:
      network === "proxy"
        ? regions
        : regions.map((region) => ({
            ...region,
            ways: directWays(region, regions, { witness, resolvers }),
          })),
    documents: join(state, "documents"),
    keys: join(state, "keys"),
    socket: join(state, "run", "supervisor.sock"),
    reports: join(state, "reports"),
    drillJournal: join(state, "journal", "drills"),
  };
}

/** Nothing stands in the way: the network itself is cut. */
function directWays(
  region: RegionLayout,
  regions: readonly RegionLayout[],
  { witness, resolvers }: Pick<SandboxLayout, "witness" | "resolvers">,
): RegionLayout["ways"] {
  const peer = regions.find(({ cluster }) => cluster !== region.cluster) ?? region;
  return {
    ...{ witness, resolvers, peer: peer.agent.api, database: peer.postgres },
    heartbeats: resolvers.map(() => region.agent.heartbeat),
  };
}

function regionLayout(state: string, base: string, cluster: string, slot: number): RegionLayout {
  const network = `${base}.${slot}`;
  const at = (host: number, port: number): DnsEndpoint => ({ address: `${network}.${host}`, port });
  return {
    cluster,
    nameServer: { name: `ns${slot}`, dns: at(53, 5300), api: at(53, 8081) },
    loadBalancer: { ipv4: `${network}.80`, ipv6: `::ffff:${network}.80`, port: 8080 },
    inside: at(80, 8081),
    control: at(10, 7100),
    replicas: [21, 22, 23].map((host) => at(host, 9000)),
    postgres: at(30, 5432),
    agent: {
      health: at(11, 7200),
      api: at(11, 7201),
      heartbeat: at(11, 5300),
      folder: join(state, "agents", String(slot)),
    },
    ways: {
      ...{ witness: at(60, 7300), peer: at(60, 7201), database: at(60, 5432) },
      resolvers: [61, 62, 63].map((host) => at(host, 5300)),
      heartbeats: [64, 65, 66].map((host) => at(host, 5300)),
    },
    kube: { at: at(12, 6443), kubeconfig: join(state, "regions", cluster, "kubeconfig") },
    keeperSocket: join(state, "run", `database-${slot}.sock`),
    folder: join(state, "regions", cluster),
  };
}
