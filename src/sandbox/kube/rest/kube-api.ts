/** The API over its store, without HTTP: what requests do, and what the controllers in the same process do. */

import { type Asker, keyOf, storeName, type Target } from "../admission/asker.ts";
import { builtInType } from "../objects/built-in-types.ts";
import { type KubeObject, without } from "../objects/kube-object.ts";
import { type TypesRegistry, typesRegistry } from "../objects/types-registry.ts";
import type { ObjectStore, Transaction } from "../store/object-store.ts";
import { isUnsettled, settleCrd } from "./define-kinds.ts";
import {
  type DeleteOptions,
  type Deletion,
  deleteObject,
  refuseFixedNamespace,
} from "./delete-object.ts";
import { evictPod } from "./evict-pod.ts";
import { type Patched, type Patching, patchObject } from "./patch-object.ts";
import { requireLive, saveChanged, saveNew } from "./save-object.ts";
import { type ScaleBody, saveScale } from "./scale.ts";

export interface KubeApi {
  readonly store: ObjectStore;
  readonly registry: TypesRegistry;
  create(target: Target, object: KubeObject, asker: Asker): Promise<KubeObject>;
  replace(target: Target, object: KubeObject, asker: Asker): Promise<KubeObject>;
  patch(
    target: Target,
    asker: Asker,
    patch: Omit<Patching, "tx" | "target" | "asker">,
  ): Promise<Patched>;
  scale(target: Target, body: ScaleBody, asker: Asker): Promise<KubeObject>;
  remove(target: Target, options: DeleteOptions, asker: Asker): Promise<Deletion>;
  evict(target: Target, options: DeleteOptions, asker: Asker): Promise<KubeObject>;
  close(): Promise<void>;
}

/** Carries the result of a dry run out of a transaction that is given up. */
class DryRunDone extends Error {
  override readonly name = "DryRunDone";
  readonly result: unknown;

  constructor(result: unknown) {
    super("a dry run changes nothing");
    this.result = result;
  }
}

const crds = builtInType("CustomResourceDefinition");

/** The API over a store that is open; it settles CRDs, also those that a crash left unsettled. */
export async function openKubeApi(store: ObjectStore, nowMs: () => number): Promise<KubeApi> {
  const registry = typesRegistry(() => store.list(storeName(crds)));
  const settle = (crd: KubeObject): void => {
    const { name = "" } = crd.metadata;
    // It fails only with the store, and then every write says so.
    void store
      .write((tx) => settleCrd(tx, name, { registry, nowMs: nowMs() }))
      .catch(() => undefined);
  };
  const stop = store.listen((changes) => {
    for (const { key, type, object } of changes)
      if (key.resource === storeName(crds) && type !== "DELETED" && isUnsettled(object))
        settle(object);
      else if (type === "DELETED") settleOwner(key.resource);
  });
  /** An object that went may have been the last one that held its CRD. */
  const settleOwner = (resource: string): void => {
    const crd = store.get(keyOf({ type: crds, namespace: "", name: resource }));
    if (crd?.metadata.deletionTimestamp !== undefined) settle(crd);
  };
  for (const crd of store.list(storeName(crds))) if (isUnsettled(crd)) settle(crd);
  return {
    store,
    registry,
    ...writes(store),
    async close() {
      stop();
      await store.close();
    },
  };
}

function writes(store: ObjectStore): Omit<KubeApi, "store" | "registry" | "close"> {
  const write = async <T>(asker: Asker, work: (tx: Transaction) => T): Promise<T> => {
    if (!asker.dryRun) return store.write(work);
    try {
      return await store.write((tx): T => {
        throw new DryRunDone(work(tx));
      });
    } catch (thrown) {
      if (thrown instanceof DryRunDone) return thrown.result as T; // It is what this work gave.
      throw thrown;
    }
  };
  return {
    create: async (target, object, asker) => {
      const made = await write(asker, (tx) => saveNew(object, { tx, target, asker }));
      return asker.dryRun ? unversioned(made) : made;
    },
    replace: (target, object, asker) =>
      write(asker, (tx) => {
        const live = requireLive({ tx, target });
        return versioned(saveChanged(object, live, { tx, target, asker }), live, asker);
      }),
    patch: async (target, asker, patch) =>
      write(asker, (tx) => {
        const live = tx.get(keyOf(target));
        const patched = patchObject({ ...patch, tx, target, asker });
        if (!asker.dryRun) return patched;
        const object =
          live === undefined ? unversioned(patched.object) : versioned(patched.object, live, asker);
        return { ...patched, object };
      }),
    scale: (target, body, asker) => write(asker, (tx) => saveScale(body, { tx, target, asker })),
    remove: (target, options, asker) => {
      refuseFixedNamespace(target);
      return write({ ...asker, dryRun: asker.dryRun || options.dryRun }, (tx) =>
        deleteObject({ tx, target, asker, options }),
      );
    },
    evict: (target, options, asker) =>
      write({ ...asker, dryRun: asker.dryRun || options.dryRun }, (tx) =>
        evictPod({ tx, target, asker, options }),
      ),
  };
}

/** A dry run makes nothing, so what it shows has no version. */
const unversioned = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: without(object.metadata, "resourceVersion"),
});

function versioned(object: KubeObject, live: KubeObject, { dryRun }: Asker): KubeObject {
  if (!dryRun) return object;
  const resourceVersion = live.metadata.resourceVersion ?? "";
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}
