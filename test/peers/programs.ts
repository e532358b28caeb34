/**
 * The programs of a Kubernetes API server: named by an environment variable, else on the PATH, else built from
 * Kubernetes' own Go sources into a cache folder. etcd is a package of Debian and is not built.
 */
import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { buildKubernetes, kubernetesVersion } from "./build-kubernetes.ts";

export type Programs = {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Paths of the three programs. `tell` hears what is built, which takes about ten minutes, once for each version.
 * Throws an Error that says how to get what is missing.
 */
export async function findPrograms(
  environment: Environment,
  tell: (line: string) => void,
): Promise<Programs> {
  const etcd = find(environment, "SOVEREIGN_ETCD", "etcd");
  if (etcd === undefined) {
    throw new Error(
      "etcd is not on the PATH. Install Debian's package etcd-server (apt-get install etcd-server), or name the program in SOVEREIGN_ETCD.",
    );
  }
  const cache = cacheFolder(environment);
  const kubernetes = async (variable: string, name: "kube-apiserver" | "kubectl") =>
    find(environment, variable, name) ??
    usable(join(cache, name)) ??
    (await buildKubernetes({ name, folder: cache, go: find(environment, "", "go"), tell }));
  return {
    etcd,
    kubeApiserver: await kubernetes("SOVEREIGN_KUBE_APISERVER", "kube-apiserver"),
    kubectl: await kubernetes("SOVEREIGN_KUBECTL", "kubectl"),
  };
}

function cacheFolder(environment: Environment): string {
  const base = environment["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return resolve(base, "sovereign-peers", kubernetesVersion);
}

/** What the variable names, which has to be there when it is set; else the first of that name on the PATH. */
function find(environment: Environment, variable: string, name: string): string | undefined {
  const named = environment[variable];
  if (named !== undefined && named !== "") {
    const path = usable(resolve(named));
    if (path === undefined) throw new Error(`${variable} names ${named}, which is no program.`);
    return path;
  }
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => usable(join(folder, name))).find((path) => path !== undefined);
}

function usable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : undefined;
  } catch {
    // Not there, or not to be run: the next place is tried, and the last one says what is missing.
    return undefined;
  }
}
