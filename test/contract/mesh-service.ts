/** The contract of the port `MeshService`: what is said to the mesh is read back, on the very object that was seen, and others are named. */
import { describe, expect, test } from "vitest";
import type { MeshReading, MeshService, MeshWritten } from "../../src/control/mesh/mesh-service.ts";
import type { MeshValues } from "../../src/core/mesh/mesh-annotations.ts";
import type { MeshStep } from "../../src/core/mesh/mesh-plan.ts";

export type MeshServiceUnderTest = {
  /** A Service that says nothing to the mesh. */
  readonly service: MeshService;
  /** Somebody else says so, and is remembered by that name. */
  put(values: MeshValues, manager: string): Promise<void>;
};

type Seen = Extract<MeshReading, { readonly kind: "seen" }>;

function seen(reading: MeshReading | MeshWritten): Seen {
  if (reading.kind !== "seen") throw new Error(`not seen: ${JSON.stringify(reading)}`);
  return reading;
}

const step = (epoch: number, values: MeshValues): MeshStep => ({
  reason: "CarryEpoch",
  because: "the suite says so",
  values,
  epoch,
});

const away: MeshValues = { global: true, shared: false, affinity: "remote" };
const home: MeshValues = { global: true, shared: true, affinity: "local" };

/** Runs the suite; each test has a Service of its own, and the policy of epochs is in force. */
export function meshServiceContract(name: string, make: () => Promise<MeshServiceUnderTest>): void {
  describe(`${name} keeps the contract of a Service of the mesh`, () => {
    test("a step on an object that was changed since is not done", async () => {
      const { service, put } = await make();
      const { version } = seen(await service.read());
      await put(away, "kustomize-controller");
      expect(await service.write(step(1, home), version)).toEqual({ kind: "moved" });
      expect(seen(await service.read()).facts).toMatchObject({ ...away, epoch: null });
    });

    test("a step by an older epoch is refused, and says why", async () => {
      const { service } = await make();
      const first = await service.write(step(7, away), seen(await service.read()).version);
      const refused = await service.write(step(6, home), seen(first).version);
      expect(refused).toMatchObject({ kind: "refused", because: expect.stringMatching(/\S/) });
      expect(seen(await service.read()).facts).toEqual({ ...away, epoch: 7 });
    });

    test("a Service that says nothing is in no mesh and carries no epoch", async () => {
      const { service } = await make();
      const never = { global: false, shared: false, affinity: "unset", epoch: null };
      expect(seen(await service.read())).toMatchObject({ facts: never, owners: [] });
    });

    test("steps are read back, one after the other, without an owner but us", async () => {
      const { service } = await make();
      let now = seen(await service.read());
      for (const [epoch, values] of [
        [3, away],
        [4, { ...away, affinity: "local" }],
        [4, home],
      ] as const) {
        now = seen(await service.write(step(epoch, values), now.version));
        expect(now).toMatchObject({ facts: { ...values, epoch }, owners: [] });
        expect(await service.read()).toMatchObject({ facts: now.facts, version: now.version });
      }
    });

    test("what somebody else sets is seen with its owner, and taken over by the next step", async () => {
      const { service, put } = await make();
      await service.write(step(2, away), seen(await service.read()).version);
      await put(home, "kustomize-controller");
      const taken = seen(await service.read());
      expect(taken.facts).toEqual({ ...home, epoch: 2 });
      expect(taken.owners).toEqual([
        { annotation: "service.cilium.io/shared", manager: "kustomize-controller" },
        { annotation: "service.cilium.io/affinity", manager: "kustomize-controller" },
      ]);
      const after = seen(await service.write(step(3, away), taken.version));
      expect(after).toMatchObject({ facts: { ...away, epoch: 3 }, owners: [] });
    });
  });
}
