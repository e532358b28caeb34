import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KubernetesClient } from "../../src/adapters/kubernetes/kubernetes-client.ts";
import { openKubernetes } from "../../src/adapters/kubernetes/open-kubernetes.ts";
import type { KubeObject } from "../../src/control/kubernetes/kube-object.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import { startKube } from "./kube-world.ts";

const patience = { timeout: 90_000, interval: 200 };
const namespace = "shop";
const place = { name: "web", namespace };
const program = `require("node:http").createServer((_, reply) => reply.end(process.env.POD_NAME + " " + process.env.SHOP))
  .listen(Number(process.env.PORT), process.env.ADDRESS); process.on("SIGTERM", () => process.exit(0));`;

let kube: Awaited<ReturnType<typeof startKube>>;
let api: KubernetesClient;
/** The program that stands for the image, and logs. */
let folder: string;

beforeAll(async () => {
  const byte = 1 + Math.floor(Math.random() * 250);
  folder = await mkdtemp(join(tmpdir(), "sovereign-kube-pods-"));
  const script = join(folder, "app.cjs");
  await writeFile(script, program);
  kube = await startKube({
    folder,
    images: { shop: [process.execPath, script] },
    podNetwork: `127.109.${byte}`,
    firstHost: 1,
    lastHost: 20,
  });
  api = await openKubernetes({ kubeconfig: kube.kubeconfig }, "sovereign-test");
  await api.create(resourceKinds.namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
});

afterAll(async () => {
  api.close();
  await kube.stop();
  await rm(folder, { recursive: true, force: true });
  expect(kube.bugs).toEqual([]);
});

const deployment: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: place,
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        containers: [
          {
            name: "web",
            image: "shop:1",
            env: [{ name: "SHOP", value: "one" }],
            ports: [{ containerPort: 8080 }],
            readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};

async function statusOf(): Promise<Readonly<Record<string, unknown>>> {
  const found = await api.get(resourceKinds.deployment, place);
  return found.kind === "found" ? (found.object["status"] as Record<string, unknown>) : {}; // By its schema.
}

async function pods(): Promise<readonly KubeObject[]> {
  const listed = await api.list(resourceKinds.pod, { namespace, labels: "app=web" });
  return listed.kind === "listed" ? listed.items : [];
}

const addressOf = (pod: KubeObject): string =>
  String((pod["status"] as Record<string, unknown> | undefined)?.["podIP"]); // By its schema.

function said(address: string): Promise<string> {
  return new Promise((resolve) => {
    get({ host: address, port: 8080, agent: false }, (reply) => {
      reply.setEncoding("utf8");
      let text = "";
      reply.on("data", (part: string) => {
        text += part;
      });
      reply.once("end", () => resolve(text));
    }).once("error", (cause) => resolve(cause.message));
  });
}

test("a Deployment becomes processes that answer, each at its own address", async () => {
  const made = await api.create(resourceKinds.deployment, deployment);
  expect(made.kind).toBe("written");
  await expect.poll(statusOf, patience).toMatchObject({ readyReplicas: 2, updatedReplicas: 2 });
  for (const pod of await pods())
    expect(await said(addressOf(pod))).toBe(`${pod.metadata.name} one`);
});

test("scaling makes and ends processes", async () => {
  const body = { spec: { replicas: 3 } };
  const options = { patch: { kind: "merge", body }, subresource: "scale" } as const;
  expect((await api.patch(resourceKinds.deployment, place, options)).kind).toBe("written");
  await expect.poll(statusOf, patience).toMatchObject({ readyReplicas: 3, replicas: 3 });
});

test("a restart puts new processes in the place of the old ones and never serves with too few", async () => {
  const before = new Set((await pods()).map(({ metadata }) => metadata.uid));
  const body = {
    spec: {
      template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "now" } } },
    },
  };
  await api.patch(resourceKinds.deployment, place, { patch: { kind: "strategic", body } });
  let fewest = Number.POSITIVE_INFINITY;
  const isNew = async (): Promise<boolean> => {
    const all = await pods();
    const status = await statusOf();
    fewest = Math.min(fewest, Number(status["availableReplicas"] ?? 0));
    return all.length === 3 && all.every(({ metadata }) => !before.has(metadata.uid));
  };
  await expect.poll(isNew, patience).toBe(true);
  expect(fewest).toBeGreaterThanOrEqual(2);
  await expect.poll(statusOf, patience).toMatchObject({ readyReplicas: 3, updatedReplicas: 3 });
});

test("an eviction is refused when its budget would be broken, and allowed when not", async () => {
  const budget = (maxUnavailable: number): KubeObject => ({
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: place,
    spec: { maxUnavailable, selector: { matchLabels: { app: "web" } } },
  });
  await api.create(resourceKinds.podDisruptionBudget, budget(0));
  const [pod] = await pods();
  const target = { name: pod?.metadata.name ?? "", namespace };
  const isSettled = async (): Promise<unknown> => {
    const found = await api.get(resourceKinds.podDisruptionBudget, place);
    return found.kind === "found" ? found.object["status"] : {};
  };
  await expect.poll(isSettled, patience).toMatchObject({ currentHealthy: 3 });
  expect((await api.evict(target)).kind).toBe("tooMany");
  const body = { spec: { maxUnavailable: 1 } };
  await api.patch(resourceKinds.podDisruptionBudget, place, { patch: { kind: "merge", body } });
  await expect.poll(isSettled, patience).toMatchObject({ disruptionsAllowed: 1 });
  expect((await api.evict(target)).kind).toBe("evicted");
});

test("an image that nobody stands for is told of, and the old Pods go on serving", async () => {
  const body = {
    spec: { template: { spec: { containers: [{ name: "web", image: "nobody:1" }] } } },
  };
  await api.patch(resourceKinds.deployment, place, { patch: { kind: "strategic", body } });
  const texts = async (): Promise<string> => JSON.stringify(await pods());
  await expect.poll(texts, patience).toContain("no program of the sandbox stands for the image");
  expect(Number((await statusOf())["availableReplicas"])).toBeGreaterThanOrEqual(2);
});

test("what a deleted Deployment owned goes, and so do its processes", async () => {
  const addresses = (await pods()).map(addressOf);
  await api.delete(resourceKinds.deployment, place);
  await expect.poll(async () => (await pods()).length, patience).toBe(0);
  for (const address of addresses)
    expect(await said(address)).toMatch(/ECONNREFUSED|EINVAL|ENOTFOUND/);
});
