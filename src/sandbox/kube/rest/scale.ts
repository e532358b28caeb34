/** The subresource scale (autoscaling/v1): the wanted number of replicas of a kind, apart from the rest of the object. */
import type { Json } from "../../../core/kernel/json.ts";
import type { Target } from "../admission/asker.ts";
import { fieldAt, isObject, type KubeObject, objectOr } from "../objects/kube-object.ts";
import { selectorText } from "../objects/selectors.ts";
import {
  badRequest,
  conflict,
  invalidValue,
  modifiedMeanwhile,
  StatusError,
} from "../objects/status-error.ts";
import { applyJsonPatch } from "../patch/json-patch.ts";
import { mergePatch } from "../patch/merge-patch.ts";
import { requireLive, type Saving, saveChanged } from "./save-object.ts";

const pathOf = (text: string): readonly string[] => text.replace(/^\./, "").split(".");

/** The Scale of an object. */
export function scaleOf(object: KubeObject, { type }: Target): KubeObject {
  const { scalePaths } = type;
  if (scalePaths === undefined) throw new Error(`${type.kind} has no scale`);
  const number = (path: string): number => {
    const value = fieldAt(object, ...pathOf(path));
    return typeof value === "number" ? value : 0;
  };
  const selector =
    scalePaths.selector === undefined ? undefined : fieldAt(object, ...pathOf(scalePaths.selector));
  const text = typeof selector === "string" ? selector : selectorText(selector);
  const {
    name = "",
    namespace = "",
    uid = "",
    resourceVersion = "",
    creationTimestamp = "",
  } = object.metadata;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: number(scalePaths.spec) },
    status: { replicas: number(scalePaths.status), ...(text === "" ? {} : { selector: text }) },
  };
}

/** How a body changes a Scale: it replaces it, or patches it. */
export type ScaleBody = { readonly kind: "replace" | "merge" | "json"; readonly value: Json };

/** Writes the wanted number. Refuses with 409 and 422. */
export function saveScale(body: ScaleBody, saving: Saving): KubeObject {
  const { target } = saving;
  const live = requireLive(saving);
  const before = scaleOf(live, target);
  const wanted = wantedScale(body, before);
  const { metadata, spec } = objectOr(wanted);
  const replicas = fieldAt(spec, "replicas") ?? 0;
  if (typeof replicas !== "number" || !Number.isInteger(replicas))
    throw badRequest(
      'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32',
    );
  const version = fieldAt(metadata, "resourceVersion");
  if (typeof version === "string" && version !== "" && version !== live.metadata.resourceVersion)
    throw conflict(target, modifiedMeanwhile);
  if (replicas < 0) throw wrongScale(target, replicas);
  const { scalePaths } = target.type;
  const changed = withValue(live, pathOf(scalePaths?.spec ?? ""), replicas);
  return scaleOf(saveChanged(changed as KubeObject, live, saving), target); // Only a field below changed.
}

function wantedScale({ kind, value }: ScaleBody, before: KubeObject): Json {
  if (kind === "merge") return mergePatch(before, value);
  if (kind === "json") return applyJsonPatch(before, value);
  return value;
}

function wrongScale({ name }: Target, replicas: number): StatusError {
  const cause = invalidValue("spec.replicas", replicas, "must be greater than or equal to 0");
  return new StatusError({
    code: 422,
    reason: "Invalid",
    message: `Scale.autoscaling "${name}" is invalid: ${cause.field}: ${cause.message}`,
    details: { name, group: "autoscaling", kind: "Scale", causes: [cause] },
  });
}

function withValue(value: Json, path: readonly string[], set: Json): Json {
  const [field, ...rest] = path;
  if (field === undefined) return set;
  const object = isObject(value) ? value : {};
  return { ...object, [field]: withValue(object[field] ?? {}, rest, set) };
}
