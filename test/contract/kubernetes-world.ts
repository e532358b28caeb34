/** What the suite of Kubernetes API servers works with: clients of the server under test, a namespace, and objects that nobody runs. */
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import type { ApiAccess } from "../../src/adapters/kubernetes/api-access.ts";
import { readKubeconfig } from "../../src/adapters/kubernetes/kubeconfig.ts";
import {
  type KubernetesClient,
  kubernetesClient,
} from "../../src/adapters/kubernetes/kubernetes-client.ts";
import { systemRandom } from "../../src/adapters/random.ts";
import {
  apiVersionOf,
  type KubeObject,
  type Place,
  type ResourceKind,
} from "../../src/control/kubernetes/kube-object.ts";
import type { Patch, Written } from "../../src/control/kubernetes/kubernetes-api.ts";
import type { Refusal, RefusalKind } from "../../src/control/kubernetes/refusal.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";

/** An API server that the suite is held against. */
export type ApiServerUnderTest = {
  /** Path of a kubeconfig of somebody who may do everything. */
  readonly kubeconfig: string;
  /** Path of a kubeconfig of somebody whom the server knows and who may do nothing. */
  readonly stranger: string;
  stop(): Promise<void>;
};

/** Whoever waits does so by asking again, and for long: no server's speed is part of the contract. */
export const patience = { timeout: 60_000, interval: 100 };

export class KubernetesWorld {
  /** The product's client, with the name `sovereign-contract`. */
  readonly api: KubernetesClient;
  /** The same rights under the name `gitops`, as somebody who writes beside us. */
  readonly gitops: KubernetesClient;
  readonly stranger: KubernetesClient;
  readonly wrongToken: KubernetesClient;
  /** One of the suite's own, removed at its end. */
  readonly namespace = `contract-${randomUUID().slice(0, 8)}`;
  #count = 0;

  private constructor(access: ApiAccess, stranger: ApiAccess) {
    const client = (as: ApiAccess, fieldManager: string): KubernetesClient =>
      kubernetesClient({
        access: as,
        fieldManager,
        clock: systemClock,
        random: systemRandom,
        // A machine with a lot to do is not what is judged.
        limits: { requestMs: 60_000, budgetMs: 120_000 },
      });
    this.api = client(access, "sovereign-contract");
    this.gitops = client(access, "gitops");
    this.stranger = client(stranger, "sovereign-contract");
    const token = { kind: "text", text: `no-${randomUUID()}` } as const;
    this.wrongToken = client({ ...access, token, certificate: null }, "sovereign-contract");
  }

  static async open({ kubeconfig, stranger }: ApiServerUnderTest): Promise<KubernetesWorld> {
    const world = new KubernetesWorld(
      await readKubeconfig(kubeconfig),
      await readKubeconfig(stranger),
    );
    await world.make(resourceKinds.namespace, {}, { name: world.namespace });
    return world;
  }

  async close(): Promise<void> {
    await this.api.delete(resourceKinds.namespace, { name: this.namespace });
    for (const client of [this.api, this.gitops, this.stranger, this.wrongToken]) client.close();
  }

  /** A place that nothing has had yet. */
  place(prefix: string): Required<Place> {
    this.#count += 1;
    return { name: `${prefix}-${this.#count}`, namespace: this.namespace };
  }

  /** Makes an object at a place. */
  make(kind: ResourceKind, rest: JsonObject, place: Place): Promise<KubeObject> {
    return this.api.create(kind, objectAt(kind, place, rest)).then(writtenOf);
  }

  /** A ConfigMap with `data`, as the simplest object that there is. */
  async configMap(
    data: Readonly<Record<string, string>> = { a: "1" },
    labels: Readonly<Record<string, string>> = {},
  ): Promise<KubeObject & { readonly metadata: Required<Place> }> {
    const place = this.place("map");
    await this.make(resourceKinds.configMap, { data, metadata: { labels } }, place);
    return this.read(resourceKinds.configMap, place);
  }

  /** A Deployment of nothing, which no controller moves. */
  async deployment(): Promise<KubeObject & { readonly metadata: Required<Place> }> {
    const place = this.place("shop");
    await this.make(resourceKinds.deployment, deploymentOf(place.name), place);
    return this.read(resourceKinds.deployment, place);
  }

  /** The object at a place, which has to be there. */
  async read(
    kind: ResourceKind,
    place: Place,
  ): Promise<KubeObject & { readonly metadata: Required<Place> }> {
    const found = await this.api.get(kind, place);
    if (found.kind !== "found") throw new Error(`expected ${place.name}: ${JSON.stringify(found)}`);
    const { metadata } = found.object;
    return {
      ...found.object,
      metadata: { ...metadata, namespace: metadata.namespace ?? "" } as never,
    };
  }

  /** Whether there is an object at a place. */
  async isThere(kind: ResourceKind, place: Place): Promise<boolean> {
    const found = await this.api.get(kind, place);
    return found.kind === "found";
  }

  patch(kind: ResourceKind, place: Place, patch: Patch): Promise<Written | Refusal> {
    return this.api.patch(kind, placeOf(place), { patch });
  }
}

/** The object of a kind at a place, with what else it has. */
export function objectAt(kind: ResourceKind, place: Place, rest: JsonObject): KubeObject {
  const metadata = { ...(rest["metadata"] as JsonObject | undefined), ...placeOf(place) };
  return { ...rest, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata };
}

/** Name and namespace alone, out of a place or out of metadata. */
export function placeOf({ name, namespace }: Place): Place {
  return namespace === undefined || namespace === "" ? { name } : { name, namespace };
}

/** A Deployment without replicas, stopped, of two containers. */
export function deploymentOf(app: string): JsonObject {
  const container = (name: string, image: string) => ({ name, image });
  return {
    spec: {
      paused: true,
      replicas: 0,
      selector: { matchLabels: { app } },
      template: {
        metadata: { labels: { app } },
        spec: { containers: [container("web", "web:1"), container("proxy", "proxy:1")] },
      },
    },
  };
}

/** The object that was written; throws with the refusal otherwise. */
export function writtenOf(reply: Written | Refusal): KubeObject {
  if (reply.kind !== "written") throw new Error(`not written: ${JSON.stringify(reply)}`);
  return reply.object;
}

/** The refusal of that kind; throws with what was answered otherwise. */
export function refusedAs<Kind extends RefusalKind>(
  reply: { readonly kind: string },
  kind: Kind,
): Extract<Refusal, { readonly kind: Kind }> {
  expect(reply, JSON.stringify(reply).slice(0, 2_000)).toMatchObject({
    kind,
    because: expect.stringMatching(/\S/),
  });
  return reply as Extract<Refusal, { readonly kind: Kind }>;
}

/** The Failure with which something ends, which it has to. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown: unknown = await work.then(
    (value) => new Error(`no failure, but ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof Failure)) throw thrown;
  return thrown;
}

/** The field of an object, however deep. */
export function fieldOf(object: KubeObject, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? (value as Record<string | number, unknown>)[key]
        : undefined,
    object,
  );
}
