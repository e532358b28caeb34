/** Plain JSON data, as it stands in the journal and on the wire. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** JSON with sorted keys: one value has one writing, so that it can be hashed and compared. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const object = value as JsonObject; // Narrowing by Array.isArray does not exclude readonly arrays.
    const fields = Object.keys(object)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] ?? null)}`);
    return `{${fields.join(",")}}`;
  }
  return JSON.stringify(value);
}
