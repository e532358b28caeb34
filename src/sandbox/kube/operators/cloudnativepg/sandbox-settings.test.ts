import { expect, test } from "vitest";
import { sandboxCluster } from "./sandbox-cluster.ts";
import { settingsOf } from "./sandbox-settings.ts";

function namesOf(instances: number, more: object): string | undefined {
  const synchronous = { method: "first", number: 2, standbyNamesPre: ["ledger-hel"], ...more };
  const cluster = sandboxCluster({
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: { name: "ledger-fsn" },
    spec: { instances, postgresql: { synchronous } },
  });
  return cluster && settingsOf(cluster)["synchronous_standby_names"];
}

test("every server that a Cluster asks for is among the names, but for what the Cluster leaves out", () => {
  expect(namesOf(3, {})).toBe(
    'FIRST 2 ("ledger-hel","ledger-fsn-2","ledger-fsn-3","ledger-fsn-1")',
  );
  expect(namesOf(3, { maxStandbyNamesFromCluster: 1 })).toBe(
    'FIRST 2 ("ledger-hel","ledger-fsn-2")',
  );
  expect(namesOf(1, { number: 1, maxStandbyNamesFromCluster: 0 })).toBe('FIRST 1 ("ledger-hel")');
});
