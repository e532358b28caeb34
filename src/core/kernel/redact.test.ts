/** What never reaches a log, a terminal or a journal. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "./json.ts";
import { isSecretName, redactFields, redactObject, redactText } from "./redact.ts";

describe("a field's name", () => {
  test.each([
    "authorization",
    "Authorization",
    "x-api-key",
    "X-API-Key",
    "apiKey",
    "API_KEY",
    "password",
    "db_password",
    "token",
    "authToken",
    "clientSecret",
    "key",
    "Set-Cookie",
    "private_key",
    "passwords",
    "aws_secret_access_key",
  ])("%s says that the value is secret", (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  test.each(["keys", "monkey", "name", "zone", "tokenCount", "secretary", "cluster"])(
    "%s does not",
    (name) => {
      expect(isSecretName(name)).toBe(false);
    },
  );
});

describe("redaction", () => {
  test("a secret name hides its value at any depth, whatever the value is", () => {
    const hidden = { a: [{ b: { headers: { authorization: ["x"], accept: "y" } } }], token: 7 };
    expect(redactFields(hidden, [])).toEqual({
      a: [{ b: { headers: { authorization: "[redacted]", accept: "y" } } }],
      token: "[redacted]",
    });
  });

  test("what lies too deep to be looked at is not shown", () => {
    let deep: Json = "found";
    for (let i = 0; i < 20; i++) deep = { in: deep };
    expect(JSON.stringify(redactFields({ deep }, []))).not.toContain("found");
    expect(JSON.stringify(redactFields({ deep }, []))).toContain("[too deep]");
  });

  test("a password inside a URL is replaced, the rest of the URL stays", () => {
    expect(redactText("GET https://anna:hunter2@git.example/x?y=1 failed", [])).toBe(
      "GET https://[redacted]@git.example/x?y=1 failed",
    );
    expect(redactText("http://127.0.0.1:8081/api mail a@b", [])).toBe(
      "http://127.0.0.1:8081/api mail a@b",
    );
  });

  test.each([
    [
      "a token before the host",
      "https://ghp_abc@git.example/x",
      "https://[redacted]@git.example/x",
    ],
    ["a key in the query", "GET /a?zone=x&api_key=abc 403", "GET /a?zone=x&api_key=[redacted] 403"],
    ["a token first in the query", '"https://h/a?token=abc"', '"https://h/a?token=[redacted]"'],
  ])("%s of a URL is replaced", (_what, text, clean) => {
    expect(redactText(text, [])).toBe(clean);
  });

  test.each([
    "ssh://git@git.example/x",
    "https://h/a?zone=x&limit=3",
    "see https://h/@scope/x a@b",
  ])("%s stays as it is", (text) => {
    expect(redactText(text, [])).toBe(text);
  });

  test("no known secret survives in any string of any value", () => {
    const secret = "s3cr3t-value";
    const value = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 5 },
        fc.constant(`before ${secret} after`),
        fc.string(),
        fc.integer(),
        fc.array(tie("json")),
        fc.dictionary(fc.string(), tie("json")),
      ),
    })).json;
    fc.assert(
      fc.property(value, (json) => {
        const object = { json: json as Json }; // letrec loses the type; it builds JSON only.
        expect(JSON.stringify(redactFields(object, [secret]))).not.toContain(secret);
        expect(JSON.stringify(redactObject(object, [secret]))).not.toContain(secret);
      }),
    );
  });
});
