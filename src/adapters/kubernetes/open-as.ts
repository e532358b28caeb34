/** The API server as one of our programs sees it: under its own field manager, with the requests that it declares and no others. */
import type { AccessReviews } from "../../control/kubernetes/access-review.ts";
import { asDeclared } from "../../control/kubernetes/as-declared.ts";
import type { KubernetesApi } from "../../control/kubernetes/kubernetes-api.ts";
import type { KubeProgram } from "../../control/kubernetes/requests-made.ts";
import { systemClock } from "../clock.ts";
import { systemRandom } from "../random.ts";
import { inClusterAccess } from "./in-cluster.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import { kubernetesClient } from "./kubernetes-client.ts";
import type { KubernetesChoice } from "./open-kubernetes.ts";

export type ProgramKubernetes = {
  readonly api: KubernetesApi;
  readonly reviews: AccessReviews;
  /** The namespace of the configuration, or that in which the program runs. */
  readonly home: string;
  close(): void;
};

/** Under which name an API server remembers the fields that a program sets. */
export function fieldManagerOf(program: KubeProgram): string {
  return `sovereign-${program}`;
}

/** Reads the configuration, and sends nothing. Fails with CredentialUnreadable or ConfigInvalid. */
export async function openAs(
  program: KubeProgram,
  choice: KubernetesChoice,
): Promise<ProgramKubernetes> {
  const access =
    "kubeconfig" in choice
      ? await readKubeconfig(choice.kubeconfig, choice)
      : await inClusterAccess({ environment: process.env });
  const fieldManager = fieldManagerOf(program);
  const random = systemRandom;
  const client = kubernetesClient({ access, fieldManager, clock: systemClock, random });
  const home = access.namespace;
  return { api: asDeclared(client, program, home), reviews: client, home, close: client.close };
}
