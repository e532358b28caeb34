import fc from "fast-check";
import { expect, test } from "vitest";
import { machineClock } from "../../adapters/agent/machine-clock.ts";
import { Failure } from "../../core/kernel/failure.ts";
import {
  type CloudNativePgParts,
  cloudNativePgSchema,
  toClusterOptions,
} from "./cloudnativepg-config.ts";

const server = { host: "127.0.0.1", password: { file: "keys/db" } };
const right = {
  namespace: "ledger",
  cluster: "ledger-fsn",
  server,
  peer: { namespace: "ledger", cluster: "ledger-hel", server: { ...server, host: "127.0.0.2" } },
};

const parts: CloudNativePgParts = {
  name: "ledger-db",
  region: "hz-fsn-rtz-prod",
  peerRegion: "hz-hel-rtz-prod",
  folder: "/etc/sovereign",
  fenceBudgetMs: 10_000,
  clock: machineClock,
  kubernetes: { kubeconfig: "/nowhere" },
  holdsTenure: async () => false,
  hasTenure: async () => false,
};

test("an agent without an API server is refused, with what to write", () => {
  const wanted = expect.objectContaining({ code: "ConfigInvalid", field: "kubernetes" });
  const made = () =>
    toClusterOptions(cloudNativePgSchema.parse(right), { ...parts, kubernetes: undefined });
  expect(made).toThrow(wanted);
});

test("a server elsewhere needs TLS, whose files count from the file's folder", () => {
  const elsewhere = { ...right, server: { ...server, host: "ledger-fsn-rw.ledger.svc" } };
  expect(() => toClusterOptions(cloudNativePgSchema.parse(elsewhere), parts)).toThrow(Failure);
  const tls = { ...elsewhere, server: { ...elsewhere.server, tls: { ca: "ca.crt" } } };
  const { options } = toClusterOptions(cloudNativePgSchema.parse(tls), parts);
  expect(options.local.tls).toEqual({ ca: "/etc/sovereign/ca.crt" });
});

test("without the peer's API server nothing is read of its Cluster", () => {
  const { options, close } = toClusterOptions(cloudNativePgSchema.parse(right), parts);
  expect(options).toMatchObject({
    cluster: { name: "ledger-fsn", namespace: "ledger" },
    peerCluster: { api: null, name: "ledger-hel" },
    fieldManager: "sovereign-agent",
    podPort: 5432,
    limits: { fenceMs: 9_000 },
  });
  close();
});

test("an API server that can not be opened fails each request, and is tried again", async () => {
  const { options, close } = toClusterOptions(cloudNativePgSchema.parse(right), parts);
  for (const _ of [1, 2])
    await expect(options.cluster.api.version()).rejects.toBeInstanceOf(Failure);
  close();
});

test("whatever else is written is refused and never thrown at anybody", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(cloudNativePgSchema.safeParse(value).success).toBe(false);
    }),
  );
});
