import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Refusal } from "../../control/kubernetes/refusal.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type Asked, refusalOf } from "./refusal-of.ts";

const asked: Asked = {
  id: "agent at api.test",
  what: "PATCH /api/v1/namespaces/n/configmaps/a",
  isWrite: true,
  hasBody: true,
  isEviction: false,
  isJsonPatch: false,
  isSecret: false,
};

const say = (status: number, rest: object, more: Partial<Asked> = {}): Refusal => {
  const text = JSON.stringify({ kind: "Status", status: "Failure", code: status, ...rest });
  return refusalOf({ status, text, retryAfterMs: null }, { ...asked, ...more });
};

describe("each no has its meaning", () => {
  const name = { details: { name: "a", kind: "configmaps" } };
  const causes = (...all: readonly object[]) => ({ details: { name: "a", causes: all } });
  const denied = (by: string) => ({
    message: `services "a" is forbidden: ${by} denied request: too old`,
  });

  test.each<[string, number, object, Partial<Asked>, object]>([
    ["a name that is not there", 404, name, {}, { kind: "notFound", what: "object" }],
    ["a path that is not there", 404, {}, {}, { kind: "notFound", what: "kind" }],
    ["a name that is taken", 409, { reason: "AlreadyExists" }, {}, { kind: "alreadyExists" }],
    [
      "a version that moved on",
      409,
      { reason: "Conflict", message: 'on "a": the object has been modified; please apply' },
      {},
      { kind: "conflict", about: "version" },
    ],
    [
      "an identity that is another",
      409,
      {
        reason: "Conflict",
        message: "Precondition failed: UID in precondition: x, UID in object meta: y",
      },
      {},
      { kind: "conflict", about: "version" },
    ],
    [
      "a state that forbids it",
      409,
      { reason: "Conflict", message: "it is going" },
      {},
      { kind: "conflict", about: "state" },
    ],
    [
      "fields of others",
      409,
      causes(
        {
          reason: "FieldManagerConflict",
          field: ".spec.a",
          message: 'conflict with "flux" using v1',
        },
        { reason: "FieldManagerConflict", field: ".spec.b", message: "conflict in other words" },
      ),
      {},
      {
        kind: "conflict",
        about: "owner",
        owners: [
          { field: ".spec.a", manager: "flux" },
          { field: ".spec.b", manager: "" },
        ],
      },
    ],
    ["a right that is missing", 403, { message: 'User "x" cannot get' }, {}, { kind: "forbidden" }],
    [
      "a policy",
      403,
      denied("ValidatingAdmissionPolicy 'p.test' with binding 'b.test'"),
      {},
      { kind: "denied", by: "p.test" },
    ],
    [
      "a policy that says invalid",
      422,
      denied("ValidatingAdmissionPolicy 'p.test' with binding 'b.test'"),
      {},
      { kind: "denied", by: "p.test" },
    ],
    [
      "a webhook",
      403,
      { message: 'admission webhook "w.test" denied the request: no' },
      {},
      { kind: "denied", by: "w.test" },
    ],
    [
      "a namespace that is going",
      403,
      causes({ reason: "NamespaceTerminating", field: "metadata.namespace" }),
      {},
      { kind: "conflict", about: "state" },
    ],
    [
      "a field",
      422,
      causes({ reason: "FieldValueInvalid", field: "spec.a", message: "no" }),
      {},
      {
        kind: "invalid",
        causes: [{ field: "spec.a", reason: "FieldValueInvalid", message: "no" }],
      },
    ],
    [
      "a JSON patch",
      422,
      { message: "the server rejected our request" },
      { isJsonPatch: true },
      { kind: "conflict", about: "patch" },
    ],
    [
      "unknown fields",
      400,
      { message: 'strict decoding error: unknown field "spec.a", duplicate field "spec.b"' },
      {},
      {
        kind: "invalid",
        causes: [
          { field: "spec.a", reason: "FieldValueUnknown", message: 'unknown field "spec.a"' },
          { field: "spec.b", reason: "FieldValueDuplicate", message: 'duplicate field "spec.b"' },
        ],
      },
    ],
    ["an object that is too large", 413, {}, {}, { kind: "invalid" }],
    ["a version that is not kept", 410, { reason: "Expired" }, {}, { kind: "gone" }],
    [
      "a budget",
      429,
      { details: { retryAfterSeconds: 10 } },
      { isEviction: true },
      { kind: "tooMany", retryAfterMs: 10_000 },
    ],
    [
      "a budget without a time",
      429,
      { details: { retryAfterSeconds: 0 } },
      { isEviction: true },
      { kind: "tooMany", retryAfterMs: null },
    ],
    [
      "two budgets",
      500,
      {
        message:
          "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
      },
      { isEviction: true },
      { kind: "conflict", about: "state" },
    ],
    [
      "an apply that does not fit",
      500,
      {
        message:
          "failed to create typed patch object (n/a; v1, Kind=X): .spec.b: field not declared in schema",
      },
      {},
      { kind: "invalid", causes: [{ field: "spec.b", reason: "FieldValueUnknown" }] },
    ],
  ])("%s", (_name, status, rest, more, refusal) => {
    expect(say(status, rest, more)).toMatchObject(refusal);
  });
});

test("a message that quotes a whole object is shown without it, also when the quotation has no end", () => {
  const quoted = JSON.stringify(JSON.stringify({ env: "hunter2", more: "x".repeat(500) }));
  for (const message of [
    `patch: Invalid value: ${quoted}: unknown`,
    `patch: Invalid value: ${quoted.slice(0, -20)}`,
  ]) {
    const causes = [{ reason: "FieldValueInvalid", field: "spec.a", message }];
    const refusal = say(422, { message, details: { causes } });
    expect(JSON.stringify(refusal)).not.toContain("hunter2");
    expect(refusal.because).toContain("Invalid value: (an object)");
  }
});

test("whatever comes back is a refusal with words of bounded length, or a Failure", () => {
  const status = fc.constantFrom(
    300,
    400,
    401,
    403,
    404,
    405,
    409,
    410,
    413,
    415,
    418,
    422,
    429,
    500,
    501,
    502,
    503,
    504,
    999,
  );
  const odd = fc.constantFrom(...'aZ09 "\\{}[]:,\n\t\0é€😀', "\ud800");
  const words = fc.string({ maxLength: 3_000, unit: odd });
  const cause = fc.record(
    { reason: words, message: words, field: fc.option(words) },
    { requiredKeys: [] },
  );
  const object = fc.record(
    {
      kind: fc.constantFrom("Status", "Pod"),
      message: fc.oneof(words, fc.constant(7)),
      reason: fc.option(words),
      details: fc.option(fc.record({ name: words, causes: fc.array(cause) }, { requiredKeys: [] })),
    },
    { requiredKeys: [] },
  );
  const text = fc.oneof(
    words,
    object.map((value) => JSON.stringify(value)),
  );
  const more = fc.record({
    isWrite: fc.boolean(),
    hasBody: fc.boolean(),
    isEviction: fc.boolean(),
    isJsonPatch: fc.boolean(),
    isSecret: fc.boolean(),
  });
  fc.assert(
    fc.property(status, text, more, (code, body, rest) => {
      try {
        const refusal = refusalOf(
          { status: code, text: body, retryAfterMs: null },
          { ...asked, ...rest },
        );
        expect(refusal.because).toMatch(/\S/);
        expect(refusal.because.length).toBeLessThan(1_200);
      } catch (thrown) {
        if (!(thrown instanceof Failure)) throw thrown;
        expect(thrown.code).toMatch(/^Kubernetes/);
        if (!rest.isWrite) expect(thrown.code).not.toBe("KubernetesUncertain");
      }
    }),
  );
});
