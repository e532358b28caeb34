/** A CRD of the suite's own, with everything that a CRD can ask of a server: defaults, pruning, rules, status and scale. */
import { expect } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import type { KubeObject, Place, ResourceKind } from "../../src/control/kubernetes/kube-object.ts";
import { pollObject } from "../../src/control/kubernetes/poll-object.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import { fieldOf, type KubernetesWorld, patience } from "./kubernetes-world.ts";

export const widgetKind: ResourceKind = {
  group: "contract.sovereign.test",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced",
  isBuiltIn: false,
};

const integer = { type: "integer", format: "int32", minimum: 0 };

const spec = {
  type: "object",
  required: ["size"],
  "x-kubernetes-validations": [
    {
      rule: "!has(self.largest) || self.size <= self.largest",
      message: "a widget is at most as large as its largest",
    },
  ],
  properties: {
    size: integer,
    largest: integer,
    replicas: { ...integer, default: 1 },
    colour: { type: "string", enum: ["red", "green"], default: "red" },
    name: { type: "string", maxLength: 8, pattern: "^[a-z]+$" },
    epoch: {
      ...integer,
      "x-kubernetes-validations": [
        { rule: "self >= oldSelf", message: "an epoch never goes back" },
      ],
    },
    parts: {
      type: "array",
      maxItems: 3,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: {
        type: "object",
        required: ["name"],
        properties: { name: { type: "string" }, weight: { ...integer, default: 7 } },
      },
    },
    fields: { type: "object", additionalProperties: { type: "string" } },
    kept: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
};

const status = {
  type: "object",
  properties: {
    replicas: integer,
    selector: { type: "string" },
    phase: { type: "string", enum: ["Whole", "Broken"] },
  },
};

export const widgetDefinition: JsonObject = {
  spec: {
    group: widgetKind.group,
    scope: widgetKind.scope,
    names: {
      kind: widgetKind.kind,
      plural: widgetKind.plural,
      singular: "widget",
      listKind: "WidgetList",
    },
    versions: [
      {
        name: widgetKind.version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { spec, status } } },
        subresources: {
          status: {},
          scale: {
            specReplicasPath: ".spec.replicas",
            statusReplicasPath: ".status.replicas",
            labelSelectorPath: ".status.selector",
          },
        },
      },
    ],
  },
};

const { customResourceDefinition } = resourceKinds;
const definitionName = `${widgetKind.plural}.${widgetKind.group}`;

/** Applies a CRD and waits until its kind is served. */
export async function defineKind(
  world: KubernetesWorld,
  kind: ResourceKind,
  body: JsonObject,
): Promise<void> {
  const name = `${kind.plural}.${kind.group}`;
  const patch = { kind: "apply", body, force: true } as const;
  const applied = await world.api.patch(customResourceDefinition, { name }, { patch });
  expect(applied, JSON.stringify(applied)).toMatchObject({ kind: "written" });
  const isEstablished = (crd: KubeObject | null): boolean => {
    const conditions = crd === null ? [] : fieldOf(crd, "status", "conditions");
    const is = (type: string, at: unknown): boolean =>
      fieldOf(at as KubeObject, "type") === type && fieldOf(at as KubeObject, "status") === "True";
    return Array.isArray(conditions) && conditions.some((each) => is("Established", each));
  };
  await reached(world, { kind: customResourceDefinition, place: { name } }, isEstablished);
  // A kind is served a moment after it is said to be established.
  const within = kind.scope === "Cluster" ? {} : { namespace: world.namespace };
  await reached(world, { kind, place: { name: "no-such", ...within } }, () => true);
}

/** Waits until an object is as it should. A kind that is not served yet is asked for again. */
export async function reached(
  { api }: KubernetesWorld,
  target: { readonly kind: ResourceKind; readonly place: Place },
  until: (object: KubeObject | null) => boolean,
): Promise<void> {
  const options = { clock: systemClock, until, everyMs: 100, limitMs: patience.timeout };
  const polled = await pollObject(api, target, options);
  expect(polled, JSON.stringify(polled)).toMatchObject({ kind: "reached" });
}

export function defineWidgets(world: KubernetesWorld): Promise<void> {
  return defineKind(world, widgetKind, widgetDefinition);
}

export async function forgetWidgets(world: KubernetesWorld): Promise<void> {
  await world.api.delete(customResourceDefinition, { name: definitionName });
}
