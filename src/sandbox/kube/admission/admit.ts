/** ValidatingAdmissionPolicies and their bindings (admissionregistration.k8s.io/v1), without parameters: CEL over each write. */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { builtInType } from "../objects/built-in-types.ts";
import { fieldAt, type KubeObject, listOr } from "../objects/kube-object.ts";
import { apiVersionOf, qualifiedResource } from "../objects/resource-type.ts";
import { fitsSelector } from "../objects/selectors.ts";
import { StatusError } from "../objects/status-error.ts";
import { evaluateCel } from "../schema/cel.ts";
import { type CelValue, celValue } from "../schema/cel-values.ts";
import type { Transaction } from "../store/object-store.ts";
import { type Asker, keyOf, storeName, type Target } from "./asker.ts";

export type Attempt = {
  readonly tx: Transaction;
  readonly target: Target;
  readonly asker: Asker;
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
};

const policies = builtInType("ValidatingAdmissionPolicy");
const bindings = builtInType("ValidatingAdmissionPolicyBinding");

/** Refuses what a bound policy does not allow; warns where a binding only warns. */
export function admit(attempt: Attempt): void {
  const { tx, target } = attempt;
  // Nobody can lock themselves out of policies by one.
  if (target.type.group === policies.group) return;
  for (const binding of tx.list(storeName(bindings))) {
    const policyName = String(fieldAt(binding, "spec", "policyName") ?? "");
    const policy = tx.get(keyOf({ type: policies, namespace: "", name: policyName }));
    if (policy === undefined) continue;
    if (!isMatched(fieldAt(policy, "spec", "matchConstraints"), attempt)) continue;
    if (!isMatched(fieldAt(binding, "spec", "matchResources"), attempt)) continue;
    decide(policy, binding, attempt);
  }
}

function isMatched(match: Json | undefined, attempt: Attempt): boolean {
  if (match === undefined) return true;
  const { object, oldObject, tx, target } = attempt;
  const rules = listOr(fieldAt(match, "resourceRules"));
  const excluded = listOr(fieldAt(match, "excludeResourceRules"));
  if (rules.length > 0 && !rules.some((rule) => isInRule(rule, attempt))) return false;
  if (excluded.some((rule) => isInRule(rule, attempt))) return false;
  const objects = [object, oldObject].filter((one) => one !== undefined);
  const byObject = fieldAt(match, "objectSelector");
  if (!objects.some((one) => fitsSelector(byObject, one.metadata.labels ?? {}))) return false;
  const namespaces = builtInType("Namespace");
  if (!target.type.namespaced && target.type.kind !== "Namespace") return true;
  const name = target.type.namespaced ? target.namespace : target.name;
  const namespace = tx.get(keyOf({ type: namespaces, namespace: "", name })) ?? objects[0];
  return fitsSelector(fieldAt(match, "namespaceSelector"), namespace?.metadata.labels ?? {});
}

function isInRule(rule: Json, { target, operation, object, oldObject }: Attempt): boolean {
  const { type, subresource } = target;
  const has = (field: string, value: string): boolean => {
    const values = listOr(fieldAt(rule, field));
    return values.includes("*") || values.includes(value);
  };
  const resource = subresource === "" ? type.plural : `${type.plural}/${subresource}`;
  const isNamed =
    has("resources", resource) ||
    (subresource !== "" &&
      [`${type.plural}/*`, `*/${subresource}`, "*/*"].some((one) =>
        listOr(fieldAt(rule, "resources")).includes(one),
      )) ||
    (subresource === "" && listOr(fieldAt(rule, "resources")).includes("*/*"));
  const scope = fieldAt(rule, "scope") ?? "*";
  const names = listOr(fieldAt(rule, "resourceNames"));
  const name = object?.metadata.name ?? oldObject?.metadata.name ?? "";
  return (
    has("apiGroups", type.group) &&
    has("apiVersions", type.version) &&
    has("operations", operation) &&
    isNamed &&
    (scope === "*" || (scope === "Namespaced") === type.namespaced) &&
    (names.length === 0 || names.includes(name))
  );
}

type Variables = Readonly<Record<string, CelValue | undefined>>;

function decide(policy: KubeObject, binding: KubeObject, attempt: Attempt): void {
  const failsClosed = fieldAt(policy, "spec", "failurePolicy") !== "Ignore";
  const variables = variablesOf(policy, attempt);
  for (const condition of listOr(fieldAt(policy, "spec", "matchConditions"))) {
    const result = evaluateCel(String(fieldAt(condition, "expression")), variables);
    if (result.ok && result.value !== true) return;
    if (!result.ok) {
      const said = `matchCondition '${String(fieldAt(condition, "name"))}' could not be evaluated: ${result.error}`;
      if (failsClosed) refuse(said, "Invalid", { policy, binding, attempt });
      return;
    }
  }
  for (const validation of listOr(fieldAt(policy, "spec", "validations"))) {
    const expression = String(fieldAt(validation, "expression")).trim();
    const result = evaluateCel(expression, variables);
    if (result.ok && result.value === true) continue;
    if (!result.ok && !failsClosed) continue;
    const said = result.ok
      ? messageOf(validation, expression, variables)
      : `expression '${expression}' resulted in error: ${result.error}`;
    refuse(said, String(fieldAt(validation, "reason") ?? "Invalid"), { policy, binding, attempt });
    if (!result.ok) return;
  }
}

function messageOf(validation: Json, expression: string, variables: Variables): string {
  const computed = fieldAt(validation, "messageExpression");
  if (typeof computed === "string") {
    const said = evaluateCel(computed, variables);
    if (said.ok && typeof said.value === "string" && said.value.trim() !== "")
      return said.value.trim();
  }
  const message = fieldAt(validation, "message");
  if (typeof message === "string" && message !== "") return message;
  return `failed expression: ${expression}`;
}

function variablesOf(policy: KubeObject, attempt: Attempt): Variables {
  const { object, oldObject, operation, target, asker, tx } = attempt;
  const { type, namespace, subresource } = target;
  const name = object?.metadata.name ?? oldObject?.metadata.name ?? "";
  const gvk = { group: type.group, version: type.version, kind: type.kind };
  const gvr = { group: type.group, version: type.version, resource: type.plural };
  const request: JsonObject = {
    ...{ name, namespace, operation, subResource: subresource, dryRun: asker.dryRun },
    ...{ kind: gvk, resource: gvr, requestKind: gvk, requestResource: gvr },
    userInfo: { username: asker.user.name, groups: asker.user.groups },
  };
  const within = tx.get(keyOf({ type: builtInType("Namespace"), namespace: "", name: namespace }));
  const base: Record<string, CelValue> = {
    object: object === undefined ? null : celValue(object, type.schema),
    oldObject: oldObject === undefined ? null : celValue(oldObject, type.schema),
    request: celValue(request),
    namespaceObject: within === undefined ? null : celValue(within),
  };
  const named: Record<string, CelValue> = {};
  for (const one of listOr(fieldAt(policy, "spec", "variables"))) {
    const result = evaluateCel(String(fieldAt(one, "expression")), { ...base, variables: named });
    // A variable that has no value is an error where it is used, as a lazy one would be.
    if (result.ok) named[String(fieldAt(one, "name"))] = result.value as CelValue;
  }
  return { ...base, variables: named };
}

type Refused = {
  readonly policy: KubeObject;
  readonly binding: KubeObject;
  readonly attempt: Attempt;
};

const codes: Readonly<Record<string, number>> = {
  Unauthorized: 401,
  Forbidden: 403,
  Invalid: 422,
  RequestEntityTooLarge: 413,
};

function refuse(said: string, reason: string, { policy, binding, attempt }: Refused): void {
  const actions = listOr(fieldAt(binding, "spec", "validationActions"));
  const by = `ValidatingAdmissionPolicy '${policy.metadata.name ?? ""}' with binding '${binding.metadata.name ?? ""}'`;
  if (actions.includes("Warn")) attempt.asker.warn(`Validation failed for ${by}: ${said}`);
  if (!actions.includes("Deny")) return;
  const { type, name: asked } = attempt.target;
  const name = attempt.object?.metadata.name ?? asked;
  throw new StatusError({
    code: codes[reason] ?? 422,
    reason,
    message: `${qualifiedResource(type)} "${name}" is forbidden: ${by} denied request: ${said}`,
    details: {
      name,
      ...(type.group === "" ? {} : { group: type.group }),
      kind: type.plural,
      causes: [{ message: `${by} denied request: ${said}`, reason: "", field: "" }].map(
        ({ message }) => ({ message }) as never, // A cause of a policy has a message only.
      ),
    },
  });
}

/** The group and version that policies are written for. */
export const policyApiVersion = apiVersionOf(policies);
