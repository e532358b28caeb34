/** Real PostgreSQL servers for a test file, and witnesses on them; the file stops what it starts. */
import {
  type PostgresOptions,
  postgresRegister,
} from "../../src/adapters/witness/postgres-register.ts";
import { registerWitness } from "../../src/adapters/witness/register-witness.ts";
import type { Witness } from "../../src/control/env.ts";
import type { PostgresProcess } from "../../src/sandbox/servers/postgres-process.ts";

export {
  type PostgresProcess,
  preparePostgres,
  startPostgres,
} from "../../src/sandbox/servers/postgres-process.ts";

/** Witnesses on one server, each with connections of its own; `close` ends them all. */
export function postgresWitnesses(
  server: PostgresProcess,
  defaults: Partial<PostgresOptions> = {},
): {
  readonly connect: (options?: Partial<PostgresOptions>) => Witness;
  readonly close: () => Promise<void>;
} {
  const closing: (() => Promise<void>)[] = [];
  return {
    connect(options = {}) {
      const register = postgresRegister({
        host: server.host,
        port: server.port,
        database: "postgres",
        user: server.user,
        readPassword: () => Promise.resolve(server.password),
        tls: "off",
        timeoutMs: 20_000,
        protectedSystems: [],
        ...defaults,
        ...options,
      });
      closing.push(() => register.close());
      return registerWitness(register);
    },
    async close() {
      await Promise.all(closing.map((close) => close()));
    },
  };
}
