/** Witnesses on servers that were started here, for benches and tests: each with connections of its own, all closed at once. */
import { type EtcdOptions, etcdRegister } from "../../adapters/witness/etcd-register.ts";
import {
  type PostgresOptions,
  postgresRegister,
} from "../../adapters/witness/postgres-register.ts";
import { registerWitness } from "../../adapters/witness/register-witness.ts";
import type { ClosableRegister } from "../../adapters/witness/replaceable-register.ts";
import type { Witness } from "../../control/env.ts";
import type { PostgresProcess } from "./postgres-process.ts";

export type StoreWitnesses<T> = {
  /** A witness with connections of its own, as another process would have. */
  readonly connect: (options?: Partial<T>) => Witness;
  readonly close: () => Promise<void>;
};

const timeoutMs = 20_000;

export function etcdWitnesses(
  defaults: Omit<EtcdOptions, "timeoutMs"> & Partial<EtcdOptions>,
): StoreWitnesses<EtcdOptions> {
  return storeWitnesses((options) => etcdRegister({ timeoutMs, ...defaults, ...options }));
}

/** As the server's superuser, in its database `postgres`. */
export function postgresWitnesses(
  server: PostgresProcess,
  defaults: Partial<PostgresOptions> = {},
): StoreWitnesses<PostgresOptions> {
  const { host, port, user, password } = server;
  return storeWitnesses((options) =>
    postgresRegister({
      ...{ host, port, user, database: "postgres", tls: "off", timeoutMs },
      readPassword: () => Promise.resolve(password),
      protectedSystems: [],
      ...defaults,
      ...options,
    }),
  );
}

function storeWitnesses<T>(open: (options: Partial<T>) => ClosableRegister): StoreWitnesses<T> {
  const opened: ClosableRegister[] = [];
  return {
    connect(options = {}) {
      const register = open(options);
      opened.push(register);
      return registerWitness(register);
    },
    async close() {
      await Promise.all(opened.map((register) => register.close()));
    },
  };
}
