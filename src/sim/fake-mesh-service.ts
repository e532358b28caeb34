/** FAKE: a Service of the mesh in memory; passes the suite in test/contract/mesh-service.ts. */
import type { MeshReading, MeshService } from "../control/mesh/mesh-service.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { MeshValues } from "../core/mesh/mesh-annotations.ts";
import type { AnnotationOwner } from "../core/mesh/mesh-owners.ts";
import type { MeshStep } from "../core/mesh/mesh-plan.ts";

export type FakeMeshService = MeshService & {
  /** Somebody else writes. */
  put(values: MeshValues, by: AnnotationOwner["manager"]): void;
  /** Nobody answers while it is true; a write that is under way is done all the same. */
  setAway(isAway: boolean): void;
  /** Every step that was done, oldest first. */
  readonly steps: readonly MeshStep[];
};

const never: MeshValues = { global: false, shared: false, affinity: "unset" };

/** A Service that says nothing to the mesh yet. */
export function fakeMeshService(id: string): FakeMeshService {
  let values = never;
  let epoch: number | null = null;
  let version = 1;
  let owners: readonly AnnotationOwner[] = [];
  let isAway = false;
  const steps: MeshStep[] = [];
  const look = (): Extract<MeshReading, { readonly kind: "seen" }> => ({
    kind: "seen",
    facts: { ...values, epoch },
    owners,
    version: { uid: id, resourceVersion: String(version) },
  });
  const answer = async <T>(value: () => T): Promise<T> => {
    if (isAway) throw new Failure("KubernetesUnreachable", "the simulated API server is away");
    return value();
  };
  return {
    id,
    steps,
    read: () => answer(look),
    write: (step, seen) =>
      answer(() => {
        if (seen.resourceVersion !== String(version)) return { kind: "moved" };
        if (epoch !== null && step.epoch < epoch) {
          return { kind: "refused", because: `${step.epoch} is older than ${epoch}` };
        }
        ({ values, epoch } = step);
        version += 1;
        // What is taken over by force has one owner afterwards.
        owners = [];
        steps.push(step);
        return { ...look(), warnings: [] };
      }),
    put(others, manager) {
      values = others;
      version += 1;
      owners = (["service.cilium.io/shared", "service.cilium.io/affinity"] as const).map(
        (annotation) => ({ annotation, manager }),
      );
    },
    setAway(away) {
      isAway = away;
    },
  };
}
