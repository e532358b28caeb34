/** The data services of this region: those of the group's document, each opened as agent.yaml says. */
import { resolve } from "node:path";
import { machineClock } from "../../adapters/agent/machine-clock.ts";
import { postgresService } from "../../adapters/postgresql/postgres-service.ts";
import { valkeyService } from "../../adapters/valkey/valkey-service.ts";
import type { FollowingService } from "../../control/failover/data-service.ts";
import type { WatchdogLink } from "../../control/failover/ports.ts";
import { tenureGate } from "../../control/failover/tenure-gate.ts";
import type { ResolvedGroup } from "../../core/failover/resolve-group.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { AgentConfig } from "./config.ts";
import type { GroupDocuments } from "./documents.ts";
import type { DataFolder } from "./fence-doubt.ts";
import { toPostgresOptions } from "./postgres-config.ts";
import { toValkeyOptions } from "./valkey-config.ts";

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
  const opened = services.flatMap(({ name, postgresql, valkey }) => {
    const parts = {
      name,
      region: context.self,
      peerRegion: context.peer,
      folder,
      fenceBudgetMs: group.timing.fenceBudgetMs,
      clock: machineClock,
      ...gate,
    };
    if (postgresql !== undefined) return [postgresService(toPostgresOptions(postgresql, parts))];
    return valkey === undefined ? [] : [valkeyService(toValkeyOptions(valkey, parts))];
  });
  return {
    services: opened,
    close: async () => void (await Promise.all(opened.map((service) => service.close()))),
  };
}

/** Where the data of each service are; the fence has to be for all of them. */
export function dataFoldersOf({
  services,
  folder,
}: Pick<AgentConfig, "services" | "folder">): readonly DataFolder[] {
  return services.flatMap((service) =>
    served.flatMap((kind) => {
      const part = service[kind];
      return part === undefined ? [] : [{ kind, folder: resolve(folder, part.dataFolder) }];
    }),
  );
}

/** Kinds that an adapter serves: the field of agent.yaml that says where such a service is. */
const served = ["postgresql", "valkey"] as const;

/** Fails with ConfigInvalid when a service of the group is not configured here, or is of a kind that no adapter serves. */
export function checkServices(
  { services }: Pick<AgentConfig, "services">,
  { name: group, services: wanted }: Pick<ResolvedGroup, "name" | "services">,
): void {
  for (const { name, kind, mayLose } of wanted) {
    const field = served.find((one) => one === kind);
    if (field === undefined) {
      throw refused(`no adapter here serves ${name}, which is of kind ${kind}`, {
        remedy: `Take ${name} out of the group ${group}, or run it as plain PostgreSQL.`,
      });
    }
    const found = services.find((service) => service.name === name);
    if (found === undefined) {
      throw refused(`the group ${group} has the service ${name}, which is not configured here`, {
        remedy: `Say where ${name} is, in "services" of agent.yaml.`,
      });
    }
    if (found[field] === undefined) {
      throw refused(`${name} is of kind ${kind} in the group ${group}, and of another kind here`, {
        remedy: `Give ${name} a part "${field}" in "services" of agent.yaml.`,
      });
    }
    if (field === "valkey" && mayLose === "nothing") {
      throw refused(
        `${name} may lose nothing by the group ${group}, and Valkey never makes a write wait for the other region`,
        { remedy: `Declare it with "mayLose: everything", or keep these data elsewhere.` },
      );
    }
  }
  const other = services.find(({ name }) => !wanted.some((one) => one.name === name));
  if (other === undefined) return;
  throw refused(
    `the service ${other.name} is configured here, and the group ${group} does not have it`,
    { remedy: "An agent fences and promotes exactly what its group declares." },
  );
}

function refused(message: string, about: { readonly remedy: string }): Failure {
  return new Failure("ConfigInvalid", message, { field: "services", ...about });
}
