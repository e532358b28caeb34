/** Everything that may be wrong with an object that is to be stored. */

import { builtInCauses } from "../built-in/validation.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { metadataCauses } from "../objects/names.ts";
import type { ResourceType } from "../objects/resource-type.ts";
import { invalid, type StatusCause } from "../objects/status-error.ts";
import { ruleCauses } from "../schema/cel-rules.ts";
import { schemaCauses } from "../schema/validate.ts";

/** Refuses with 422 and all causes. `live` is undefined for a new object. */
export function checkObject(
  object: KubeObject,
  live: KubeObject | undefined,
  type: ResourceType,
): void {
  const causes = [
    ...metadataCauses(object, type),
    ...immutableCauses(object, live),
    ...(type.custom ? customCauses(object, live, type) : builtInCauses(object, live)),
  ];
  if (causes.length > 0) throw invalid({ type, name: object.metadata.name ?? "" }, causes);
}

const unchecked: StatusCause = {
  reason: "FieldValueInvalid",
  message:
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
  field: "<nil>",
};

function customCauses(
  object: KubeObject,
  live: KubeObject | undefined,
  { schema }: ResourceType,
): readonly StatusCause[] {
  const { metadata: _, ...properties } = schema.properties ?? {};
  const causes = schemaCauses(object, { ...schema, properties }, "");
  if (causes.some(({ reason }) => blocking.includes(reason)))
    return hasRules(schema) ? [...causes, unchecked] : causes;
  return [...causes, ...ruleCauses(object, live, schema)];
}

/** With these rules might run into what is not there. */
const blocking = [
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueDuplicate",
  "FieldValueNotSupported",
  "FieldValueTypeInvalid",
];

const hasRules = (schema: ResourceType["schema"]): boolean =>
  JSON.stringify(schema).includes('"x-kubernetes-validations"');

function immutableCauses(object: KubeObject, live: KubeObject | undefined): readonly StatusCause[] {
  if (live === undefined) return [];
  return (["uid", "creationTimestamp", "namespace", "name"] as const).flatMap((field) => {
    const [now, before] = [object.metadata[field], live.metadata[field]];
    if (now === before) return [];
    return [
      {
        reason: "FieldValueInvalid",
        message: `Invalid value: ${JSON.stringify(now ?? "")}: field is immutable`,
        field: `metadata.${field}`,
      },
    ];
  });
}
