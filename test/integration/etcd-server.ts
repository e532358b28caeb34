/** Real etcd servers for a test file, and witnesses on them; the file stops what it starts. */
import { type EtcdOptions, etcdRegister } from "../../src/adapters/witness/etcd-register.ts";
import { registerWitness } from "../../src/adapters/witness/register-witness.ts";
import type { Witness } from "../../src/control/env.ts";

export { type EtcdMember, startEtcd } from "../../src/sandbox/servers/etcd-process.ts";

/** Witnesses on etcd, each with connections of its own; `close` ends them all. */
export function etcdWitnesses(defaults: Omit<EtcdOptions, "timeoutMs"> & { timeoutMs?: number }): {
  readonly connect: (options?: Partial<EtcdOptions>) => Witness;
  readonly close: () => void;
} {
  const closing: (() => void)[] = [];
  return {
    connect(options = {}) {
      const register = etcdRegister({ timeoutMs: 20_000, ...defaults, ...options });
      closing.push(() => register.close());
      return registerWitness(register);
    },
    close() {
      for (const close of closing) close();
    },
  };
}
