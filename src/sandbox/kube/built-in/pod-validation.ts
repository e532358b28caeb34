/** What is wrong with the specification of Pods. */
import type { Json } from "../../../core/kernel/json.ts";
import { fieldAt, listOr, objectOr } from "../objects/kube-object.ts";
import { labelProblem } from "../objects/names.ts";
import {
  invalidValue,
  requiredValue,
  type StatusCause,
  unsupportedValue,
} from "../objects/status-error.ts";

export function podSpecCauses(spec: Json | undefined, path: string): readonly StatusCause[] {
  const containers = listOr(fieldAt(spec, "containers"));
  const policy = fieldAt(spec, "restartPolicy");
  const causes: StatusCause[] = [];
  if (containers.length === 0) causes.push(requiredValue(`${path}.containers`));
  causes.push(
    ...containers.flatMap((one, index) => containerCauses(one, `${path}.containers[${index}]`)),
  );
  causes.push(...duplicateNames(containers, `${path}.containers`));
  if (policy !== undefined && !["Always", "OnFailure", "Never"].includes(String(policy)))
    causes.push(
      unsupportedValue(`${path}.restartPolicy`, policy, ["Always", "OnFailure", "Never"]),
    );
  return causes;
}

function containerCauses(container: Json, path: string): readonly StatusCause[] {
  const { name, image, ports, env } = objectOr(container);
  const causes: StatusCause[] = [];
  const problem = typeof name === "string" ? labelProblem(name) : undefined;
  if (name === undefined || name === "") causes.push(requiredValue(`${path}.name`));
  else if (problem !== undefined) causes.push(invalidValue(`${path}.name`, name, problem));
  if (image === undefined || image === "") causes.push(requiredValue(`${path}.image`));
  else if (String(image).trim() !== image)
    causes.push(
      invalidValue(`${path}.image`, image, "must not have leading or trailing whitespace"),
    );
  for (const [index, port] of listOr(ports).entries()) {
    const number = fieldAt(port, "containerPort");
    const at = `${path}.ports[${index}].containerPort`;
    if (number === undefined || number === 0) causes.push(requiredValue(at));
    else if (typeof number === "number" && (number < 1 || number > 65_535))
      causes.push(invalidValue(at, number, "must be between 1 and 65535, inclusive"));
  }
  for (const [index, one] of listOr(env).entries())
    if (typeof fieldAt(one, "name") !== "string" || fieldAt(one, "name") === "")
      causes.push(requiredValue(`${path}.env[${index}].name`));
  return causes;
}

function duplicateNames(containers: readonly Json[], path: string): readonly StatusCause[] {
  const seen = new Set<Json | undefined>();
  return containers.flatMap((one, index): readonly StatusCause[] => {
    const name = fieldAt(one, "name");
    if (name === undefined || !seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [
      {
        reason: "FieldValueDuplicate",
        message: `Duplicate value: ${JSON.stringify(name)}`,
        field: `${path}[${index}].name`,
      },
    ];
  });
}
