/** The port to one Service that several clusters share, in this region's own cluster. `adapters/clustermesh` is Cilium's. */
import type { AnnotationOwner } from "../../core/mesh/mesh-owners.ts";
import type { MeshFacts, MeshStep } from "../../core/mesh/mesh-plan.ts";
import type { Signal } from "../env.ts";

export type MeshReading =
  | {
      readonly kind: "seen";
      readonly facts: MeshFacts;
      /** Others that set what has to move. */
      readonly owners: readonly AnnotationOwner[];
      /** Of the object that was seen; a step is done to this one or to none. */
      readonly version: MeshVersion;
    }
  /** It can not be read as things are; the sentence says why. */
  | { readonly kind: "refused"; readonly because: string };

export type MeshVersion = { readonly uid: string; readonly resourceVersion: string };

export type MeshWritten =
  | (Extract<MeshReading, { readonly kind: "seen" }> & { readonly warnings: readonly string[] })
  /** It is not as it was seen any more: look again. */
  | { readonly kind: "moved" }
  | { readonly kind: "refused"; readonly because: string };

export interface MeshService {
  /** `namespace/name`. */
  readonly id: string;
  /** Fails as the API server does. */
  read(signal?: Signal): Promise<MeshReading>;
  /** One step, on the very object that was seen. What others own is taken over. Fails as the API server does: look again then. */
  write(step: MeshStep, version: MeshVersion, signal?: Signal): Promise<MeshWritten>;
}
