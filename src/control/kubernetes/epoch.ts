/** The fencing token in an object's metadata; `deploy/kubernetes/base/epoch-policy.yaml` has the API server refuse one that is older. */
import type { KubeObject } from "./kube-object.ts";

export const epochAnnotation = "sre.catalyst.openova.io/epoch";

/** A longer number is no epoch. */
const digits = /^(?:0|[1-9]\d{0,14})$/;

/** The annotation with which a write says by which epoch it is made. */
export function epochAnnotations(epoch: number): Readonly<Record<string, string>> {
  return { [epochAnnotation]: String(epoch) };
}

/** The epoch by which an object was written last; null when it carries none, or what is no epoch. */
export function epochOf({ metadata }: KubeObject): number | null {
  const text = metadata.annotations?.[epochAnnotation] ?? "";
  return digits.test(text) ? Number(text) : null;
}
