/** A region's API server as it runs: its store opened, its first objects made, its server listening, its kubeconfigs written. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { registerSecret } from "../../adapters/secrets.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { KubeConfig } from "./config.ts";
import { processPodRunner } from "./controllers/process-pod-runner.ts";
import {
  type ControllersOptions,
  type RunningControllers,
  runControllers,
} from "./controllers/run-controllers.ts";
import { makeFirstObjects } from "./first-objects.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { type KubeApi, openKubeApi } from "./rest/kube-api.ts";
import { startServer } from "./rest/server.ts";
import type { TokenUser } from "./rest/users.ts";
import { ObjectStore } from "./store/object-store.ts";

export type RunningKubeApi = {
  readonly url: string;
  readonly api: KubeApi;
  close(): Promise<void>;
};

/** Starts it. Fails with ConfigInvalid, AddressTaken, AlreadyRunning or JournalCorrupt. */
export async function runKubeApi(
  config: KubeConfig,
  onBug: (thrown: unknown) => void,
): Promise<RunningKubeApi> {
  const { address, port, bookmarkEveryMs } = config;
  // The sandbox's machine is the only clock here.
  const nowMs = (): number => Date.now();
  const tls = {
    certificate: await readText(config.tls.certificate),
    key: await readText(config.tls.key),
    ca: await readText(config.tls.ca),
  };
  const tokens = await Promise.all(config.users.map(tokenUser));
  const store = await ObjectStore.open({ folder: config.folder });
  const api = await openKubeApi(store, nowMs);
  try {
    await makeFirstObjects(api, nowMs());
    const server = await startServer({
      ...{ api, address, port, tls, tokens, nowMs, bookmarkEveryMs, onBug },
    });
    await writeKubeconfigs(config, { server: server.url, ca: tls.ca, tokens });
    const controllers = startControllers(config, { api, nowMs, onBug });
    return {
      url: server.url,
      api,
      async close() {
        await server.close();
        await controllers?.close();
        await api.close();
      },
    };
  } catch (thrown) {
    await api.close();
    throw thrown;
  }
}

function startControllers(
  { workloads, cluster }: KubeConfig,
  common: Pick<ControllersOptions, "api" | "nowMs" | "onBug">,
): RunningControllers | undefined {
  if (workloads === undefined) return undefined;
  const runner = processPodRunner(workloads);
  return runControllers({ ...common, runner, network: { ...workloads, node: cluster } });
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new Failure("ConfigInvalid", `${path} can not be read`, { where: path, cause });
  });
}

async function tokenUser({
  name,
  groups,
  tokenFile,
}: KubeConfig["users"][number]): Promise<TokenUser> {
  const token = (await readText(tokenFile)).trim();
  if (token.length < 16)
    throw new Failure("ConfigInvalid", `the token of ${name} is shorter than 16 characters`, {
      where: tokenFile,
    });
  registerSecret(token);
  return { name, groups, token };
}

type Written = {
  readonly server: string;
  readonly ca: string;
  readonly tokens: readonly TokenUser[];
};

/** Each file is whole at every moment, and readable by its owner alone. */
async function writeKubeconfigs(
  { users, cluster }: KubeConfig,
  { server, ca, tokens }: Written,
): Promise<void> {
  for (const [index, { kubeconfig: path }] of users.entries()) {
    const token = tokens[index]?.token;
    if (path === undefined || token === undefined) continue;
    const content = kubeconfig({ name: cluster, server, ca, credential: { token } });
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.part`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    await rename(`${path}.part`, path);
  }
}
