/** The record of an agent at the sandbox's API server. */
import { afterAll, expect } from "vitest";
import { kubeRecordContract } from "../contract/record-store-kube.ts";
import { startKube } from "./kube-world.ts";

const bugs: (readonly unknown[])[] = [];

kubeRecordContract("the sandbox's API server", async () => {
  const kube = await startKube();
  bugs.push(kube.bugs);
  return kube;
});

afterAll(() => {
  expect(bugs.flat(), "requests that failed by the server's own fault").toEqual([]);
});
