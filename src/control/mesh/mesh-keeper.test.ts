import { expect, test } from "vitest";
import type { MeshStanding } from "../../core/mesh/mesh-plan.ts";
import { fakeMeshService } from "../../sim/fake-mesh-service.ts";
import { simEnv } from "../../sim/sim-env.ts";
import { makeAbort } from "../abort.ts";
import { meshKeeper } from "./mesh-keeper.ts";

const away = { global: true, shared: false, affinity: "remote" } as const;
const home = { global: true, shared: true, affinity: "local" } as const;

function bench(observeOnly = false) {
  const env = simEnv(3);
  const abort = makeAbort();
  const web = fakeMeshService("shop/web");
  const api = fakeMeshService("shop/api");
  const at: { standing: MeshStanding } = { standing: { kind: "away", epoch: 4 } };
  const keeper = meshKeeper(env, {
    services: [web, api],
    standing: () => at.standing,
    observeOnly,
  });
  const running = keeper.run(abort.signal);
  return {
    ...{ env, web, api, at, keeper },
    events: (type: string) => env.journal.events.filter((event) => event.type === type),
    async stop() {
      abort.abort();
      await env.clock.advance(60_000);
      await running;
    },
  };
}

test("nothing is well before it was looked at", async () => {
  const { keeper, stop } = bench();
  expect(keeper.reasons()).toEqual([
    "the Service shop/web of the mesh was not looked at yet",
    "the Service shop/api of the mesh was not looked at yet",
  ]);
  await stop();
});

test("a take-over while the API server is away is caught up with when it answers", async () => {
  const { env, web, at, keeper, events, stop } = bench();
  await env.clock.advance(1_000);
  web.setAway(true);
  await env.clock.advance(60_000);
  expect(keeper.reasons(), "nothing else is wanted of it").toEqual([]);
  at.standing = { kind: "serving", epoch: 5 };
  await env.clock.advance(5_000);
  expect(keeper.reasons()).toEqual([expect.stringContaining("shop/web")]);
  expect(events("mesh.unsettled")).toHaveLength(1);
  web.setAway(false);
  await env.clock.advance(5_000);
  expect(keeper.reasons()).toEqual([]);
  expect(web.steps.at(-1)).toMatchObject({ values: home, epoch: 5 });
  await stop();
});

test("one Service that can not be reached keeps no other back", async () => {
  const { env, web, api, at, stop } = bench();
  web.setAway(true);
  at.standing = { kind: "serving", epoch: 5 };
  await env.clock.advance(1_000);
  expect(web.steps).toEqual([]);
  expect(api.steps.at(-1)).toMatchObject({ values: home, epoch: 5 });
  await stop();
});

test("a region that was outlived leaves its Services alone and says so", async () => {
  const { env, web, at, keeper, stop } = bench();
  at.standing = { kind: "serving", epoch: 9 };
  await env.clock.advance(1_000);
  at.standing = { kind: "serving", epoch: 8 };
  const before = web.steps.length;
  await env.clock.advance(60_000);
  expect(web.steps).toHaveLength(before);
  expect(keeper.reasons()).toContainEqual(expect.stringContaining("left alone"));
  await stop();
});

test("what somebody puts back is put right again, and whoever it was is named", async () => {
  const { env, web, keeper, stop } = bench();
  await env.clock.advance(1_000);
  web.put(away, "kustomize-controller");
  await env.clock.advance(20_000);
  expect(keeper.reasons()).toEqual([expect.stringContaining("kustomize-controller")]);
  web.put(home, "kustomize-controller");
  await env.clock.advance(20_000);
  expect(web.steps.at(-1)).toMatchObject({ values: away });
  await stop();
});

test("in between nothing is written, and what follows is written at once", async () => {
  const { env, web, at, stop } = bench();
  at.standing = { kind: "between" };
  await env.clock.advance(60_000);
  expect(web.steps).toEqual([]);
  at.standing = { kind: "serving", epoch: 5 };
  await env.clock.advance(400);
  expect(web.steps.map(({ reason }) => reason)).toEqual(["KeepOwnClients", "TakeOtherClients"]);
  at.standing = { kind: "away", epoch: 5 };
  await env.clock.advance(400);
  expect(web.steps.slice(2).map(({ reason }) => reason)).toEqual([
    "LeaveOtherClients",
    "SendOwnClients",
  ]);
  await stop();
});

test("who only observes writes nothing", async () => {
  const { env, web, api, at, keeper, stop } = bench(true);
  at.standing = { kind: "serving", epoch: 5 };
  await env.clock.advance(60_000);
  expect([...web.steps, ...api.steps]).toEqual([]);
  expect(keeper.reasons()).toEqual([]);
  await stop();
});
