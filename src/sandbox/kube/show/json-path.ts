/** The paths of printer columns: fields, indexes and one equality filter, as CRDs write them (client-go, util/jsonpath). */
import type { Json } from "../../../core/kernel/json.ts";
import { isObject } from "../objects/kube-object.ts";

const step =
  /\.([A-Za-z0-9_-]+)|\['([^']+)'\]|\[(\d+|\*)\]|\[\?\(@((?:\.[A-Za-z0-9_-]+)+)\s*==\s*["']([^"']*)["']\)\]/y;

/** The first value at the path; undefined where there is none, or where the path can not be read. */
export function valueAtJsonPath(value: Json, path: string): Json | undefined {
  let found: readonly (Json | undefined)[] = [value];
  step.lastIndex = 0;
  // A field name may have escaped dots.
  const text = path.replaceAll("\\.", "\u0001");
  while (step.lastIndex < text.length) {
    const match = step.exec(text);
    if (match === null) return undefined;
    const [, plain, quoted, index, filter, wanted] = match;
    const field = (plain ?? quoted)?.replaceAll("\u0001", ".");
    if (field !== undefined) found = found.map((one) => (isObject(one) ? one[field] : undefined));
    else if (index === "*") found = found.flatMap(items);
    else if (index !== undefined) found = found.map((one) => items(one)[Number(index)]);
    else
      found = found.flatMap(items).filter((one) => {
        const at = one === undefined ? undefined : valueAtJsonPath(one, filter ?? "");
        return String(at) === wanted;
      });
  }
  return found.find((one) => one !== undefined);
}

const items = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : []; // Array.isArray gives any[].
