import { expect, test } from "vitest";
import { document, environment, organization } from "../../../test/fixtures/documents.ts";
import { fsn, group, guarded, standby } from "../../../test/fixtures/failover.ts";
import { makeAbort, whenAborted } from "../../control/abort.ts";
import { initialState } from "../../core/failover/initial-state.ts";
import { AssertionError } from "../../core/kernel/assert.ts";
import { simEnv } from "../../sim/sim-env.ts";
import { groupDocuments } from "./documents.ts";
import { makeTraffic, runTogether, type TrafficParts, wantedRoutes } from "./traffic.ts";
import { healthRouteSchema, meshSchema } from "./traffic-config.ts";

const documents = [
  document("sovereign.yaml", guarded()),
  document("organization.yaml", organization()),
  document("environment.yaml", environment()),
  document("shop.yaml", standby()),
  document("group.yaml", group()),
];
const good = groupDocuments(
  { revision: "abc", documents, problems: [] },
  { cluster: fsn, group: "acme-prod" },
);
const options = {
  group: "acme-prod",
  namespace: "sovereign",
  gateways: [{ namespace: "gateways", name: "edge" }],
  agent: { namespace: "sovereign", name: "sovereign-agent", port: 7200 },
};

function trafficOf(config: TrafficParts["config"]) {
  const env = simEnv(4);
  const state = initialState(good.context, "a", 0);
  const agent = () => ({ current: () => state });
  return { env, traffic: makeTraffic({ env, config, documents: good, agent, observeOnly: false }) };
}

test("a kubeconfig that is not there is said, tried again, and takes no agent with it", async () => {
  const mesh = { services: [{ namespace: "shop", name: "web" }] };
  const { env, traffic } = trafficOf({ kubernetes: { kubeconfig: "/nowhere/at/all" }, mesh });
  const stop = makeAbort();
  const running = traffic.run(stop.signal);
  const told = () =>
    env.log.lines.filter(({ message }) => message.startsWith("traffic does not follow authority"));
  // The file is looked for by the machine, in its own time.
  await expect
    .poll(() => env.clock.advance(5_000).then(() => told().length), { timeout: 60_000 })
    .toBeGreaterThan(1);
  expect(traffic.reasons()).toEqual([expect.stringContaining("traffic does not follow authority")]);
  stop.abort();
  await env.clock.advance(5_000);
  await running;
});

test("an agent without an API server, or without anything there, has no reason", () => {
  expect(trafficOf({}).traffic.reasons()).toEqual([]);
  expect(trafficOf({ kubernetes: { inCluster: true } }).traffic.reasons()).toEqual([]);
});

test("a keeper that ends by a bug takes the others with it, and all have ended before that is told", async () => {
  const bug = new AssertionError("a step has a version");
  const env = simEnv(4);
  const stop = makeAbort();
  let others = 1;
  const other = {
    async run(signal: typeof stop.signal) {
      await whenAborted(signal);
      await env.clock.sleep(1_000);
      others -= 1;
    },
  };
  const told = runTogether([other, { run: () => Promise.reject(bug) }], stop.signal).catch(
    (thrown: unknown) => ({ thrown, others }),
  );
  await env.clock.advance(2_000);
  expect(await told).toEqual({ thrown: bug, others: 0 });
  others = 1;
  const whole = runTogether([other], stop.signal);
  stop.abort();
  await env.clock.advance(2_000);
  await whole;
  expect(others).toBe(0);
});

test("while a document is wrong no route may be removed", () => {
  const wrong = { ...good.snapshot, documents: [...documents, document("bad.yaml", { kind: 1 })] };
  expect(wantedRoutes({ ...good, snapshot: wrong }, options)).toMatchObject({ mayRemove: false });
  expect(wantedRoutes(good, options)).toMatchObject({
    mayRemove: true,
    routes: [{ host: "shop.acme-prod.sovereign.test" }],
  });
});

test.each([
  [meshSchema, { services: [] }],
  [meshSchema, { services: [{ namespace: "shop", name: "Web" }] }],
  [healthRouteSchema, { gateways: [], agent: { name: "agent", port: 1 } }],
  [healthRouteSchema, { gateways: [{ namespace: "a", name: "b" }], agent: { name: "agent" } }],
] as const)("what is no configuration is refused", (schema, given) => {
  expect(schema.safeParse(given).success).toBe(false);
});
