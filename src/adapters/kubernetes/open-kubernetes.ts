/** A client for the API server that a configuration names: a kubeconfig, or the cluster that we run in. */
import { systemClock } from "../clock.ts";
import { systemRandom } from "../random.ts";
import { inClusterAccess } from "./in-cluster.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import { type KubernetesClient, kubernetesClient } from "./kubernetes-client.ts";

export type KubernetesChoice =
  | { readonly kubeconfig: string; readonly context?: string }
  | { readonly inCluster: true };

/** Reads the configuration, and sends nothing. Fails with CredentialUnreadable or ConfigInvalid. */
export async function openKubernetes(
  choice: KubernetesChoice,
  fieldManager: string,
): Promise<KubernetesClient> {
  const access =
    "kubeconfig" in choice
      ? await readKubeconfig(choice.kubeconfig, choice)
      : await inClusterAccess({ environment: process.env });
  return kubernetesClient({ access, fieldManager, clock: systemClock, random: systemRandom });
}
