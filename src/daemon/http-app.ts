/** The control process's read-only HTTP interface: liveness, metrics and its present view of the world. */
import { Hono } from "hono";
import { Failure } from "../core/kernel/failure.ts";
import type { JsonObject } from "../core/kernel/json.ts";

export type HttpFacts = {
  /** What the process knows now; plain data. */
  readonly status: () => JsonObject;
  readonly metrics: { render(): Promise<string>; readonly contentType: string };
  /** An unexpected failure while answering; the caller logs it. */
  readonly onFailure: (failure: Failure) => void;
};

/** `GET /healthz`, `GET /metrics`, `GET /v1/status`; every error is JSON with its code and remedy. */
export function makeHttpApp(facts: HttpFacts): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/metrics", async (context) =>
    context.body(await facts.metrics.render(), 200, { "content-type": facts.metrics.contentType }),
  );
  app.get("/v1/status", (context) => context.json(facts.status()));
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
