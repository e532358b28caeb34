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
  readonly control: DnsEndpoint;
  readonly replicas: readonly DnsEndpoint[];
  readonly folder: string;
};

export type SandboxLayout = {
  /** State folder, absolute; `.sovereign` of the checkout unless said otherwise. */
  readonly state: string;
  readonly domain: string;
  readonly recursor: DnsEndpoint;
  readonly regions: readonly RegionLayout[];
  /** Git work tree with the Sovereign's documents, which a user edits and commits. */
  readonly documents: string;
  readonly socket: string;
  readonly reports: string;
};

export const sandboxClusters = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;

/** `base` is the first two bytes of the loopback addresses, such as `127.10`. No port is below 1024. */
export function sandboxLayout(state: string, base = "127.10"): SandboxLayout {
  const region = (cluster: string, slot: number): RegionLayout => {
    const network = `${base}.${slot}`;
    return {
      cluster,
      nameServer: {
        name: `ns${slot}`,
        dns: { address: `${network}.53`, port: 5300 },
        api: { address: `${network}.53`, port: 8081 },
      },
      loadBalancer: { ipv4: `${network}.80`, ipv6: `::ffff:${network}.80`, port: 8080 },
      control: { address: `${network}.10`, port: 7100 },
      replicas: [21, 22, 23].map((host) => ({ address: `${network}.${host}`, port: 9000 })),
      folder: join(state, "regions", cluster),
    };
  };
  return {
    state,
    domain: "sovereign.test",
    recursor: { address: `${base}.0.53`, port: 5300 },
    regions: sandboxClusters.map((cluster, index) => region(cluster, index + 1)),
    documents: join(state, "documents"),
    socket: join(state, "run", "supervisor.sock"),
    reports: join(state, "reports"),
  };
}
