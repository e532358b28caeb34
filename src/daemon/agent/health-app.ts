/**
 * The agent's plain HTTP: the health path that name servers and gateways ask (DESIGN §3), metrics, and the agent's report. It answers by
 * what the agent knows at that moment and waits for nobody.
 */
import { Hono } from "hono";
import type { AgentReport } from "../../core/failover/agent-report.ts";
import type { HealthAnswer } from "../../core/failover/authority.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { ApplicationReadiness } from "./application-health.ts";
import { applicationsNamed } from "./documents.ts";

export type HealthFacts = {
  readonly group: () => { readonly name: string; readonly applications: readonly string[] };
  /** Of the whole group, at this moment. */
  readonly health: () => HealthAnswer;
  /** By FQDN. */
  readonly readiness: (fqdn: string) => ApplicationReadiness;
  readonly report: () => AgentReport;
  readonly metrics: { render(): Promise<string>; readonly contentType: string };
  /** An unexpected failure while answering; the caller logs it. */
  readonly onFailure: (failure: Failure) => void;
};

type PathAnswer = { readonly status: 200 | 503; readonly reason: string; readonly because: string };

/** `GET /.well-known/failover/<group>/<app>`, the same without an Application, `/healthz`, `/metrics` and `/v1/status`. */
export function makeHealthApp(facts: HealthFacts): Hono {
  const app = new Hono();
  app.get("/.well-known/failover/:group/:app", (context) => {
    const { group, app: name } = context.req.param();
    const { status, ...answer } = pathAnswer(facts, group, name);
    // Whoever stands between must not answer in the agent's place.
    return context.json(answer, status, { "cache-control": "no-store" });
  });
  // What name servers ask that share one probe among the Applications of a group (check budget).
  app.get("/.well-known/failover/:group", (context) => {
    const { status, ...answer } = groupAnswer(facts, context.req.param("group"));
    return context.json(answer, status, { "cache-control": "no-store" });
  });
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/metrics", async (context) =>
    context.body(await facts.metrics.render(), 200, { "content-type": facts.metrics.contentType }),
  );
  app.get("/v1/status", (context) => context.json(facts.report()));
  app.notFound((context) => {
    const failure = new Failure("NotFound", `there is nothing at ${context.req.path}`, {
      remedy: "Ask for /.well-known/failover/<group>/<app>, /healthz, /metrics or /v1/status.",
    });
    return context.json({ error: failure.toJson() }, 404);
  });
  app.onError((thrown, context) => {
    const failure = Failure.from(thrown, context.req.path);
    facts.onFailure(failure);
    // A health check that failed is not health.
    return context.json({ error: failure.toJson() }, 503);
  });
  return app;
}

/** As for an Application, without asking any. */
function groupAnswer(facts: HealthFacts, groupName: string): PathAnswer | NotHere {
  const { name } = facts.group();
  if (groupName === name) return facts.health();
  return { status: 404, reason: "NotHere", because: `this agent answers for the group ${name}` };
}

/** 200 only with authority, every service promoted, and the Application ready where it says so itself. */
function pathAnswer(facts: HealthFacts, groupName: string, name: string): PathAnswer | NotHere {
  const group = facts.group();
  const named = groupName === group.name ? applicationsNamed(group, name) : [];
  if (named.length === 0) {
    const because = `this agent answers for ${group.applications.join(", ") || "no Application"} in the group ${group.name}`;
    return { status: 404, reason: "NotHere", because };
  }
  const health = facts.health();
  if (health.status !== 200) return health;
  const unready = named.map((fqdn) => facts.readiness(fqdn)).find(({ isReady }) => !isReady);
  if (unready === undefined) return health;
  return { status: 503, reason: "ApplicationNotReady", because: unready.because };
}

type NotHere = { readonly status: 404; readonly reason: string; readonly because: string };
