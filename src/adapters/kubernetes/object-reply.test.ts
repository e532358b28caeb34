import fc from "fast-check";
import { expect, test } from "vitest";
import { kubeObjectOf, listOf, versionSchema } from "./object-reply.ts";
import { inOneLine, statusOf, wordsOf } from "./status-object.ts";

const json = fc.jsonValue();
const meta = fc.record(
  {
    name: fc.oneof(fc.string(), fc.constant(null)),
    labels: fc.oneof(fc.dictionary(fc.string(), fc.string()), json),
    managedFields: fc.oneof(fc.array(json), json),
    creationTimestamp: fc.constant(null),
  },
  { requiredKeys: [] },
);
const object = fc.record(
  {
    apiVersion: fc.constant("v1"),
    kind: fc.constantFrom("Pod", "PodList", 7),
    metadata: meta,
    items: fc.array(json),
  },
  { requiredKeys: [] },
);

test("whatever an answer holds, it is an object with a name, or none", () => {
  fc.assert(
    fc.property(fc.oneof(object, json), (value) => {
      const read = kubeObjectOf(value);
      if (read === undefined) return;
      expect(read.metadata.name).toBeTypeOf("string");
      for (const label of Object.values(read.metadata.labels ?? {}))
        expect(label).toBeTypeOf("string");
    }),
  );
});

test("whatever an answer holds, it is a list whose items are all objects, or none", () => {
  fc.assert(
    fc.property(fc.oneof(object, json), (value) => {
      const read = listOf(value);
      for (const item of read?.items ?? []) expect(item.kind).toBeTypeOf("string");
    }),
  );
});

test("one item that is no object spoils its list: a list that lost one would be believed", () => {
  const list = (...items: readonly unknown[]) =>
    listOf({ apiVersion: "v1", kind: "PodList", metadata: { resourceVersion: "1" }, items });
  expect(list({ metadata: { name: "a" } })?.items).toEqual([
    { apiVersion: "v1", kind: "Pod", metadata: { name: "a" } },
  ]);
  expect(list({ metadata: { name: "a" } }, { metadata: {} })).toBe(undefined);
});

test("a list without items, as Go writes an empty one, is empty; the word for no next page is none", () => {
  const list = {
    apiVersion: "v1",
    kind: "PodList",
    metadata: { resourceVersion: "1", continue: "" },
  };
  expect(listOf({ ...list, items: null })).toEqual({ items: [], resourceVersion: "1", next: null });
});

test("an item says its own kind where it has one", () => {
  const item = { apiVersion: "v1", kind: "Pod", metadata: { name: "a" } };
  const list = { apiVersion: "v1", kind: "List", metadata: { resourceVersion: "" }, items: [item] };
  expect(listOf(list)?.items).toEqual([item]);
});

test("whatever a Status holds, its parts are of their types, and its words are one short line", () => {
  const cause = fc.oneof(json, fc.record({ reason: json, message: json, field: json }));
  const details = fc.oneof(
    json,
    fc.record({ name: json, causes: fc.oneof(json, fc.array(cause)), retryAfterSeconds: json }),
  );
  fc.assert(
    fc.property(fc.record({ message: json, reason: json, code: json, details }), (rest) => {
      const status = statusOf({ kind: "Status", ...rest });
      expect(status?.message).toBeTypeOf("string");
      expect(status?.details.name).toBeTypeOf("string");
      for (const each of status?.details.causes ?? []) expect(each.field).toBeTypeOf("string");
    }),
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 5_000 }), (text) => {
      expect(inOneLine(text)).toMatch(/^[^\n]{0,1001}$/u);
      expect(wordsOf(text)).toMatch(/\S/);
    }),
  );
});

test.each([
  [{ major: "1", minor: "34", gitVersion: "v1.34.4" }, 34],
  [{ major: "1", minor: "29+", gitVersion: "v1.29.1-eks" }, 29],
  [{ major: "", minor: "", gitVersion: "" }, undefined],
  [{ major: "1", minor: "x", gitVersion: "v" }, undefined],
])("the version %j has the minor number %j", (value, minor) => {
  expect(versionSchema.safeParse(value).data?.minor).toBe(minor);
});
