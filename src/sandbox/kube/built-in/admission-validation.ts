/** What is wrong with admission policies, their bindings and CRDs. */
import type { Json } from "../../../core/kernel/json.ts";
import { fieldAt, isObject, type KubeObject, listOr, objectOr } from "../objects/kube-object.ts";
import {
  forbiddenField,
  invalidValue,
  requiredValue,
  type StatusCause,
} from "../objects/status-error.ts";
import { celProblem } from "../schema/cel.ts";
import { patternOf } from "../schema/validate.ts";

export function policyCauses(object: KubeObject): readonly StatusCause[] {
  return object.kind === "ValidatingAdmissionPolicy" ? ownCauses(object) : bindingCauses(object);
}

function ownCauses(policy: KubeObject): readonly StatusCause[] {
  const spec = objectOr(policy["spec"]);
  const causes: StatusCause[] = [];
  if (spec["paramKind"] !== undefined)
    causes.push(forbiddenField("spec.paramKind", "the sandbox's API server has no parameters"));
  if (listOr(fieldAt(spec, "matchConstraints", "resourceRules")).length === 0)
    causes.push(requiredValue("spec.matchConstraints.resourceRules"));
  if (listOr(spec["validations"]).length === 0 && listOr(spec["auditAnnotations"]).length === 0)
    causes.push(
      requiredValue("spec.validations", "validations or auditAnnotations must be non-empty"),
      requiredValue("spec.auditAnnotations", "validations or auditAnnotations must be non-empty"),
    );
  for (const field of ["variables", "matchConditions", "validations"])
    for (const [index, one] of listOr(spec[field]).entries()) {
      const at = `spec.${field}[${index}].expression`;
      const expression = fieldAt(one, "expression");
      const text = typeof expression === "string" ? expression.trim() : "";
      if (text === "") causes.push(requiredValue(at, "expression is not specified"));
      else causes.push(...compiles(text, at));
    }
  return causes;
}

function compiles(expression: string, at: string): readonly StatusCause[] {
  const problem = celProblem(expression);
  return problem === undefined
    ? []
    : [invalidValue(at, expression, `compilation failed: ERROR: ${problem}`)];
}

function bindingCauses(binding: KubeObject): readonly StatusCause[] {
  const spec = objectOr(binding["spec"]);
  const causes: StatusCause[] = [];
  if (typeof spec["policyName"] !== "string" || spec["policyName"] === "")
    causes.push(requiredValue("spec.policyName"));
  if (listOr(spec["validationActions"]).length === 0)
    causes.push(requiredValue("spec.validationActions"));
  if (spec["paramRef"] !== undefined)
    causes.push(forbiddenField("spec.paramRef", "the sandbox's API server has no parameters"));
  return causes;
}

export function customDefinitionCauses(crd: KubeObject): readonly StatusCause[] {
  const spec = objectOr(crd["spec"]);
  const plural = String(fieldAt(spec, "names", "plural") ?? "");
  const group = String(spec["group"] ?? "");
  const causes: StatusCause[] = [];
  if (crd.metadata.name !== `${plural}.${group}`)
    causes.push(
      invalidValue(
        "metadata.name",
        crd.metadata.name ?? "",
        'must be spec.names.plural+"."+spec.group',
      ),
    );
  for (const field of ["plural", "kind"])
    if (typeof fieldAt(spec, "names", field) !== "string")
      causes.push(requiredValue(`spec.names.${field}`));
  const versions = listOr(spec["versions"]);
  const stored = versions.filter((version) => fieldAt(version, "storage") === true);
  if (stored.length !== 1)
    causes.push(
      invalidValue(
        "spec.versions",
        versions,
        "must have exactly one version marked as storage version",
      ),
    );
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}].schema.openAPIV3Schema`;
    const schema = fieldAt(version, "schema", "openAPIV3Schema");
    if (schema === undefined) causes.push(requiredValue(at, "schemas are required"));
    else causes.push(...schemaCauses(schema, at));
  }
  if (versions.filter((version) => fieldAt(version, "served") === true).length > 1)
    causes.push(
      forbiddenField("spec.versions", "the sandbox's API server serves one version of a kind"),
    );
  return causes;
}

function isPattern(text: string): boolean {
  try {
    patternOf(text);
    return true;
  } catch {
    return false;
  }
}

/** A schema is structural: every value has a type, and rules can be read. */
function schemaCauses(schema: Json, path: string): readonly StatusCause[] {
  if (!isObject(schema)) return [];
  const causes: StatusCause[] = [];
  const isOpen =
    schema["x-kubernetes-int-or-string"] === true ||
    schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (schema["type"] === undefined && !isOpen)
    causes.push(requiredValue(`${path}.type`, "must not be empty for specified object fields"));
  if (typeof schema["pattern"] === "string" && !isPattern(schema["pattern"]))
    causes.push(
      invalidValue(`${path}.pattern`, schema["pattern"], "must be a valid regular expression"),
    );
  for (const [index, rule] of listOr(schema["x-kubernetes-validations"]).entries()) {
    const text = String(fieldAt(rule, "rule") ?? "");
    causes.push(...compiles(text, `${path}.x-kubernetes-validations[${index}].rule`));
  }
  for (const [name, inner] of Object.entries(objectOr(schema["properties"])))
    causes.push(...schemaCauses(inner, `${path}.properties[${name}]`));
  if (isObject(schema["items"])) causes.push(...schemaCauses(schema["items"], `${path}.items`));
  if (isObject(schema["additionalProperties"]))
    causes.push(...schemaCauses(schema["additionalProperties"], `${path}.additionalProperties`));
  return causes;
}
