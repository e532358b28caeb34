/**
 * Takes secrets out of what people and machines read: by the name of the field, by a value that is known to be secret,
 * and by the shape of credentials in a URL, before its host and in its query. Pure: the caller holds the list of known secrets.
 */
import type { Json, JsonObject } from "./json.ts";

export const redacted = "[redacted]";

/** Field names whose value is never shown, lower case without `-` and `_`; longer names that end in one, or in its plural, count too. */
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
  "accesskey",
  "secretkey",
  "signingkey",
] as const;

/** Deeper values are not shown at all, so that a secret can not hide below what is looked at. */
const deepest = 8;

/** Whether a field of this name holds a secret: `x-api-key`, `API_KEY`, `authToken`, `key`. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[-_]/g, "");
  return (
    plain === "key" ||
    secretNames.some((secret) => plain.endsWith(secret) || plain.endsWith(`${secret}s`))
  );
}

/** The text with every known secret and every credential of a URL replaced: `user:password@`, `token@`, `?token=…`. */
export function redactText(text: string, secrets: readonly string[]): string {
  let clean = text.includes("//") ? withoutUserinfo(text) : text;
  if (clean.includes("=")) {
    clean = clean.replace(/([?&])([A-Za-z0-9_-]+)=([^\s&#"']+)/g, (whole, mark, name) =>
      isSecretName(name) ? `${mark}${name}=${redacted}` : whole,
    );
  }
  for (const secret of secrets) {
    if (clean.includes(secret)) clean = clean.replaceAll(secret, redacted);
  }
  return clean;
}

/** A name before the `@` may be a token; `git` is the one that everybody uses and that says something. */
function withoutUserinfo(text: string): string {
  return text.replace(/\/\/(?!git@)[^\s/@"]+@/g, `//${redacted}@`);
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
