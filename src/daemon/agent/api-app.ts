/** The agent's HTTPS: what the peer's agent says, what people sign, and the agent's report. Works without any control plane. */
import { Hono } from "hono";
import { z } from "zod";
import type { AgentReport } from "../../core/failover/agent-report.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { OrderDesk, SignedWord } from "./order-desk.ts";
import { peerRoute } from "./peer-route.ts";
import type { PeerBindings } from "./tls-listen.ts";

export type ApiFacts = {
  readonly group: string;
  /** Cluster name of the other region. */
  readonly peer: string;
  readonly receive: (json: unknown) => boolean;
  readonly desk: OrderDesk;
  readonly report: () => AgentReport;
  readonly onFailure: (failure: Failure) => void;
};

const bodyCharactersMax = 16 * 1024;
const wordSchema = z.strictObject({ text: z.string().min(1), signature: z.string().min(1) });

/** `POST /v1/groups/<group>/peer`, `POST /v1/groups/<group>/orders`, `GET /v1/status`. */
export function makeApiApp(facts: ApiFacts): Hono<{ Bindings: PeerBindings }> {
  const { group, peer, receive } = facts;
  const app = new Hono<{ Bindings: PeerBindings }>();
  app.get("/v1/status", (context) => context.json(facts.report()));
  app.post("/v1/groups/:group/orders", async (context) => {
    if (context.req.param("group") !== group) {
      const message = `this agent is of the group ${group}`;
      return refused(new Failure("NotFound", message, { remedy: "Ask the group's own agent." }));
    }
    const { verdict, code, taken } = await facts.desk.take(wordOf(await context.req.text()));
    if (taken === null) {
      const failure = new Failure(code ?? "OrderRefused", verdict.because);
      return refused(failure, { trace: verdict.trace });
    }
    const { kind } = taken;
    const { person } = taken.kind === "wish" ? taken.order : taken.approval;
    return Response.json({ accepted: true, kind, person, because: verdict.because });
  });
  app.route("/", peerRoute({ group, peer, receive }));
  app.notFound((context) =>
    refused(
      new Failure("NotFound", `there is nothing at ${context.req.path}`, {
        remedy: "Ask for /v1/status, or send to /v1/groups/<group>/orders.",
      }),
    ),
  );
  app.onError((thrown, context) => {
    const failure = Failure.from(thrown, context.req.path);
    if (failure.code === "Unexpected") facts.onFailure(failure);
    return refused(failure);
  });
  return app;
}

function wordOf(body: string): SignedWord {
  if (body.length > bodyCharactersMax) {
    throw new Failure("MessageTooLarge", `an order has ${bodyCharactersMax} bytes at most`);
  }
  try {
    return wordSchema.parse(JSON.parse(body));
  } catch (cause) {
    const message = "an order is sent as JSON with `text` and `signature`";
    throw new Failure("UsageInvalid", message, { cause });
  }
}

function refused(failure: Failure, more: object = {}): Response {
  return Response.json({ error: failure.toJson(), ...more }, { status: failure.facts.httpStatus });
}
