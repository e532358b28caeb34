import { afterAll, expect } from "vitest";
import { platformContract } from "../contract/platform.ts";
import { preparePlatform } from "../contract/platform-crds.ts";
import { startKube } from "./kube-world.ts";

const bugs: (readonly unknown[])[] = [];

platformContract(
  "the sandbox's API server",
  async () => {
    const kube = await startKube();
    bugs.push(kube.bugs);
    return kube;
  },
  preparePlatform,
);

afterAll(() => {
  expect(bugs.flat(), "requests that failed by the server's own fault").toEqual([]);
});
