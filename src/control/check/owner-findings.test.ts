import { expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { resourceKinds } from "../kubernetes/resource-kinds.ts";
import { ownerFindings } from "./owner-findings.ts";
import { kindKey, type PlatformReading } from "./read-platform.ts";

const role = { "f:spec": { "f:replica": { "f:primary": {} } } };
const share = { "f:metadata": { "f:annotations": { "f:service.cilium.io/shared": {} } } };

function object(kind: string, manager: string, operation: string, fieldsV1: JsonObject) {
  const annotations = { "service.cilium.io/global": "true" };
  const managedFields = [{ manager, operation, apiVersion: "v1", fieldsV1 }];
  const metadata = { name: "ledger", namespace: "payments-prod", annotations, managedFields };
  return { apiVersion: "v1", kind, metadata };
}

function reading(one: KubeObject): PlatformReading {
  const { kind } = one;
  const key = kindKey(kind === "Cluster" ? resourceKinds.postgresCluster : resourceKinds.service);
  return { version: "v1.34.4", objects: new Map([[key, [one]]]), findings: [] };
}

test.each([
  ["Cluster", "kustomize-controller", "Apply", role, "stop", "look"],
  ["Cluster", "helm", "Update", role, "look", "look"],
  ["Cluster", "kubectl-edit", "Update", role, "look", "look"],
  ["Cluster", "kustomize-controller", "Apply", {}, "fine", "fine"],
  ["Service", "argocd-controller", "Update", share, "stop", "look"],
] as const)("a %s whose fields %s wrote (%s) is in the way only when a group has it", (...row) => {
  const [kind, manager, operation, fields, managed, unmanaged] = row;
  const read = reading(object(kind, manager, operation, fields));
  const levels = (...documents: readonly string[]) =>
    ownerFindings(read, new Set(documents)).map(({ level }) => level);
  expect(levels(`${kind} payments-prod/ledger`)).toEqual([managed]);
  expect(levels()).toEqual([unmanaged]);
  expect(levels(`${kind} elsewhere/ledger`)).toEqual([unmanaged]);
});

test("of what no group has it is said that no failover moves it yet", () => {
  const [finding] = ownerFindings(reading(object("Cluster", "argocd", "Apply", role)), new Set());
  expect(finding?.because).toContain("no failover group that is known here has it");
  expect(finding?.remedy).toMatch(/^Nothing, unless an agent's configuration names it/);
});
