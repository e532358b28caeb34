/**
 * The contract of the port `KubernetesApi`, and of the API servers behind it: the sandbox's and a real kube-apiserver give the same
 * results. Objects of the suite are run by nobody: Deployments stand still, Pods name a scheduler that is not there.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { accessContract } from "./kubernetes-access.ts";
import { admissionContract } from "./kubernetes-admission.ts";
import { applyContract } from "./kubernetes-apply.ts";
import { crdContract } from "./kubernetes-crds.ts";
import { deleteContract } from "./kubernetes-deletes.ts";
import { evictionContract } from "./kubernetes-eviction.ts";
import { patchContract } from "./kubernetes-patches.ts";
import { readContract } from "./kubernetes-reads.ts";
import { subresourceContract } from "./kubernetes-subresources.ts";
import { watchContract } from "./kubernetes-watch.ts";
import { defineWidgets, forgetWidgets } from "./kubernetes-widget.ts";
import { type ApiServerUnderTest, KubernetesWorld } from "./kubernetes-world.ts";
import { writeContract } from "./kubernetes-writes.ts";

export type { ApiServerUnderTest } from "./kubernetes-world.ts";

/** Gives the world once it is open. */
export type WorldOf = () => KubernetesWorld;

/** Runs the suite against the server that `make` gives. */
export function kubernetesContract(name: string, make: () => Promise<ApiServerUnderTest>): void {
  describe(`${name} keeps the contract of a Kubernetes API server`, () => {
    let server: ApiServerUnderTest | undefined;
    let world: KubernetesWorld | undefined;
    beforeAll(async () => {
      server = await make();
      world = await KubernetesWorld.open(server);
      await defineWidgets(world);
    });
    afterAll(async () => {
      try {
        if (world !== undefined) await forgetWidgets(world);
        await world?.close();
      } finally {
        await server?.stop();
      }
    });
    const opened: WorldOf = () => {
      if (world === undefined) throw new Error("the server under test was not made");
      return world;
    };
    describe("who asks", () => accessContract(opened));
    describe("reading", () => readContract(opened));
    describe("writing", () => writeContract(opened));
    describe("patching", () => patchContract(opened));
    describe("applying", () => applyContract(opened));
    describe("deleting", () => deleteContract(opened));
    describe("a subresource", () => subresourceContract(opened));
    describe("an eviction", () => evictionContract(opened));
    describe("a watch", () => watchContract(opened));
    describe("a CRD", () => crdContract(opened));
    describe("the policy of epochs", () => admissionContract(opened));
  });
}
