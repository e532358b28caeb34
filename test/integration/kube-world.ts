/** A region's API server for one test file, in this process or in one of its own: a temporary folder, a free port, nothing left behind. */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "../../src/sandbox/certificates.ts";
import {
  type KubeConfig,
  kubeConfigSchema,
  type WorkloadConfig,
} from "../../src/sandbox/kube/config.ts";
import { type RunningKubeApi, runKubeApi } from "../../src/sandbox/kube/run-kube-api.ts";

export type KubeFolder = {
  readonly folder: string;
  readonly config: KubeConfig;
  /** Kubeconfig of somebody who may do everything. */
  readonly kubeconfig: string;
  /** Kubeconfig of somebody who may do nothing. */
  readonly stranger: string;
  remove(): Promise<void>;
};

/** A folder with certificates, tokens and a configuration. */
export async function kubeFolder(workloads?: WorkloadConfig): Promise<KubeFolder> {
  const folder = await mkdtemp(join(tmpdir(), "sovereign-kube-"));
  const address = `127.${110 + Math.floor(Math.random() * 80)}.${byte()}.${byte()}`;
  const certificates = await makeCertificates(join(folder, "keys"), [
    { name: "hz-fsn-rtz-prod", addresses: [address] },
  ]);
  await mkdir(join(folder, "tokens"), { mode: 0o700 });
  const user = async (name: string, groups: readonly string[]) => {
    const tokenFile = join(folder, "tokens", name);
    await writeFile(tokenFile, randomBytes(24).toString("hex"), { mode: 0o600 });
    return { name, groups: [...groups], tokenFile, kubeconfig: join(folder, `${name}.kubeconfig`) };
  };
  const config = kubeConfigSchema.parse({
    cluster: "hz-fsn-rtz-prod",
    address,
    port: 0,
    folder: join(folder, "objects"),
    tls: certificates.of("hz-fsn-rtz-prod"),
    users: [await user("sandbox-admin", ["system:masters"]), await user("stranger", [])],
    bookmarkEveryMs: 500,
    ...(workloads === undefined ? {} : { workloads }),
  });
  return {
    folder,
    config,
    kubeconfig: join(folder, "sandbox-admin.kubeconfig"),
    stranger: join(folder, "stranger.kubeconfig"),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const byte = (): number => 1 + Math.floor(Math.random() * 250);

/** The server in this process; what fails by its own fault fails the test that asks. */
export async function startKube(workloads?: WorkloadConfig): Promise<
  KubeFolder & {
    readonly running: RunningKubeApi;
    readonly bugs: readonly unknown[];
    stop(): Promise<void>;
  }
> {
  const made = await kubeFolder(workloads);
  const bugs: unknown[] = [];
  try {
    const running = await runKubeApi(made.config, (thrown) => bugs.push(thrown));
    return {
      ...made,
      running,
      bugs,
      async stop() {
        await running.close();
        await made.remove();
      },
    };
  } catch (thrown) {
    await made.remove();
    throw thrown;
  }
}
