/** The Worker: what `vite.worker.ts` bundles for Cloudflare and for workerd alike. */
import { parseCredentials } from "../core/lease/protocol-credentials.ts";
import { type Handler, makeHandler } from "./handler.ts";
import { objectSlots } from "./object-slots.ts";
import type { Bindings } from "./platform.ts";
import { problem } from "./problem.ts";

// Bindings are one object for as long as the Worker lives, and reading the credentials is not free.
const handlers = new WeakMap<Bindings, Handler>();

/** The Worker's `fetch`. */
export function fetchWitness(request: Request, bindings: Bindings): Promise<Response> {
  const handler = handlers.get(bindings) ?? handlerOf(bindings);
  handlers.set(bindings, handler);
  return handler(request);
}

function handlerOf(bindings: Bindings): Handler {
  const parsed = parseCredentials(bindings.CREDENTIALS ?? "");
  if (!parsed.ok) return () => Promise.resolve(problem("NotConfigured", parsed.because));
  return makeHandler({
    slots: objectSlots(bindings.LEASES),
    credentials: parsed.credentials,
    wallMs: Date.now,
    health: bindings.HEALTH,
    // The platform's log; what is said there quotes neither a request nor a credential.
    onFailure: (thrown) => console.error("the store could not be asked:", thrown),
  });
}
