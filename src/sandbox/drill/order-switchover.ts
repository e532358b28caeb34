/** A switchover ordered by the sandbox's sovereign-admin: signed with their SSH key, sent to the agent over TLS. */
import { randomBytes } from "node:crypto";
import { orderNamespace, orderText } from "../../core/failover/order-text.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { ledger, type SandboxLayout } from "../layout.ts";
import { sendSigned } from "./send-signed.ts";

const validMs = 60_000;

/** Asks the agent of `region` to hand over to its peer; fails with OrderRefused and the agent's words, or AgentUnreachable. */
export async function orderSwitchover(
  layout: SandboxLayout,
  region: string,
  nowMs: number,
): Promise<void> {
  const { person } = ledger;
  const text = orderText({
    sovereign: layout.domain,
    region,
    group: ledger.group,
    wish: { kind: "switchover" },
    because: "a drill measures a planned switchover",
    expiresAtMs: nowMs + validMs,
    nonce: randomBytes(24).toString("base64url"),
    person,
  });
  if (!text.ok) throw new Failure("OrderRefused", `The order can not be written: ${text.because}.`);
  await sendSigned(layout, {
    ...{ person, region, text: text.value, namespace: orderNamespace, what: "the switchover" },
  });
}
