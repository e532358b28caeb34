import fc from "fast-check";
import { expect, test } from "vitest";
import type { ManagedFields } from "../../control/kubernetes/kube-object.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { holdersOf, isHeldBy, rivalsOf } from "./field-holders.ts";

const ours = "sovereign-agent";
const role = { "f:spec": { "f:replica": { "f:primary": {}, "f:source": {} } } };

const entry = (manager: string, operation: string, fieldsV1: JsonObject = role): ManagedFields => ({
  manager,
  operation,
  apiVersion: "postgresql.cnpg.io/v1",
  fieldsV1,
});

test("who applies the role from Git is named, with the field", () => {
  const holders = holdersOf([
    entry(ours, "Apply"),
    entry("kustomize-controller", "Apply"),
    entry("manager", "Update", { "f:spec": { "f:postgresql": { "f:parameters": {} } } }),
  ]);
  expect(rivalsOf(holders, ours)).toEqual([
    { field: "spec.replica.primary", manager: "kustomize-controller", does: "Apply" },
  ]);
  expect(isHeldBy(holders, ours)).toBe(true);
});

test("who made the Cluster once and does not come again is no rival", () => {
  const rivals = (manager: string): number =>
    rivalsOf(holdersOf([entry(manager, "Update")]), ours).length;
  expect(["kubectl-create", "kubectl-edit", "manager"].map(rivals)).toEqual([0, 0, 0]);
  const again = ["argocd-controller", "helm", "helm-controller", "kubectl-client-side-apply"];
  expect(again.map(rivals)).toEqual([1, 1, 1, 1]);
});

test("a status holds no field of the role, and a list of fields is not ours while we only updated", () => {
  const status = { ...entry("flux", "Apply"), subresource: "status" };
  expect(holdersOf([status])).toEqual([]);
  expect(isHeldBy(holdersOf([entry(ours, "Update")]), ours)).toBe(false);
});

test("whatever stands in managedFields is read without failing", () => {
  fc.assert(
    fc.property(fc.object(), (fields) => {
      holdersOf([entry("x", "Apply", fields as JsonObject)]);
    }),
  );
});
