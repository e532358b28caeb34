import { expect, test } from "vitest";
import { application, document, reading, version } from "../../../test/fixtures/documents.ts";
import type { Json } from "../kernel/json.ts";
import { describeProblem } from "./document.ts";

const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } };
const listOf = (...items: readonly Json[]): Json => ({ apiVersion: "v1", kind: "List", items });

test.each<[string, readonly Json[], string]>([
  ["one of ours", [configMap, application("shop")], "$.items[1]: found Application/shop in a List"],
  [
    "one of a version that we do not know",
    [{ apiVersion: "sre.catalyst.openova.io/v9", kind: "Application" }],
    "$.items[0]: found Application in a List",
  ],
  [
    "one of the platform's",
    [{ apiVersion: "catalyst.openova.io/v1alpha1", kind: "Environment" }],
    "$.items[0]: found Environment in a List",
  ],
  ["another list with one of ours", [listOf(application("shop"))], "$.items[0]: found List"],
])("a list from kubectl is refused when it holds %s", (_, items, problem) => {
  const { problems } = reading(document("export.yaml", listOf(...items)));
  expect(problems.map(({ reason }) => reason)).toEqual(["DocumentInList"]);
  expect(problems.map(describeProblem).join()).toContain(problem);
  expect(problems.map(describeProblem).join()).toContain("expected each document by itself");
});

test.each<[string, Json]>([
  ["nothing", listOf()],
  ["others' documents", listOf(configMap, 5, null, {}, [])],
  ["no items", { apiVersion: "v1", kind: "List" }],
  ["items that are no list", { apiVersion: "v1", kind: "List", items: { version } }],
])("a list from kubectl that holds %s is left alone", (_, value) => {
  expect(reading(document("export.yaml", value)).problems).toEqual([]);
});
