/**
 * What Go's types of a built-in kind hold when nothing is set: parts that are no pointers are there and empty. Whoever fills in a new object
 * does not own that such a part is there, only what is in it.
 */
import type { Json } from "../../../core/kernel/json.ts";
import { resolved, type Schema } from "../objects/schema.ts";

/** The empty object of a schema; the default of a part says that it is always there. */
export function zeroObject(given: Schema): Json {
  const { properties = {}, required = [] } = resolved(given);
  const always = Object.entries(properties).flatMap(([field, schema]): [string, Json][] => {
    if (schema.default !== undefined) return [[field, zeroObject(schema)]];
    return required.includes(field) && schema.type === "array" ? [[field, null]] : [];
  });
  return Object.fromEntries(always);
}
