import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openKubernetes } from "../../src/adapters/kubernetes/open-kubernetes.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import { programFile } from "../../src/daemon/program-file.ts";
import { type KubeFolder, kubeFolder } from "./kube-world.ts";

const patience = { timeout: 60_000, interval: 100 };

/** The API server in a process of its own, when it is ready. */
async function started({ folder, config, kubeconfig }: KubeFolder) {
  const file = join(folder, "kube.json");
  await writeFile(file, JSON.stringify({ ...config, port: 0 }));
  const child = spawn(process.execPath, [programFile("kube-api"), file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => lines.push(text));
  await expect.poll(() => lines.join(""), patience).toContain('"message":"ready"');
  expect(JSON.parse(await readFile(kubeconfig, "utf8"))).toMatchObject({ kind: "Config" });
  const api = await openKubernetes({ kubeconfig }, "sovereign-test");
  onTestFinished(() => api.close());
  return { child, api };
}

test("kill -9 loses nothing that was acknowledged, and versions go on growing", async () => {
  const folder = await kubeFolder();
  onTestFinished(() => folder.remove());
  const first = await started(folder);
  const acknowledged = new Map<string, number>();
  const write = async (writer: number): Promise<void> => {
    for (let count = 0; ; count++) {
      const name = `map-${writer}-${count}`;
      const object = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace: "default" },
      };
      const made = await first.api.create(resourceKinds.configMap, object);
      if (made.kind === "written")
        acknowledged.set(name, Number(made.object.metadata.resourceVersion));
    }
  };
  const writers = [1, 2, 3, 4].map((writer) => write(writer).catch(() => undefined));
  await expect.poll(() => acknowledged.size, patience).toBeGreaterThan(50);
  const exited = once(first.child, "exit");
  first.child.kill("SIGKILL");
  await exited;
  first.api.close();
  await Promise.all(writers);
  const { api } = await started(folder);
  const listed = await api.list(resourceKinds.configMap, { namespace: "default" });
  if (listed.kind !== "listed") throw new Error(JSON.stringify(listed));
  const found = new Map(
    listed.items.map(({ metadata }) => [metadata.name, Number(metadata.resourceVersion)]),
  );
  expect([...acknowledged].filter(([name, version]) => found.get(name) !== version)).toEqual([]);
  const largest = Math.max(...acknowledged.values());
  expect(Number(listed.resourceVersion)).toBeGreaterThanOrEqual(largest);
  const metadata = { name: "after-the-restart", namespace: "default" };
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata };
  const made = await api.create(resourceKinds.configMap, object);
  if (made.kind !== "written") throw new Error(JSON.stringify(made));
  expect(Number(made.object.metadata.resourceVersion)).toBeGreaterThan(largest);
});
