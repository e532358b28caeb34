/**
 * Takes secrets out of what people and machines read: by the name of the field, by a value that is known to be secret,
 * and by the shape of credentials in a URL. Pure: the caller holds the list of known secrets.
 */
import type { Json, JsonObject } from "./json.ts";

export const redacted = "[redacted]";

/** Field names whose value is never shown, lower case without `-` and `_`; longer names that end in one count too. */
const secretNames = [
  "authorization",
  "apikey",
  "password",
  "passwd",
  "passphrase",
  "token",
  "secret",
  "cookie",
  "credential",
  "privatekey",
] as const;

/** Deeper values are not shown at all, so that a secret can not hide below what is looked at. */
const deepest = 8;

/** Whether a field of this name holds a secret: `x-api-key`, `API_KEY`, `authToken`, `key`. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[-_]/g, "");
  return plain === "key" || secretNames.some((secret) => plain.endsWith(secret));
}

/** The text with every known secret and every `user:password@` of a URL replaced. */
export function redactText(text: string, secrets: readonly string[]): string {
  let clean = text.includes("//")
    ? text.replace(/\/\/[^\s/:@"]*:[^\s/@"]+@/g, `//${redacted}@`)
    : text;
  for (const secret of secrets) {
    if (clean.includes(secret)) clean = clean.replaceAll(secret, redacted);
  }
  return clean;
}

/** The value with known secrets replaced inside every string; field names play no part. */
export function redactValues(value: Json, secrets: readonly string[]): Json {
  if (typeof value === "string") return redactText(value, secrets);
  if (Array.isArray(value)) return value.map((element) => redactValues(element, secrets));
  if (value === null || typeof value !== "object") return value;
  return redactObject(value as JsonObject, secrets); // Array.isArray does not exclude readonly arrays.
}

/** As `redactValues`, for an object. */
export function redactObject(object: JsonObject, secrets: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, redactValues(value, secrets)]),
  );
}

/** The fields of a log line: values of secret names gone, known secrets replaced in all other strings. */
export function redactFields(
  fields: JsonObject,
  secrets: readonly string[],
  depth = 1,
): JsonObject {
  const clean = (value: Json, level: number): Json => {
    if (typeof value === "string") return redactText(value, secrets);
    if (value === null || typeof value !== "object") return value;
    if (level > deepest) return "[too deep]";
    if (Array.isArray(value)) return value.map((element) => clean(element, level + 1));
    return redactFields(value as JsonObject, secrets, level); // Array.isArray does not exclude readonly arrays.
  };
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      isSecretName(name) ? redacted : clean(value, depth + 1),
    ]),
  );
}
