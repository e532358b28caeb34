import fc from "fast-check";
import { expect, test } from "vitest";
import { machineClock } from "../../adapters/agent/machine-clock.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { toValkeyOptions, type ValkeyParts, valkeySchema } from "./valkey-config.ts";

const right = {
  dataFolder: "data",
  config: "valkey.conf",
  program: "/usr/bin/valkey-server",
  local: { host: "127.0.0.1", password: { file: "keys/local" } },
  peer: { host: "127.0.0.2", port: 6380, user: "sync", password: { env: "PEER" } },
};

const parts: ValkeyParts = {
  name: "sessions",
  region: "hz-fsn-rtz-prod",
  peerRegion: "hz-hel-rtz-prod",
  folder: "/etc/sovereign",
  fenceBudgetMs: 5_000,
  clock: machineClock,
  holdsTenure: async () => false,
  hasTenure: async () => false,
};

test("what is left out has a value, and paths count from the file's folder", () => {
  expect(toValkeyOptions(valkeySchema.parse(right), parts)).toMatchObject({
    dataFolder: "/etc/sovereign/data",
    configFile: "/etc/sovereign/valkey.conf",
    program: "/usr/bin/valkey-server",
    local: { host: "127.0.0.1", port: 6379, user: "default", tls: "off" },
    peer: { host: "127.0.0.2", port: 6380, user: "sync", tls: "off" },
    limits: { fenceMs: 4_500 },
  });
});

test("a server elsewhere needs TLS, whose files count from there too", () => {
  const elsewhere = { ...right, peer: { ...right.peer, host: "127.example.org" } };
  expect(() => toValkeyOptions(valkeySchema.parse(elsewhere), parts)).toThrow(Failure);
  const tls = { ca: "ca.pem", certificate: "/c.pem" };
  const secured = { ...right, peer: { ...elsewhere.peer, tls } };
  const { peer } = toValkeyOptions(valkeySchema.parse(secured), parts);
  expect(peer.tls).toEqual({ ca: "/etc/sovereign/ca.pem", certificate: "/c.pem" });
});

test.each([
  ["an unknown field", { color: "red" }],
  ["no data", { dataFolder: "" }],
  ["no configuration", { config: undefined }],
  ["a program that is looked for in the path", { start: ["start"] }],
  ["a command in one text", { start: "/bin/start now" }],
  ["a user that is no name", { user: "root; rm" }],
  ["a password in the file itself", { local: { ...right.local, password: "secret" } }],
  ["two places of a password", { local: { ...right.local, password: { file: "a", env: "B" } } }],
  ["a port of nobody", { local: { ...right.local, port: 0 } }],
])("%s is refused", (_, change) => {
  expect(valkeySchema.safeParse({ ...right, ...change }).success).toBe(false);
});

test("nothing makes it fail in another way", () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(() => valkeySchema.safeParse(value)).not.toThrow();
    }),
  );
});
