import { expect, test } from "vitest";
import { z } from "zod";
import type { Json, JsonObject } from "../kernel/json.ts";
import { structural } from "./structural.ts";

const ofZod = (schema: z.ZodType): JsonObject => {
  const written: unknown = z.toJSONSchema(schema, { target: "openapi-3.0", io: "input" });
  return JSON.parse(JSON.stringify(written)) as JsonObject; // A schema is plain JSON.
};

test.each<[string, JsonObject]>([
  ["a reference", { type: "object", properties: { a: { $ref: "#/definitions/A" } } }],
  ["a union", ofZod(z.object({ a: z.union([z.string(), z.int()]) }))],
  ["a value without a type", ofZod(z.object({ a: z.any() }))],
  ["a pattern that looks ahead", ofZod(z.object({ a: z.string().regex(/^(?!x)y/) }))],
  ["a pattern that looks behind", { type: "string", pattern: "(?<=x)y" }],
  ["a pattern that refers back", { type: "string", pattern: "(x)\\1" }],
  ["a host name as zod writes it", ofZod(z.object({ a: z.hostname() }))],
  ["a condition between fields", { type: "object", if: {}, properties: {} }],
  ["a schema that is true", { type: "object", properties: { a: true } }],
  ["free fields", { type: "object", additionalProperties: false }],
])("%s has no structural form and is our bug", (_name, schema) => {
  expect(() => structural(schema)).toThrow();
});

test("bounds of JavaScript's numbers, examples and strictness are left out, all else stays", () => {
  const schema = z.strictObject({
    count: z
      .int()
      .describe("How many.")
      .meta({ examples: [3] }),
    port: z.int().min(1).max(65_535).default(80),
    labels: z.record(z.string(), z.string()).optional(),
    list: z.array(z.enum(["a", "b"])).min(1),
  });
  const expected: Json = {
    type: "object",
    properties: {
      count: { type: "integer", description: "How many." },
      port: { type: "integer", minimum: 1, maximum: 65_535, default: 80 },
      labels: { type: "object", additionalProperties: { type: "string" } },
      list: { type: "array", minItems: 1, items: { type: "string", enum: ["a", "b"] } },
    },
    required: ["count", "list"],
  };
  expect(structural(ofZod(schema))).toEqual(expected);
});
