import fc from "fast-check";
import { expect, test } from "vitest";
import { machineClock } from "../../adapters/agent/machine-clock.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type PostgresParts, postgresSchema, toPostgresOptions } from "./postgres-config.ts";

const right = {
  dataFolder: "data",
  programs: "/usr/lib/postgresql/15/bin",
  local: { host: "127.0.0.1", password: { file: "keys/local" } },
  peer: { host: "127.0.0.2", port: 5433, user: "sync", password: { env: "PEER" } },
};

const parts: PostgresParts = {
  name: "ledger-db",
  region: "hz-fsn-rtz-prod",
  peerRegion: "hz-hel-rtz-prod",
  folder: "/etc/sovereign",
  fenceBudgetMs: 5_000,
  clock: machineClock,
  holdsTenure: async () => false,
  hasTenure: async () => false,
};

test("what is left out has a value, and paths count from the file's folder", () => {
  const options = toPostgresOptions(postgresSchema.parse(right), parts);
  expect(options).toMatchObject({
    dataFolder: "/etc/sovereign/data",
    local: { host: "127.0.0.1", port: 5432, user: "postgres", database: "postgres", tls: "off" },
    peer: { host: "127.0.0.2", port: 5433, user: "sync", database: "postgres", tls: "off" },
    limits: { fenceMs: 4_500 },
  });
});

test("a name that looks like loopback is elsewhere", () => {
  const local = { ...right.local, host: "127.example.org" };
  expect(() => toPostgresOptions(postgresSchema.parse({ ...right, local }), parts)).toThrow(
    Failure,
  );
});

test("a server elsewhere needs TLS, whose files count from there too", () => {
  const elsewhere = { ...right, peer: { ...right.peer, host: "db.example.org" } };
  expect(() => toPostgresOptions(postgresSchema.parse(elsewhere), parts)).toThrow(Failure);
  const tls = { ca: "ca.pem", certificate: "/c.pem" };
  const secured = { ...right, peer: { ...elsewhere.peer, tls } };
  const { peer } = toPostgresOptions(postgresSchema.parse(secured), parts);
  expect(peer.tls).toEqual({ ca: "/etc/sovereign/ca.pem", certificate: "/c.pem" });
});

test.each([
  ["an unknown field", { color: "red" }],
  ["no data", { dataFolder: "" }],
  ["a start without a stop", { start: ["/bin/start"] }],
  ["a program that is looked for in the path", { start: ["start"], stop: ["/bin/stop"] }],
  ["a command in one text", { start: "/bin/start now", stop: "/bin/stop now" }],
  ["a user that is no name", { user: "root; rm" }],
  ["a password in the file itself", { local: { ...right.local, password: "secret" } }],
  ["two places of a password", { local: { ...right.local, password: { file: "a", env: "B" } } }],
  ["a port of nobody", { local: { ...right.local, port: 0 } }],
])("%s is refused", (_, change) => {
  expect(postgresSchema.safeParse({ ...right, ...change }).success).toBe(false);
});

test("nothing makes it fail in another way", () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(() => postgresSchema.safeParse(value)).not.toThrow();
    }),
  );
});
