/** The control process's HTTP interface: liveness, metrics, its present view of the world, and the push webhook. */
import { Hono } from "hono";
import { Failure } from "../core/kernel/failure.ts";
import type { JsonObject } from "../core/kernel/json.ts";
import { makeWebhookApp, type WebhookFacts } from "./webhook.ts";

export type HttpFacts = {
  /** What the process knows now; plain data. */
  readonly status: () => JsonObject;
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

/** `GET /healthz`, `GET /metrics`, `GET /v1/status`, `POST /v1/webhook/gitea`; every error is JSON with its code and remedy. */
export function makeHttpApp(facts: HttpFacts): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/metrics", async (context) =>
    context.body(await facts.metrics.render(), 200, { "content-type": facts.metrics.contentType }),
  );
  app.get("/v1/status", (context) => context.json(facts.status()));
  app.route("/v1/webhook", makeWebhookApp(facts.webhook ?? noWebhook));
  app.notFound((context) => {
    const failure = new Failure("NotFound", `there is nothing at ${context.req.path}`, {
      remedy: "Ask for /healthz, /metrics or /v1/status.",
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
