import { expect, test } from "vitest";
import { Failure } from "../core/kernel/failure.ts";
import { makeHttpApp } from "./http-app.ts";

const failures: Failure[] = [];
const app = makeHttpApp({
  status: () => ({ cluster: "hz-fsn-rtz-prod" }),
  metrics: {
    render: async () => "sovereign_build_info 1\n",
    contentType: "text/plain; version=0.0.4",
  },
  onFailure: (failure) => void failures.push(failure),
});

test("liveness, metrics and status answer", async () => {
  expect(await (await app.request("/healthz")).text()).toBe("ok\n");
  const metrics = await app.request("/metrics");
  expect(metrics.headers.get("content-type")).toContain("version=0.0.4");
  expect(await metrics.text()).toContain("sovereign_build_info 1");
  expect(await (await app.request("/v1/status")).json()).toEqual({ cluster: "hz-fsn-rtz-prod" });
});

test("what is not there is a 404 with a code and a remedy", async () => {
  const response = await app.request("/nope");
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    error: { code: "NotFound", remedy: expect.stringContaining("/v1/status") },
  });
});

test("a failure while answering is told to the caller and answered as JSON", async () => {
  const broken = makeHttpApp({
    status: () => {
      throw new Failure("JournalUnwritable", "no space");
    },
    metrics: { render: async () => "", contentType: "text/plain" },
    onFailure: (failure) => void failures.push(failure),
  });
  const response = await broken.request("/v1/status");
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ error: { code: "JournalUnwritable" } });
  expect(failures.at(-1)?.message).toBe("no space");
});
