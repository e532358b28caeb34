/** What `openWitness` refuses before it connects anywhere, and what a credential for a store may hold. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failure } from "../../core/kernel/failure.ts";
import { virtualClock } from "../../sim/virtual-clock.ts";
import { openWitness } from "./open-witness.ts";
import { parseStoreCredential } from "./store-credential.ts";

const open = (backend: "worker" | "etcd" | "postgresql", urls: string[], credential = "{}") =>
  openWitness(
    { name: "w", backend, urls },
    {
      readCredential: () => Promise.resolve(credential),
      timeoutMs: 100,
      clock: virtualClock(1),
    },
  );

describe("a witness is not opened", () => {
  test.each([
    ["at a worker without TLS elsewhere", "worker", ["http://witness.example.org"]],
    ["at two workers", "worker", ["https://a.example.org", "https://b.example.org"]],
    ["at an etcd without TLS elsewhere", "etcd", ["https://a.example.org", "http://b.example.org"]],
    ["at an etcd with a path", "etcd", ["https://a.example.org/v3"]],
    ["at an etcd that is a PostgreSQL", "etcd", ["postgresql://a.example.org/x"]],
    ["at a PostgreSQL that is a website", "postgresql", ["https://a.example.org"]],
    ["at a PostgreSQL with a credential in its URL", "postgresql", ["postgresql://u:p@a/x"]],
    ["at a PostgreSQL with options in its URL", "postgresql", ["postgresql://a/x?sslmode=disable"]],
    ["at a PostgreSQL with two databases", "postgresql", ["postgresql://a.example.org/x/y"]],
    ["at nothing", "postgresql", ["postgresql:///x"]],
  ] as const)("%s", (_, backend, urls) => {
    const thrown = expect.objectContaining({ code: "ConfigInvalid" });
    expect(() => open(backend, [...urls])).toThrowError(thrown);
  });

  test("without a user at a PostgreSQL, when it is asked", async () => {
    const witness = open("postgresql", ["postgresql://127.0.0.1:9/x"]);
    await expect(witness.read("s")).rejects.toMatchObject({ code: "CredentialUnreadable" });
    witness.close();
    await expect(witness.read("s")).rejects.toMatchObject({ code: "Cancelled" });
  });
});

test.each([
  ["worker", ["https://w.example.org:7443/"], "witness at https://w.example.org:7443"],
  ["etcd", ["https://a:2379", "https://b:2379/"], "etcd at https://a:2379, https://b:2379"],
  ["etcd", ["http://[::1]:2379"], "etcd at http://[::1]:2379"],
  ["postgresql", ["postgresql://db.example.org"], "PostgreSQL at db.example.org:5432/postgres"],
  ["postgresql", ["postgresql://[::1]:5433/leases"], "PostgreSQL at ::1:5433/leases"],
] as const)("a witness on %s at %s is %s", (backend, urls, id) => {
  const witness = open(backend, [...urls]);
  expect(witness.id).toBe(id);
  witness.close();
});

describe("a credential for a store", () => {
  const absent = { holder: null, user: undefined, certificate: undefined };

  test.each([
    ["nothing", "{}", absent],
    ["a login", '{"user":"u","password":"pass"}', { ...absent, user: "u", password: "pass" }],
    ["a certificate", '{"certificate":"/c","key":"/k"}', { certificate: "/c", key: "/k" }],
    ["a holder", '{"holder":"hz-fsn-rtz-prod"}', { holder: "hz-fsn-rtz-prod" }],
  ])("may hold %s", (_, text, expected) => {
    expect(parseStoreCredential(text, "etcd")).toMatchObject(expected);
  });

  test.each([
    ["a password without a user", '{"password":"pass"}'],
    ["a certificate without its key", '{"certificate":"/c"}'],
    ["a path that depends on where one stands", '{"certificate":"c","key":"/k"}'],
    ["a field that nobody knows", '{"user":"u","pasword":"pass"}'],
    ["a holder with a slash", '{"holder":"a/b"}'],
  ])("does not hold %s", (_, text) => {
    expect(() => parseStoreCredential(text, "etcd")).toThrow(Failure);
  });

  test("is never quoted when it is wrong", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.uuid(), (text, secret) => {
        const wrong = `${text}${secret}`;
        try {
          parseStoreCredential(wrong, "etcd");
        } catch (thrown) {
          expect(Failure.from(thrown, "").code).toBe("CredentialUnreadable");
          expect(String(thrown)).not.toContain(secret);
        }
      }),
    );
  });
});
