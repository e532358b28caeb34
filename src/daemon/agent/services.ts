/** The data services of this region: those of the group's document, each opened as agent.yaml says. */
import { resolve } from "node:path";
import { machineClock } from "../../adapters/agent/machine-clock.ts";
import { clusterService } from "../../adapters/cloudnativepg/cluster-service.ts";
import type { PostgresCeiling } from "../../adapters/postgresql/postgres-options.ts";
import { postgresService } from "../../adapters/postgresql/postgres-service.ts";
import { valkeyService } from "../../adapters/valkey/valkey-service.ts";
import type { FollowingService } from "../../control/failover/data-service.ts";
import type { WatchdogLink } from "../../control/failover/ports.ts";
import { tenureGate } from "../../control/failover/tenure-gate.ts";
import type { ResolvedGroup } from "../../core/failover/resolve-group.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { toClusterOptions } from "./cloudnativepg-config.ts";
import type { AgentConfig } from "./config.ts";
import type { GroupDocuments } from "./documents.ts";
import type { DataFolder } from "./fence-doubt.ts";
import { toPostgresOptions } from "./postgres-config.ts";
import { toValkeyOptions } from "./valkey-config.ts";

export type OpenServices = {
  readonly services: readonly FollowingService[];
  close(): Promise<void>;
};

export type ServiceSurroundings = {
  readonly watchdog: Pick<WatchdogLink, "read">;
  /** Whether this region has authority that it took without the witness: then nobody takes over by what was published. */
  readonly isOwn: () => boolean;
};

/** Opens them; nothing is asked of a server yet. Fails with ConfigInvalid. */
export function openServices(
  { services, folder, kubernetes }: Pick<AgentConfig, "services" | "folder" | "kubernetes">,
  { context, group }: Pick<GroupDocuments, "context" | "group">,
  { watchdog, isOwn }: ServiceSurroundings,
): OpenServices {
  const gate = tenureGate(watchdog, machineClock);
  const opened = services.flatMap(({ name, postgresql, valkey, cloudnativepg }) => {
    const parts = {
      name,
      region: context.self,
      peerRegion: context.peer,
      folder,
      fenceBudgetMs: group.timing.fenceBudgetMs,
      clock: machineClock,
      ...gate,
    };
    if (postgresql !== undefined) {
      const ceiling = ceilingOf(group, name, isOwn);
      const options = toPostgresOptions(postgresql, parts);
      return [postgresService(ceiling === null ? options : { ...options, ceiling })];
    }
    if (cloudnativepg !== undefined) {
      const { options, close } = toClusterOptions(cloudnativepg, { ...parts, kubernetes });
      const service = clusterService(options);
      return [{ ...service, close: () => service.close().finally(close) }];
    }
    return valkey === undefined ? [] : [valkeyService(toValkeyOptions(valkey, parts))];
  });
  return {
    services: opened,
    close: async () => void (await Promise.all(opened.map((service) => service.close()))),
  };
}

const defaultUnpublishedBytes = 256 * 1024 * 1024;

/** How the log of a service is held; null where it may lose all, and nobody asks how much. */
function ceilingOf(
  { services, timing }: Pick<ResolvedGroup, "services" | "timing">,
  name: string,
  isUnbounded: () => boolean,
): PostgresCeiling | null {
  const declared = services.find((service) => service.name === name);
  if (declared?.mayLose !== "nothing") return null;
  const mostBytes = declared.unpublishedBytes ?? defaultUnpublishedBytes;
  return { mostBytes, everyMs: timing.renewEveryMs, isUnbounded };
}

/** Where the data of each service are; the fence has to be for all of them. */
export function dataFoldersOf({
  services,
  folder,
}: Pick<AgentConfig, "services" | "folder">): readonly DataFolder[] {
  return services.flatMap((service) =>
    served.flatMap((kind): readonly DataFolder[] => {
      const part = service[kind];
      if (part === undefined) return [];
      // Where data are that nobody here has a folder of.
      if ("cluster" in part) return [{ kind, folder: `${part.namespace}/${part.cluster}` }];
      return [{ kind, folder: resolve(folder, part.dataFolder) }];
    }),
  );
}

/** Kinds that an adapter serves: the field of agent.yaml that says where such a service is. */
const served = ["postgresql", "valkey", "cloudnativepg"] as const;

/** Fails with ConfigInvalid when a service of the group is not configured here, or is of a kind that no adapter serves. */
export function checkServices(
  { services }: Pick<AgentConfig, "services">,
  { name: group, services: wanted }: Pick<ResolvedGroup, "name" | "services">,
): void {
  for (const { name, kind, mayLose } of wanted) {
    // FerretDB is what stands above such a Cluster.
    const field = served.find((one) => one === (kind === "ferretdb" ? "cloudnativepg" : kind));
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
