import { expect, test } from "vitest";
import { healthRoutes } from "../../core/gateway-api/health-route.ts";
import { AssertionError } from "../../core/kernel/assert.ts";
import { fakeHealthRouteStore } from "../../sim/fake-health-route-store.ts";
import { simEnv } from "../../sim/sim-env.ts";
import { makeAbort } from "../abort.ts";
import { healthRouteKeeper, type WantedRoutes } from "./health-route-keeper.ts";
import type { HealthRouteStore } from "./health-route-store.ts";

const name = "failover.shop.web.example";

function wantedFor(...hosts: readonly string[]): WantedRoutes {
  const paths = hosts.map((host) => ({ host, path: "/.well-known/failover/shop/web" }));
  const made = healthRoutes(paths, {
    group: "shop",
    namespace: "sovereign",
    gateways: [{ namespace: "gateways", name: "edge" }],
    agent: { namespace: "sovereign", name: "sovereign-agent", port: 7200 },
  });
  return { ...made, mayRemove: true };
}

function bench(observeOnly = false) {
  const env = simEnv(6);
  const abort = makeAbort();
  const store = fakeHealthRouteStore();
  const at = { wanted: wantedFor("web.example") };
  const keeper = healthRouteKeeper(env, { store, wanted: () => at.wanted, observeOnly });
  const running = keeper.run(abort.signal);
  return {
    ...{ env, store, at, keeper },
    async stop() {
      abort.abort();
      await env.clock.advance(120_000);
      await running;
    },
  };
}

test("nothing is well before it was looked at, nor while the API server was never heard", async () => {
  const { env, store, keeper, stop } = bench();
  store.setAway(true);
  expect(keeper.reasons()).toEqual(["the health route was not looked at yet"]);
  await env.clock.advance(10_000);
  expect(keeper.reasons()).toEqual([expect.stringContaining("can not be looked at")]);
  await stop();
});

test("what was well stays so while the API server is away", async () => {
  const { env, store, keeper, stop } = bench();
  await env.clock.advance(10_000);
  expect(keeper.reasons()).toEqual([]);
  store.setAway(true);
  await env.clock.advance(300_000);
  expect(keeper.reasons()).toEqual([]);
  await stop();
});

test("what a gateway refuses is said in its words, and gone when it takes it", async () => {
  const { env, store, keeper, stop } = bench();
  store.setRefused("RefNotPermitted");
  await env.clock.advance(10_000);
  expect(keeper.reasons()).toEqual([expect.stringContaining("RefNotPermitted")]);
  store.setRefused(null);
  await env.clock.advance(10_000);
  expect(keeper.reasons()).toEqual([]);
  await stop();
});

test("a route is made once, made good when it was changed, and removed when nobody asks it", async () => {
  const { env, store, at, stop } = bench();
  await env.clock.advance(200_000);
  expect(store.writes).toEqual([`apply ${name}`]);
  store.put(name, { kind: "HTTPRoute" });
  await env.clock.advance(100_000);
  at.wanted = wantedFor("other.example");
  await env.clock.advance(100_000);
  expect(store.writes.slice(1)).toEqual([
    `apply ${name}`,
    "apply failover.shop.other.example",
    `remove ${name}`,
  ]);
  await stop();
});

test("while a document is wrong nothing is removed", async () => {
  const { env, store, at, stop } = bench();
  await env.clock.advance(10_000);
  at.wanted = { ...wantedFor("other.example"), mayRemove: false };
  await env.clock.advance(100_000);
  expect(store.names()).toContain(name);
  await stop();
});

test("who only observes says what is missing and writes nothing", async () => {
  const { env, store, keeper, stop } = bench(true);
  await env.clock.advance(100_000);
  expect(store.writes).toEqual([]);
  expect(keeper.reasons()).toEqual([`the HTTPRoute ${name} is not as it has to be`]);
  await stop();
});

test.each([
  ["is listed is neither made nor removed", "list", []],
  [
    "is made is made, and nothing is removed after it",
    "apply",
    ["apply failover.shop.other.example"],
  ],
] as const)(
  "when a keeper is ended, what it has under way while a route %s",
  async (_, held, written) => {
    const env = simEnv(6);
    const abort = makeAbort();
    const store = fakeHealthRouteStore();
    store.put(name, { kind: "HTTPRoute" });
    let goOn = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const holding: HealthRouteStore = {
      ...store,
      list: (signal) =>
        (held === "list" ? until : Promise.resolve()).then(() => store.list(signal)),
      async apply(...route) {
        const applied = await store.apply(...route);
        if (held === "apply") await until;
        return applied;
      },
    };
    const wanted = (): WantedRoutes => wantedFor("other.example");
    const running = healthRouteKeeper(env, { store: holding, wanted, observeOnly: false }).run(
      abort.signal,
    );
    await env.clock.advance(1_000);
    abort.abort();
    goOn();
    await env.clock.advance(60_000);
    await running;
    expect(store.writes).toEqual(written);
    expect(store.names()).toContain(name);
  },
);

test("a bug of ours ends the keeper as what it is, and is no API server that is away", async () => {
  const env = simEnv(6);
  const wanted = (): WantedRoutes => {
    throw new AssertionError("no two routes have one name");
  };
  const options = { store: fakeHealthRouteStore(), wanted, observeOnly: false };
  const running = healthRouteKeeper(env, options).run(makeAbort().signal);
  await expect(running).rejects.toBeInstanceOf(AssertionError);
});
