/** Two regions, each with the sandbox's API server and its fake of CloudNativePG, and the adapter above; a test file closes what it opens. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/adapters/clock.ts";
import type { ClusterLimits } from "../../src/adapters/cloudnativepg/cluster-options.ts";
import {
  type ClusterService,
  clusterService,
} from "../../src/adapters/cloudnativepg/cluster-service.ts";
import type { KubernetesClient } from "../../src/adapters/kubernetes/kubernetes-client.ts";
import { openKubernetes } from "../../src/adapters/kubernetes/open-kubernetes.ts";
import { makeLog } from "../../src/adapters/log.ts";
import type { PostgresAddress } from "../../src/adapters/postgresql/postgres-options.ts";
import { type Ask, withSql } from "../../src/adapters/postgresql/postgres-sql.ts";
import { systemRandom } from "../../src/adapters/random.ts";
import type { KubeObject } from "../../src/control/kubernetes/kube-object.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import {
  type RunningCloudNativePg,
  runCloudNativePg,
} from "../../src/sandbox/kube/operators/cloudnativepg/run-cloudnativepg.ts";
import { ownLoopback } from "../../src/sandbox/servers/server-process.ts";
import { startKube } from "./kube-world.ts";
import type { Commit } from "./postgresql-pair.ts";

export const namespace = "default";
export const clusters = ["ledger-fsn", "ledger-hel"] as const;
const regions = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;

export type CnpgSide = {
  readonly service: ClusterService;
  readonly api: KubernetesClient;
  readonly operator: RunningCloudNativePg;
  /** Of somebody who may do everything at its API server. */
  readonly kubeconfig: string;
  tenure: number | null;
  cluster(): Promise<KubeObject>;
  patch(body: JsonObject): Promise<void>;
  write(id: number): Promise<Commit>;
  sql<T>(use: (ask: Ask) => Promise<T>): Promise<T>;
  /** kill -9 of its postmaster; resolves when the next one answers. */
  fall(): Promise<void>;
};

export type CnpgWorld = {
  readonly a: CnpgSide;
  readonly b: CnpgSide;
  close(): Promise<void>;
};

const patientMs = 60_000;
const waitsMs = 4_000;

/** `a` has the data and is written by nobody yet; `b` streams from it. */
export async function cloudNativePgWorld(
  limits: Partial<ClusterLimits> = {},
  requeueMs = 250,
): Promise<CnpgWorld> {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-cnpg-"));
  const open: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const one of open.reverse()) await one();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    // The servers run as somebody else, and have to come through.
    chmodSync(folder, 0o711);
    const password = randomBytes(16).toString("hex");
    const addresses = [ownLoopback(), ownLoopback()] as const;
    const kubes: KubeWorld[] = [];
    for (const _ of clusters) {
      const kube = await startKube();
      open.push(() => kube.stop());
      kubes.push(kube);
    }
    const side = (index: 0 | 1): Promise<CnpgSide> =>
      makeSide({ index, folder, addresses, password, kubes, limits, requeueMs, open });
    const a = await side(0);
    await untilAnswers(a);
    await a.sql((ask) => ask("CREATE TABLE entry (id int PRIMARY KEY)"));
    const b = await side(1);
    await untilAnswers(b);
    return { a, b, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

type KubeWorld = Awaited<ReturnType<typeof startKube>>;

type Parts = {
  readonly index: 0 | 1;
  readonly folder: string;
  readonly addresses: readonly [string, string];
  readonly password: string;
  readonly kubes: readonly KubeWorld[];
  readonly limits: Partial<ClusterLimits>;
  readonly requeueMs: number;
  readonly open: (() => Promise<void> | void)[];
};

async function makeSide(parts: Parts): Promise<CnpgSide> {
  const { index, folder, addresses, password, kubes, limits, open } = parts;
  const other = index === 0 ? 1 : 0;
  const client = async (which: 0 | 1, manager: string): Promise<KubernetesClient> => {
    const made = await openKubernetes({ kubeconfig: kubes[which]?.kubeconfig ?? "" }, manager);
    open.push(() => made.close());
    return made;
  };
  const admin = await client(index, "somebody");
  await makeCluster(admin, index, { addresses, password });
  const operator = runCloudNativePg({
    api: await client(index, "cloudnative-pg"),
    folder: join(folder, clusters[index]),
    addresses: { [`${namespace}/${clusters[index]}`]: addresses[index] },
    requeueMs: parts.requeueMs,
    clock: systemClock,
    random: systemRandom,
    log: makeLog("cnpg", { level: "error" }),
  });
  open.push(() => operator.close());
  const address = (which: 0 | 1): PostgresAddress =>
    ({
      host: addresses[which],
      port: 5432,
      user: "postgres",
      database: "postgres",
      readPassword: () => Promise.resolve(password),
      tls: "off",
    }) as const;
  const service = clusterService({
    name: "ledger-db",
    region: regions[index],
    peerRegion: regions[other],
    cluster: { api: await client(index, "sovereign-agent"), name: clusters[index], namespace },
    peerCluster: { api: await client(other, "sovereign-agent"), name: clusters[other], namespace },
    fieldManager: "sovereign-agent",
    local: address(index),
    peer: address(other),
    podPort: 5432,
    holdsTenure: (epoch) => Promise.resolve(side.tenure === epoch),
    hasTenure: () => Promise.resolve(side.tenure !== null),
    clock: systemClock,
    // A machine with a lot to do is not what is judged.
    limits: { fenceMs: 40_000, askMs: 20_000, confirmMs: 10_000, settleMs: 3_000, ...limits },
  });
  open.push(() => service.close());
  const side: CnpgSide = {
    service,
    api: admin,
    operator,
    kubeconfig: kubes[index]?.kubeconfig ?? "",
    tenure: null,
    ...handsOf(admin, index, address(index)),
    async fall() {
      const server = operator.serverOf(namespace, clusters[index]);
      const before = await startTime(side);
      server?.kill();
      for (;;) {
        const now = await startTime(side).catch(() => before);
        if (now !== before) return;
        await systemClock.sleep(100);
      }
    },
  };
  return side;
}

/** What people and clients do. */
function handsOf(
  api: KubernetesClient,
  index: 0 | 1,
  address: PostgresAddress,
): Pick<CnpgSide, "cluster" | "patch" | "write" | "sql"> {
  const place = { name: clusters[index], namespace };
  const kind = resourceKinds.postgresCluster;
  return {
    async cluster() {
      const found = await api.get(kind, place);
      if (found.kind !== "found") throw new Error(found.because);
      return found.object;
    },
    async patch(body) {
      const done = await api.patch(kind, place, { patch: { kind: "merge", body } });
      if (done.kind !== "written") throw new Error(done.because);
    },
    write: (id) =>
      withSql(address, { limitMs: patientMs }, async (ask) => {
        // As a client's: our own words wait for nobody.
        await ask("SET synchronous_commit = on");
        const done = ask("INSERT INTO entry VALUES ($1)", [id]).then(
          (): Commit => "acknowledged",
          (): Commit => "refused",
        );
        const late = systemClock.sleep(waitsMs).then((): Commit => "waits");
        return Promise.race([done, late]);
      }).catch((): Commit => "refused"),
    sql: (use) => withSql(address, { limitMs: patientMs }, use),
  };
}

function startTime({ sql }: CnpgSide): Promise<string> {
  return sql(async (ask) =>
    JSON.stringify(await ask("SELECT pg_postmaster_start_time()::text AS since")),
  );
}

async function untilAnswers(side: CnpgSide): Promise<void> {
  const endMs = systemClock.monotonicMs() + 120_000;
  for (;;) {
    try {
      await startTime(side);
      return;
    } catch (thrown) {
      if (systemClock.monotonicMs() > endMs) throw thrown;
      await systemClock.sleep(200);
    }
  }
}

async function makeCluster(
  api: KubernetesClient,
  index: 0 | 1,
  { addresses, password }: Pick<Parts, "addresses" | "password">,
): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const secret = { name: "ledger-superuser", namespace };
  await api.create(resourceKinds.secret, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: secret,
    data: { username: base64("postgres"), password: base64(password) },
  });
  const made = await api.create(
    resourceKinds.postgresCluster,
    clusterDocument(index, addresses, secret.name),
  );
  if (made.kind !== "written") throw new Error(made.because);
}

/** As a person writes one of a distributed topology. */
export function clusterDocument(
  index: 0 | 1,
  addresses: readonly [string, string],
  secret: string,
): KubeObject {
  const other = index === 0 ? 1 : 0;
  return {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: { name: clusters[index], namespace },
    spec: {
      instances: 1,
      storage: { size: "1Gi" },
      enableSuperuserAccess: true,
      superuserSecret: { name: secret },
      bootstrap: index === 0 ? { initdb: {} } : { pg_basebackup: { source: clusters[other] } },
      replica: { primary: clusters[0], source: clusters[other] },
      externalClusters: clusters.map((name, which) => ({
        name,
        connectionParameters: { host: addresses[which] ?? "", user: "postgres" },
        password: { name: secret, key: "password" },
      })),
    },
  };
}
