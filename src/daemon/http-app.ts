/** The control process's HTTP interface: liveness, metrics, its present view of the world, and the push webhook. */
import { Hono } from "hono";
import { Failure } from "../core/kernel/failure.ts";
import type { JsonObject } from "../core/kernel/json.ts";
import type { TopologyView } from "../core/view/topology-view.ts";
import { type ConsoleFiles, makeConsoleApp } from "./console-files.ts";
import type { DrillShelf } from "./drills/drill-shelf.ts";
import { makeDrillsApp } from "./drills/drills-app.ts";
import { makeWebhookApp, type WebhookFacts } from "./webhook.ts";

export type HttpFacts = {
  /** What the process knows now; plain data. */
  readonly status: () => JsonObject;
  /** Regions, leases, roles and answers at this moment; plain data. */
  readonly topology?: () => TopologyView;
  /** The reports of drills; absent, there are no routes to them. */
  readonly drills?: DrillShelf;
  /** The built console; absent, nothing is at `/`. */
  readonly console?: ConsoleFiles;
  readonly metrics: { render(): Promise<string>; readonly contentType: string };
  /** Absent: the webhook answers that there is none. */
  readonly webhook?: WebhookFacts;
  /** An unexpected failure while answering; the caller logs it. */
  readonly onFailure: (failure: Failure) => void;
};

const noWebhook: WebhookFacts = {
  readSecret: undefined,
  branch: "",
  onPush: () => Promise.resolve(),
};

/** `GET /` (the console), `/healthz`, `/metrics`, `/v1/status`, `/v1/topology`, `/v1/drills`, `POST /v1/webhook/gitea`; every error is JSON with its code and remedy. */
export function makeHttpApp(facts: HttpFacts): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/metrics", async (context) =>
    context.body(await facts.metrics.render(), 200, { "content-type": facts.metrics.contentType }),
  );
  app.get("/v1/status", (context) => context.json(facts.status()));
  const { topology } = facts;
  if (topology !== undefined) {
    app.get("/v1/topology", (context) =>
      context.json(topology(), 200, { "cache-control": "no-store" }),
    );
  }
  if (facts.drills !== undefined) app.route("/v1/drills", makeDrillsApp(facts.drills));
  if (facts.console !== undefined) app.route("/", makeConsoleApp(facts.console));
  app.route("/v1/webhook", makeWebhookApp(facts.webhook ?? noWebhook));
  app.notFound((context) => {
    const failure = new Failure("NotFound", `there is nothing at ${context.req.path}`, {
      remedy: "Ask for /, /drills, /healthz, /metrics, /v1/status, /v1/topology or /v1/drills.",
    });
    return context.json({ error: failure.toJson() }, 404);
  });
  app.onError((thrown, context) => {
    const failure = Failure.from(thrown, context.req.path);
    facts.onFailure(failure);
    return context.json({ error: failure.toJson() }, 500);
  });
  return app;
}
