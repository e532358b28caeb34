/** The `cloudnativepg` part of a service in agent.yaml, which serves FerretDB too: parsed once, every path absolute afterwards, credentials read at each use. */
import { z } from "zod";
import type { ClusterServiceOptions } from "../../adapters/cloudnativepg/cluster-options.ts";
import { fieldManagerOf, openAs } from "../../adapters/kubernetes/open-as.ts";
import type { KubernetesChoice } from "../../adapters/kubernetes/open-kubernetes.ts";
import { type OpenedLater, openLater } from "../../adapters/kubernetes/open-later.ts";
import type { PostgresAddress } from "../../adapters/postgresql/postgres-options.ts";
import type { Clock } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { kubernetesChoice, kubernetesSchema } from "./kubernetes-config.ts";
import { postgresSchema } from "./postgres-config.ts";
import { serverAccess } from "./server-address.ts";

const kubeName = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);

const sideShape = {
  namespace: kubeName,
  /** `metadata.name` of the Cluster; the two differ. */
  cluster: kubeName,
  /** Its Service for writing, `<name>-rw`. */
  server: postgresSchema.shape.local,
};

export const cloudNativePgSchema = z.strictObject({
  ...sideShape,
  /** On which each of its Pods listens. */
  podPort: z.int().min(1).max(65_535).default(5432),
  /** `kubernetes`: the peer's API server, of which a promotion reads what the peer's Cluster said of its end. */
  peer: z.strictObject({ ...sideShape, kubernetes: kubernetesSchema.optional() }),
});

export type CloudNativePgConfig = z.infer<typeof cloudNativePgSchema>;

export type CloudNativePgParts = {
  /** Name of the service in the group. */
  readonly name: string;
  readonly region: string;
  readonly peerRegion: string;
  /** Folder of agent.yaml, from which relative paths count. */
  readonly folder: string;
  /** The group's `timing.fenceBudgetMs`. */
  readonly fenceBudgetMs: number;
  /** The machine's clock (`machineClock`). */
  readonly clock: Clock;
  /** The API server of this region. */
  readonly kubernetes: KubernetesChoice | undefined;
  readonly holdsTenure: ClusterServiceOptions["holdsTenure"];
  readonly hasTenure: ClusterServiceOptions["hasTenure"];
};

/** What of the fence budget is left for telling the agent that it is done. */
const fenceShare = 0.9;

/** Options of `clusterService`, and what closes the API servers that it opens. Fails with ConfigInvalid. */
export function toClusterOptions(
  raw: CloudNativePgConfig,
  parts: CloudNativePgParts,
): { readonly options: ClusterServiceOptions; close(): void } {
  const { name, region, peerRegion, fenceBudgetMs, clock, holdsTenure, hasTenure } = parts;
  if (parts.kubernetes === undefined) {
    throw new Failure("ConfigInvalid", `${name} is at an API server, and none is given`, {
      field: "kubernetes",
      remedy: "Say which it is: `kubernetes: { inCluster: true }`, or a `kubeconfig`.",
    });
  }
  const home = opened("agent", parts.kubernetes, region);
  const peerChoice = raw.peer.kubernetes;
  const peer =
    peerChoice === undefined
      ? null
      : opened("peer", kubernetesChoice(peerChoice, parts.folder), peerRegion);
  return {
    options: {
      name,
      region,
      peerRegion,
      cluster: { api: home.api, name: raw.cluster, namespace: raw.namespace },
      peerCluster: {
        api: peer?.api ?? null,
        name: raw.peer.cluster,
        namespace: raw.peer.namespace,
      },
      fieldManager: fieldManagerOf("agent"),
      local: addressOf(raw.server, "server", parts),
      peer: addressOf(raw.peer.server, "peer.server", parts),
      podPort: raw.podPort,
      holdsTenure,
      hasTenure,
      clock,
      limits: { fenceMs: Math.floor(fenceBudgetMs * fenceShare) },
    },
    close() {
      home.close();
      peer?.close();
    },
  };
}

function opened(as: "agent" | "peer", choice: KubernetesChoice, region: string): OpenedLater {
  return openLater(`the API server of ${region}`, () => openAs(as, choice));
}

function addressOf(
  { port, user, database, ...server }: CloudNativePgConfig["server"],
  side: string,
  { name, folder }: CloudNativePgParts,
): PostgresAddress {
  const access = serverAccess(server, {
    name,
    folder,
    field: `services.${name}.cloudnativepg.${side}`,
    product: "PostgreSQL",
    remedy: "Give it the authority of its Cluster, Secret `<name>-ca`: `tls: { ca: ca.crt }`.",
  });
  return { ...access, port, user, database };
}
