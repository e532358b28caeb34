/** The programs of this package, each bundled from its source into one folder (ADR 43): a process that is one file starts in a third of the time. */
import { fileURLToPath } from "node:url";

/** The source of each, below `src`. */
export const programs = {
  sovereign: "cli/main.ts",
  "swarm-thread": "cli/simulate/chunk-worker.ts",
  watchdog: "daemon/watchdog/main.ts",
  "watchdog-beside": "daemon/watchdog/beside.ts",
  "postgres-fence": "daemon/postgres-fence/main.ts",
  "valkey-fence": "daemon/valkey-fence/main.ts",
  "cloudnativepg-fence": "daemon/cloudnativepg-fence/main.ts",
  "cnpg-operator": "sandbox/kube/operators/cloudnativepg/main.ts",
  gateway: "sandbox/apps/gateway.ts",
  "keeper-client": "sandbox/apps/keeper-client.ts",
  "kube-api": "sandbox/kube/main.ts",
  "kube-gateway": "sandbox/kube/gateway/main.ts",
  network: "sandbox/apps/network.ts",
  "postgres-keeper": "sandbox/apps/postgres-keeper.ts",
  replica: "sandbox/apps/replica.ts",
} as const;

export type Program = keyof typeof programs;

/** Absolute path of a program in this checkout; the same from sources, from what is compiled and from what is bundled. */
export function programFile(program: Program): string {
  return fileURLToPath(new URL(`../../dist/program/${program}.js`, import.meta.url));
}
