/** Whether an object says all that was applied. What a server fills in beside that is its own. */
import type { Json, JsonObject } from "../kernel/json.ts";

/** Lists have to be as long, and objects may have more. */
export function isApplied(wanted: Json, found: unknown): boolean {
  if (Array.isArray(wanted)) {
    const items: readonly Json[] = wanted;
    return (
      Array.isArray(found) &&
      found.length === items.length &&
      items.every((item, index) => isApplied(item, found[index]))
    );
  }
  if (typeof wanted !== "object" || wanted === null) return wanted === found;
  if (typeof found !== "object" || found === null || Array.isArray(found)) return false;
  const object = found as JsonObject; // An object that is no list.
  return Object.entries(wanted).every(([key, value]) => isApplied(value, object[key]));
}
