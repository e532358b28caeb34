import { afterAll, expect } from "vitest";
import { kubernetesContract } from "../contract/kubernetes.ts";
import { startKube } from "./kube-world.ts";

const bugs: (readonly unknown[])[] = [];

kubernetesContract("the sandbox's API server", async () => {
  const kube = await startKube();
  bugs.push(kube.bugs);
  return kube;
});

afterAll(() => {
  expect(bugs.flat(), "requests that failed by the server's own fault").toEqual([]);
});
