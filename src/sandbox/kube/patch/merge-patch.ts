/** JSON Merge Patch (RFC 7386): null removes, objects are merged, everything else is replaced. */
import type { Json } from "../../../core/kernel/json.ts";
import { isObject } from "../objects/kube-object.ts";

/** The value with the patch applied. */
export function mergePatch(value: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: Record<string, Json> = isObject(value) ? { ...value } : {};
  for (const [field, wanted] of Object.entries(patch)) {
    if (wanted === null) delete merged[field];
    else merged[field] = mergePatch(merged[field], wanted);
  }
  return merged;
}
