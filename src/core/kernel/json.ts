/** Plain JSON data, as it stands in the journal and on the wire. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** The value of a text that may be JSON, to be held against a schema; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON with sorted keys: one value has one writing, so that it can be hashed and compared. */
export function canonicalJson(value: Json): string {
  // Native writing is several times faster, and the same when all keys stand in order already, as in what was read.
  if (isInOrder(value)) return JSON.stringify(value);
  if (Array.isArray(value))
    return `[${value.map((element) => canonicalJson(element ?? null)).join(",")}]`;
  const object = value as JsonObject; // Anything else is in order.
  const fields = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] ?? null)}`);
  return `{${fields.join(",")}}`;
}

/** Whether the keys of every object in `value` stand in the order of their code units, and none is undefined. */
function isInOrder(value: Json | undefined): boolean {
  if (value === null || typeof value !== "object") return value !== undefined;
  if (Array.isArray(value)) return value.every(isInOrder);
  const object = value as JsonObject; // Array.isArray does not exclude readonly arrays.
  let before: string | undefined;
  for (const key of Object.keys(object)) {
    if ((before !== undefined && key < before) || !isInOrder(object[key])) return false;
    before = key;
  }
  return true;
}

/** Whether two values are the same data, whatever the order of their keys. */
export function isSameJson(one: Json, other: Json): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
