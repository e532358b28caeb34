/** Configuration of a region's API server; tokens are files that it names, and it writes the kubeconfigs itself. */
import { join } from "node:path";
import type { KubeConfig } from "./kube/config.ts";
import { administrators } from "./kube/rest/users.ts";
import type { RegionLayout } from "./layout.ts";
import { ledger } from "./layout.ts";
import type { RegionParts } from "./region-files.ts";

/** Where the region's objects are kept. */
export function kubeFolder(region: RegionLayout): string {
  return join(region.folder, "kube");
}

/** The kubeconfig of the region's agent. */
export function agentKubeconfig(region: RegionLayout): string {
  return join(region.folder, "kubeconfig-agent");
}

/** The text of a region's `kube-api.json`. */
export function kubeApiConfig({ region, keys }: RegionParts): string {
  const { cluster, kube } = region;
  const { certificate, key, kubeAdmin, kubeAgent } = keys.region(cluster);
  const groups = [administrators];
  const config = {
    cluster,
    ...kube.at,
    folder: kubeFolder(region),
    tls: { certificate, key, ca: keys.ca },
    users: [
      { name: ledger.person, groups, tokenFile: kubeAdmin, kubeconfig: kube.kubeconfig },
      // There are no roles in a sandbox: what an agent may ask for is held to by its own client.
      {
        ...{ name: "sovereign-agent", groups, tokenFile: kubeAgent },
        kubeconfig: agentKubeconfig(region),
      },
    ],
  } satisfies Partial<KubeConfig>;
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
