/** The API server of the cluster that we run in, as Kubernetes tells every Pod: two variables, and files that are replaced while we run. */
import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { Failure } from "../../core/kernel/failure.ts";
import { errorCode } from "../journal/error-code.ts";
import type { ApiAccess } from "./api-access.ts";
import { serverUrl } from "./server-url.ts";

export type PodSurroundings = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the service account is mounted. */
  readonly folder?: string;
};

const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The token stays in its file, which is read again for every request: the kubelet replaces it. Fails with ConfigInvalid or CredentialUnreadable. */
export async function inClusterAccess({
  environment,
  folder = serviceAccountFolder,
}: PodSurroundings): Promise<ApiAccess> {
  const host = environment["KUBERNETES_SERVICE_HOST"];
  const port = environment["KUBERNETES_SERVICE_PORT"];
  if (!(host && port)) {
    const message = "this program does not run in a Pod, so that there is no cluster of its own";
    const remedy = "Give a kubeconfig, or run it in a Pod with a service account.";
    throw new Failure("ConfigInvalid", message, { where: "KUBERNETES_SERVICE_HOST", remedy });
  }
  const written = isIPv6(host) ? `[${host}]` : host;
  const place = { where: "KUBERNETES_SERVICE_HOST", field: "server" };
  const server = serverUrl(`https://${written}:${port}`, place);
  const namespace = await namespaceIn(join(folder, "namespace"));
  return {
    id: `the service account at ${new URL(server).host}`,
    server,
    namespace,
    ca: { kind: "file", path: join(folder, "ca.crt") },
    serverName: null,
    token: { kind: "file", path: join(folder, "token") },
    certificate: null,
  };
}

async function namespaceIn(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim() || "default";
  } catch (cause) {
    const message = `the service account can not be read (${errorCode(cause) || "no file"})`;
    const remedy = "Give the Pod a service account and let Kubernetes mount its token.";
    throw new Failure("CredentialUnreadable", message, { where: path, remedy });
  }
}
