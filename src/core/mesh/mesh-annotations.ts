/** What Cilium ClusterMesh reads of a Service (facts of failover §2.2): annotations, and what each does to the backends behind it. */

/** Same name and namespace in every cluster: one Service. */
export const globalAnnotation = "service.cilium.io/global";
/** `false`: backends here are not given to other clusters. */
export const sharedAnnotation = "service.cilium.io/shared";
/** Which backends clients here prefer. `none` is never written: on some versions it takes all remote ones away (cilium#46623). */
export const affinityAnnotation = "service.cilium.io/affinity";

export const meshAnnotations = [globalAnnotation, sharedAnnotation, affinityAnnotation] as const;
export type MeshAnnotation = (typeof meshAnnotations)[number];

/** As Cilium takes them: anything but `true` is not shared, and not global. */
export type MeshValues = {
  readonly global: boolean;
  readonly shared: boolean;
  /** `unset`: every backend alike, or what nobody should have written. */
  readonly affinity: "local" | "remote" | "unset";
};

/** What a Service's annotations mean. A Service that is global and says nothing else is shared. */
export function meshValuesOf(
  annotations: Readonly<Record<string, string | undefined>>,
): MeshValues {
  const global = isTrue(annotations[globalAnnotation]);
  const shared = annotations[sharedAnnotation];
  const affinity = annotations[affinityAnnotation]?.toLowerCase();
  return {
    global,
    shared: shared === undefined ? global : isTrue(shared),
    affinity: affinity === "local" || affinity === "remote" ? affinity : "unset",
  };
}

/** The annotations that say so. */
export function annotationsOf({
  global,
  shared,
  affinity,
}: MeshValues): Readonly<Record<string, string>> {
  return {
    [globalAnnotation]: String(global),
    [sharedAnnotation]: String(shared),
    ...(affinity === "unset" ? {} : { [affinityAnnotation]: affinity }),
  };
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === "true";
}
