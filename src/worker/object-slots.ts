/** The slots of a host in which each is a Durable Object: reached by its name, once more when the platform says so. */
import type { LeaseGrant } from "../core/lease/protocol.ts";
import type { LeaseAnswer, LeaseView } from "../core/lease/protocol-reply.ts";
import type { ObjectCall } from "./lease-object.ts";
import type { ObjectNamespace } from "./platform.ts";
import type { Slots } from "./slots.ts";

export function objectSlots(namespace: ObjectNamespace): Slots {
  return {
    // The object is ours and of the same bundle, so its answers have these types.
    read: async (slot) => (await call(namespace, { kind: "read", slot })) as LeaseView, // As above.
    ask: async (slot, request) =>
      (await call(namespace, { kind: "ask", slot, request })) as LeaseAnswer, // As above.
    history: async (slot) =>
      (await call(namespace, { kind: "history", slot })) as readonly LeaseGrant[], // As above.
  };
}

async function call(namespace: ObjectNamespace, what: ObjectCall): Promise<unknown> {
  try {
    return await callOnce(namespace, what);
  } catch (thrown) {
    // A repeated request is answered and not done again, so trying twice is harmless.
    if (!isRetryable(thrown)) throw thrown;
    return callOnce(namespace, what);
  }
}

async function callOnce(namespace: ObjectNamespace, what: ObjectCall): Promise<unknown> {
  const object = namespace.get(namespace.idFromName(what.slot));
  const init = { method: "POST", body: JSON.stringify(what) };
  const response = await object.fetch("https://slot.invalid/", init);
  if (!response.ok) throw new Error(`the object answered ${response.status}`);
  return response.json();
}

/** Errors of the platform say whether trying again can help, and whether it makes things worse. */
function isRetryable(thrown: unknown): boolean {
  if (typeof thrown !== "object" || thrown === null) return false;
  const { retryable, overloaded } = thrown as { retryable?: unknown; overloaded?: unknown }; // Any object has these, perhaps undefined.
  return retryable === true && overloaded !== true;
}
