/**
 * The fake's reconciliation of one Cluster, in the order of the real one: first what the manager within each Pod does (`internal/management/controller`), then
 * what the controller does (`internal/controller`, `pkg/reconciler/replicaclusterswitch` of CloudNativePG 1.30).
 */
import { withSql } from "../../../../adapters/postgresql/postgres-sql.ts";
import type { KubernetesApi } from "../../../../control/kubernetes/kubernetes-api.ts";
import type { JsonObject } from "../../../../core/kernel/json.ts";
import {
  showPod,
  superuserPassword,
  upstreamOf,
  withConditions,
  writeFence,
  writeStatus,
} from "./cluster-objects.ts";
import { conditionIs, type SandboxCluster, shouldPromote } from "./sandbox-cluster.ts";
import type { SandboxServer } from "./sandbox-server.ts";
import { settingsOf } from "./sandbox-settings.ts";
import { controlData, judgeToken, makeToken } from "./sandbox-token.ts";

const transition = "ReplicaClusterDesignatedPrimaryTransition";
const fence = "ReplicaClusterFencing";
const change = "ReplicaClusterSwitch";
const healthy = "Cluster in healthy state";
const askMs = 10_000;

export type Keeper = {
  readonly api: KubernetesApi;
  readonly server: SandboxServer;
  /** After which the real one looks again where something is not as far as it has to be: 10 s. */
  readonly requeueMs: number;
};

/** Does what there is to do now; gives after how long to look again though nothing changed. */
export async function keepCluster(keeper: Keeper, found: SandboxCluster): Promise<number> {
  const { api, server } = keeper;
  const password = await superuserPassword(api, found);
  if (!server.hasData) await bootstrap(keeper, found, password);
  let cluster = await named(keeper, found);
  if (await configure(keeper, cluster)) server.hasNews = true;
  cluster = await becomeFollower(keeper, cluster);
  if (cluster.isFenced) await server.stop(cluster.spec.switchoverDelay);
  else await server.start();
  const isUp = await server.answers();
  await showPod(api, cluster, { address: server.address, isReady: isUp });
  if (!cluster.isFenced && !isUp) return 200;
  if (isUp) {
    server.reload();
    const waits = await promote(keeper, cluster, password);
    if (waits !== null) return waits;
  }
  return control(keeper, await shown(keeper, cluster, isUp));
}

async function bootstrap(keeper: Keeper, cluster: SandboxCluster, password: string): Promise<void> {
  const { api, server } = keeper;
  const source = cluster.spec.bootstrap?.pg_basebackup?.source;
  await writeStatus(api, cluster, { phase: "Setting up primary" });
  if (source === undefined) await server.initialise(password);
  else await server.copyFrom(await upstreamOf(api, cluster, source));
}

/** Its only server is the one that is to write, or to follow the other Cluster. */
async function named({ api }: Keeper, cluster: SandboxCluster): Promise<SandboxCluster> {
  const { pod, status } = cluster;
  if (status.currentPrimary === pod && status.targetPrimary === pod) return cluster;
  return writeStatus(api, cluster, {
    currentPrimary: pod,
    targetPrimary: pod,
    instances: 1,
    instanceNames: [pod],
    latestGeneratedNode: 1,
  });
}

/** Whether a running server has to read its files again. */
async function configure({ api, server }: Keeper, cluster: SandboxCluster): Promise<boolean> {
  const isNew = server.settings(settingsOf(cluster));
  const { replica } = cluster.spec;
  if (replica === undefined || server.isWriter || !cluster.isReplica) return isNew;
  return server.followFrom(await upstreamOf(api, cluster, replica.source)) || isNew;
}

/** The fenced server of a Cluster that is being demoted gets what makes it follow at its next start. */
async function becomeFollower(
  { api, server }: Keeper,
  cluster: SandboxCluster,
): Promise<SandboxCluster> {
  const { replica } = cluster.spec;
  const isAsked = cluster.isReplica && conditionIs(cluster, transition, "False");
  if (replica === undefined || !isAsked || !cluster.isFenced) return cluster;
  await server.stop(cluster.spec.switchoverDelay);
  server.followFrom(await upstreamOf(api, cluster, replica.source));
  const conditions = withConditions(cluster, { [transition]: ["True", "TransitionCompleted"] });
  return writeStatus(api, cluster, { conditions: asJson(conditions) });
}

/** After how long to look again; null when there is nothing to wait for. */
async function promote(
  { api, server, requeueMs }: Keeper,
  cluster: SandboxCluster,
  password: string,
): Promise<number | null> {
  if (cluster.isReplica) return null;
  const address = server.sqlAddress(password);
  if (!server.isWriter) {
    const token = cluster.spec.replica?.promotionToken ?? "";
    if (shouldPromote(cluster)) {
      await withSql(address, { limitMs: askMs }, (ask) => ask("CHECKPOINT"));
      const judged = judgeToken(
        token,
        await controlData(server.tool("pg_controldata"), server.data),
      );
      if (judged !== "met") return giveUpOrWait({ api, requeueMs }, cluster, judged);
    }
    await withSql(address, { limitMs: askMs * 6 }, (ask) => ask("SELECT pg_promote(true, 55)"));
  }
  const token = cluster.spec.replica?.promotionToken ?? "";
  if (token !== (cluster.status.lastPromotionToken ?? "")) {
    await writeStatus(api, cluster, { lastPromotionToken: token === "" ? null : token });
  }
  return null;
}

async function giveUpOrWait(
  { api, requeueMs }: Pick<Keeper, "api" | "requeueMs">,
  cluster: SandboxCluster,
  judged: "wait" | "fatal",
): Promise<number> {
  const [phase, phaseReason] =
    judged === "fatal"
      ? [
          "Cluster is unrecoverable and needs manual intervention",
          "Promotion token content is not correct for current instance",
        ]
      : ["Promoting to primary cluster", "Replica cluster promotion in progress"];
  await writeStatus(api, cluster, { phase, phaseReason });
  return requeueMs;
}

/** Its status as the server is now. */
async function shown(
  { api, server }: Keeper,
  cluster: SandboxCluster,
  isUp: boolean,
): Promise<SandboxCluster> {
  const data = await controlData(server.tool("pg_controldata"), server.data);
  const state = isUp ? "healthy" : "failed";
  const status: Record<string, JsonObject[string]> = {
    readyInstances: isUp ? 1 : 0,
    instancesStatus: { [state]: [cluster.pod] },
    timelineID: Number(data.timeline),
    systemID: data.systemId,
    phase: healthy,
    phaseReason: null,
    // A Cluster that writes has no end; one without a token has none that was used.
    ...(cluster.isReplica ? {} : { demotionToken: null }),
    ...((cluster.spec.replica?.promotionToken ?? "") === "" ? { lastPromotionToken: null } : {}),
  };
  const isSame = Object.entries(status).every(
    ([name, value]) =>
      JSON.stringify(Object(cluster.status)[name] ?? null) === JSON.stringify(value),
  );
  return isSame ? cluster : writeStatus(api, cluster, status);
}

async function control(
  { api, server, requeueMs }: Keeper,
  cluster: SandboxCluster,
): Promise<number> {
  const idle = 1_000;
  if (!cluster.isReplica) return idle;
  if (conditionIs(cluster, transition, "True")) {
    const data = await controlData(server.tool("pg_controldata"), server.data);
    if (!data.state.startsWith("shut down")) return requeueMs;
    let now = cluster;
    if (cluster.status.demotionToken !== makeToken(data)) {
      now = await writeStatus(api, cluster, { demotionToken: makeToken(data) });
    }
    if (conditionIs(now, fence, "True") && now.isFenced) now = await writeFence(api, now, false);
    await writeStatus(api, now, {
      conditions: asJson(
        withConditions(now, {
          [transition]: null,
          [fence]: null,
          [change]: ["True", "ReplicaEnabledSetTrue"],
        }),
      ),
      switchReplicaClusterStatus: { inProgress: false },
    });
    return 0;
  }
  if (conditionIs(cluster, transition, "False") || !server.isWriter) return idle;
  const fenced = cluster.isFenced ? cluster : await writeFence(api, cluster, true);
  // Somebody who gives it another role in this moment is not overwritten (`PatchWithOptimisticLock`).
  const status = {
    conditions: asJson(
      withConditions(fenced, {
        [transition]: ["False", "ReplicaClusterAfterCreation"],
        [fence]: ["True", "ReplicaClusterAfterCreation"],
        [change]: ["False", "ReplicaEnabledSetTrue"],
      }),
    ),
    switchReplicaClusterStatus: { inProgress: true },
  };
  await writeStatus(api, fenced, status, true);
  return 1_000;
}

const asJson = (conditions: readonly unknown[]): JsonObject[string] =>
  conditions as unknown as JsonObject[string]; // Texts alone.
