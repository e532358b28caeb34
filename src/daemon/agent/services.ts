/** The data services of this region: those of the group's document, each opened as agent.yaml says. */
import { machineClock } from "../../adapters/agent/machine-clock.ts";
import { postgresService } from "../../adapters/postgresql/postgres-service.ts";
import type { FollowingService } from "../../control/failover/data-service.ts";
import type { WatchdogLink } from "../../control/failover/ports.ts";
import { tenureGate } from "../../control/failover/tenure-gate.ts";
import type { ResolvedGroup } from "../../core/failover/resolve-group.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { AgentConfig } from "./config.ts";
import type { GroupDocuments } from "./documents.ts";
import { toPostgresOptions } from "./postgres-config.ts";

export type OpenServices = {
  readonly services: readonly FollowingService[];
  close(): Promise<void>;
};

/** Opens them; nothing is asked of a server yet. Fails with ConfigInvalid. */
export function openServices(
  { services, folder }: Pick<AgentConfig, "services" | "folder">,
  { context, group }: Pick<GroupDocuments, "context" | "group">,
  watchdog: Pick<WatchdogLink, "read">,
): OpenServices {
  const gate = tenureGate(watchdog, machineClock);
  const opened = services.map(({ name, postgresql }) =>
    postgresService(
      toPostgresOptions(postgresql, {
        name,
        region: context.self,
        peerRegion: context.peer,
        folder,
        fenceBudgetMs: group.timing.fenceBudgetMs,
        clock: machineClock,
        ...gate,
      }),
    ),
  );
  return {
    services: opened,
    close: async () => void (await Promise.all(opened.map((service) => service.close()))),
  };
}

/** Fails with ConfigInvalid when a service of the group is not configured here, or is of a kind that no adapter serves. */
export function checkServices(
  { services }: Pick<AgentConfig, "services">,
  { name: group, services: wanted }: Pick<ResolvedGroup, "name" | "services">,
): void {
  for (const { name, kind } of wanted) {
    if (kind !== "postgresql") {
      throw new Failure(
        "ConfigInvalid",
        `no adapter here serves ${name}, which is of kind ${kind}`,
        {
          field: "services",
          remedy: `Take ${name} out of the group ${group}, or run it as plain PostgreSQL.`,
        },
      );
    }
    if (!services.some((service) => service.name === name)) {
      throw new Failure(
        "ConfigInvalid",
        `the group ${group} has the service ${name}, which is not configured here`,
        {
          field: "services",
          remedy: `Say where ${name} is, in "services" of agent.yaml.`,
        },
      );
    }
  }
  const other = services.find(({ name }) => !wanted.some((one) => one.name === name));
  if (other === undefined) return;
  throw new Failure(
    "ConfigInvalid",
    `the service ${other.name} is configured here, and the group ${group} does not have it`,
    {
      field: "services",
      remedy: "An agent fences and promotes exactly what its group declares.",
    },
  );
}
