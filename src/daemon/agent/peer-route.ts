/**
 * `POST /v1/groups/<group>/peer`: a message of the other region's agent, taken only over a connection that shows that region's certificate.
 * 204 says that it was heard, and nothing of what came of it.
 */
import { Hono } from "hono";
import { Failure } from "../../core/kernel/failure.ts";
import type { PeerBindings } from "./tls-listen.ts";

export type PeerRouteFacts = {
  readonly group: string;
  /** Cluster name of the other region. */
  readonly peer: string;
  /** `receive` of the link; false when it is no message. */
  readonly receive: (json: unknown) => boolean;
};

/** The largest message is a few hundred bytes. */
const bodyBytesMax = 2_048;

/** The route, to be mounted at `/`. */
export function peerRoute({
  group,
  peer,
  receive,
}: PeerRouteFacts): Hono<{ Bindings: PeerBindings }> {
  const app = new Hono<{ Bindings: PeerBindings }>();
  app.post("/v1/groups/:group/peer", async (context) => {
    const refused = (failure: Failure): Response =>
      Response.json({ error: failure.toJson() }, { status: failure.facts.httpStatus });
    const { peerName, peerProblem } = context.env;
    if (peerName !== peer) {
      const shown = peerName === undefined ? (peerProblem ?? "no certificate") : peerName;
      return refused(
        new Failure("PeerRefused", `only the agent of ${peer} may say this, and it is: ${shown}`),
      );
    }
    if (context.req.param("group") !== group) {
      const message = `this agent is of the group ${group}`;
      return refused(new Failure("NotFound", message, { remedy: "Ask the group's own agent." }));
    }
    if (Number(context.req.header("content-length") ?? 0) > bodyBytesMax)
      return refused(new Failure("MessageTooLarge", `a message has ${bodyBytesMax} bytes at most`));
    const body = await context.req.text();
    return receive(parsed(body))
      ? new Response(null, { status: 204 })
      : refused(new Failure("PeerRefused", "this is no message that one agent says to another"));
  });
  return app;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // No JSON, so no message.
  }
}
