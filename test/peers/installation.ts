/** The installation of `deploy/kubernetes` on a real API server, and clients of it that are our own service accounts. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemClock } from "../../src/adapters/clock.ts";
import { readKubeconfig } from "../../src/adapters/kubernetes/kubeconfig.ts";
import {
  type KubernetesClient,
  kubernetesClient,
} from "../../src/adapters/kubernetes/kubernetes-client.ts";
import { systemRandom } from "../../src/adapters/random.ts";
import { accountOf, homeNamespace } from "../../src/cli/generate/rbac.ts";
import type { RequestAsked } from "../../src/control/kubernetes/as-declared.ts";
import { apiVersionOf, type KubeObject } from "../../src/control/kubernetes/kube-object.ts";
import type { KubeProgram } from "../../src/control/kubernetes/requests-made.ts";
import type { KubeApiserver, KubectlResult } from "./kube-apiserver.ts";
import { root, succeed } from "./server-with-crds.ts";

/** Where Applications and their data are, in the overlay that is shipped. */
export const platformNamespace = "payments-prod";

/** What `kubectl kustomize` makes of an overlay. */
export function overlay(server: KubeApiserver, region: string): Promise<string> {
  const folder = join(root, "deploy/kubernetes/overlays/two-regions", region);
  return succeed(server, ["kustomize", folder]);
}

/** Installs a manifest as docs/guides/install.md says. */
export function install(server: KubeApiserver, manifest: string): Promise<KubectlResult> {
  const manager = "--field-manager=sovereign-install";
  return server.kubectl(
    ["apply", "--server-side", "--validate=strict", manager, "-f", "-"],
    manifest,
  );
}

/** A token of a program's service account, in a file beside the administrator's kubeconfig. */
async function tokenFile(server: KubeApiserver, program: KubeProgram): Promise<string> {
  const account = accountOf(program);
  const token = (await succeed(server, ["create", "token", account, "-n", homeNamespace])).trim();
  const path = join(dirname(server.kubeconfig), `${account}.token`);
  writeFileSync(path, token, { mode: 0o600 });
  return path;
}

/** A kubeconfig of a program of ours, as the service account of its Pod. */
export async function kubeconfigOf(server: KubeApiserver, program: KubeProgram): Promise<string> {
  const admin = JSON.parse(readFileSync(server.kubeconfig, "utf8"));
  const user = { tokenFile: await tokenFile(server, program) };
  const path = join(dirname(server.kubeconfig), `${accountOf(program)}.kubeconfig`);
  writeFileSync(path, JSON.stringify({ ...admin, users: [{ name: "admin", user }] }));
  return path;
}

/** A client that is a program of ours in its Pod. */
export async function clientOf(
  server: KubeApiserver,
  program: KubeProgram,
): Promise<KubernetesClient> {
  return kubernetesClient({
    access: await readKubeconfig(await kubeconfigOf(server, program)),
    fieldManager: accountOf(program),
    clock: systemClock,
    random: systemRandom,
    limits: { requestMs: 60_000, budgetMs: 120_000 },
  });
}

/** Makes the request that is asked about, of an object that is not there, and only as a rehearsal; gives what was answered. */
export async function tried(api: KubernetesClient, asked: RequestAsked): Promise<string> {
  const { kind, verb, namespace, subresource } = asked;
  const place = namespace === undefined ? { name: "nobody" } : { name: "nobody", namespace };
  const within = namespace === undefined ? {} : { namespace };
  const object: KubeObject = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: place };
  const options = {
    dryRun: true,
    ...(subresource === undefined || subresource === "eviction" ? {} : { subresource }),
  };
  const answer = async (): Promise<{ readonly kind: string }> => {
    if (subresource === "eviction") return api.evict(place, { dryRun: true });
    switch (verb) {
      case "get":
        return api.get(kind, place, options);
      case "list":
        return api.list(kind, within);
      case "watch":
        return api.watch(kind, {
          ...within,
          resourceVersion: "0",
          endsAfterSeconds: 5,
          silenceMs: 60_000,
          signal: AbortSignal.timeout(5_000),
        });
      case "create":
        return api.create(kind, object, options);
      case "update":
        return api.replace(kind, object, options);
      case "patch":
        return api.patch(kind, place, { ...options, patch: { kind: "merge", body: {} } });
      case "delete":
        return api.delete(kind, place, { dryRun: true });
    }
  };
  return (await answer()).kind;
}
