import { expect, test } from "vitest";
import type { GroupService } from "../../core/failover/group.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { AgentConfig } from "./config.ts";
import { postgresSchema } from "./postgres-config.ts";
import { checkServices, dataFoldersOf } from "./services.ts";
import { valkeySchema } from "./valkey-config.ts";

const local = { host: "127.0.0.1", password: { file: "password" } };
const address = { local, peer: { ...local, host: "127.0.0.2" } };
const ledger: AgentConfig["services"][number] = {
  name: "ledger-db",
  postgresql: postgresSchema.parse({ dataFolder: "/pg", programs: "/usr/lib/pg", ...address }),
};
const sessions: AgentConfig["services"][number] = {
  name: "sessions",
  valkey: valkeySchema.parse({ dataFolder: "vk", config: "v.conf", program: "/v", ...address }),
};
const services = [ledger, sessions];

const declared = (change: Partial<GroupService> = {}): readonly GroupService[] => [
  { name: "ledger-db", kind: "postgresql", mayLose: "nothing", after: [] },
  { name: "sessions", kind: "valkey", mayLose: "everything", after: ["ledger-db"], ...change },
];

test("services that are declared and configured, each by its kind, are taken", () => {
  checkServices({ services }, { name: "acme-prod", services: declared() });
  expect(dataFoldersOf({ services, folder: "/etc/agent" })).toEqual([
    { kind: "postgresql", folder: "/pg" },
    { kind: "valkey", folder: "/etc/agent/vk" },
  ]);
});

test.each<[string, Parameters<typeof checkServices>[0], readonly GroupService[], RegExp]>([
  ["one that no adapter serves", { services }, declared({ kind: "kafka" }), /no adapter/],
  ["one that is not configured", { services: [ledger] }, declared(), /not configured here/],
  ["one of another kind", { services }, declared({ kind: "postgresql" }), /another kind here/],
  ["a Valkey that may lose nothing", { services }, declared({ mayLose: "nothing" }), /never makes/],
  ["one that is not declared", { services }, declared().slice(0, 1), /does not have it/],
])("%s is refused by its name", (_, config, wanted, words) => {
  const check = (): void => checkServices(config, { name: "acme-prod", services: wanted });
  expect(check).toThrow(Failure);
  expect(check).toThrow(words);
});
