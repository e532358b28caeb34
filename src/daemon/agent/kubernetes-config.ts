/** The API server of the agent's own region in agent.yaml; what uses it is said beside it. */
import { resolve } from "node:path";
import { z } from "zod";
import type { KubernetesChoice } from "../../adapters/kubernetes/open-kubernetes.ts";

const text = z.string().min(1);

export const kubernetesSchema = z
  .strictObject({
    kubeconfig: text.optional(),
    /** Of the kubeconfig; without it the current one. */
    context: text.optional(),
    inCluster: z.literal(true).optional(),
  })
  .refine(
    ({ kubeconfig, inCluster }) => (kubeconfig === undefined) !== (inCluster === undefined),
    "exactly one of `kubeconfig` and `inCluster: true`",
  )
  .refine(
    ({ kubeconfig, context }) => context === undefined || kubeconfig !== undefined,
    "`context` belongs to a `kubeconfig`",
  );

/** Paths count from `folder`. */
export function kubernetesChoice(
  { kubeconfig, context }: z.infer<typeof kubernetesSchema>,
  folder: string,
): KubernetesChoice {
  if (kubeconfig === undefined) return { inCluster: true };
  return {
    kubeconfig: resolve(folder, kubeconfig),
    ...(context === undefined ? {} : { context }),
  };
}
