import { expect, test } from "vitest";
import type { AgentReport } from "../../core/failover/agent-report.ts";
import type { HealthAnswer } from "../../core/failover/authority.ts";
import type { Failure } from "../../core/kernel/failure.ts";
import { type HealthFacts, makeHealthApp } from "./health-app.ts";

const serving: HealthAnswer = { status: 200, reason: "Serving", because: "it serves" };
const fenced: HealthAnswer = { status: 503, reason: "NoAuthority", because: "it may not write" };
const failures: Failure[] = [];
const facts = (change: Partial<HealthFacts> = {}): HealthFacts => ({
  group: () => ({ name: "ledger", applications: ["ledger.acme-prod.sovereign.test"] }),
  health: () => serving,
  readiness: () => ({ isReady: true, because: "it says so" }),
  report: () => ({ cluster: "hz-fsn-rtz-prod" }) as AgentReport, // Only that it is passed on is tested.
  metrics: { render: () => Promise.resolve("metric 1\n"), contentType: "text/plain" },
  onFailure: (failure) => failures.push(failure),
  ...change,
});
const path = "/.well-known/failover/ledger/ledger";
const shared = "/.well-known/failover/ledger";

test.each<[string, Partial<HealthFacts>, string, number, string]>([
  ["with authority and a ready Application", {}, path, 200, "Serving"],
  ["without authority", { health: () => fenced }, path, 503, "NoAuthority"],
  [
    "with authority and an Application that is not ready",
    { readiness: () => ({ isReady: false, because: "it answers 500" }) },
    path,
    503,
    "ApplicationNotReady",
  ],
  [
    "without authority it does not matter what the Application says",
    { health: () => fenced, readiness: () => ({ isReady: false, because: "it answers 500" }) },
    path,
    503,
    "NoAuthority",
  ],
  ["for another Application", {}, "/.well-known/failover/ledger/shop", 404, "NotHere"],
  ["for another group", {}, "/.well-known/failover/shop/ledger", 404, "NotHere"],
  ["for a group without authority", { health: () => fenced }, shared, 503, "NoAuthority"],
  [
    "for a whole group, whatever one Application says",
    { readiness: () => ({ isReady: false, because: "it answers 500" }) },
    shared,
    200,
    "Serving",
  ],
  ["for the whole of another group", {}, "/.well-known/failover/shop", 404, "NotHere"],
])("the health path answers %s", async (_what, change, url, status, reason) => {
  const response = await makeHealthApp(facts(change)).request(url);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ reason });
  expect(response.headers.get("cache-control")).toBe("no-store");
});

test("a health path that fails is not health, and the failure is told", async () => {
  const app = makeHealthApp(
    facts({
      health: () => {
        throw new Error("a bug");
      },
    }),
  );
  expect((await app.request(path)).status).toBe(503);
  expect(failures.at(-1)?.message).toBe("a bug");
});

test("the report, the metrics and the sign of life are there, and what is not says so", async () => {
  const app = makeHealthApp(facts());
  expect(await (await app.request("/v1/status")).json()).toEqual({ cluster: "hz-fsn-rtz-prod" });
  expect(await (await app.request("/metrics")).text()).toBe("metric 1\n");
  expect((await app.request("/healthz")).status).toBe(200);
  const nothing = await app.request("/nothing");
  expect(nothing.status).toBe(404);
  expect(await nothing.json()).toMatchObject({ error: { code: "NotFound" } });
});
