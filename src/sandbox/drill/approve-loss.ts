/** What the people of the sandbox sign in a drill that loses something: approvals of the stated loss, and the order to take over (DESIGN §7.7). */
import { randomBytes } from "node:crypto";
import type { Clock } from "../../control/env.ts";
import { approvalNamespace, approvalText } from "../../core/failover/approval-text.ts";
import { orderNamespace, orderText } from "../../core/failover/order-text.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { ledger, type SandboxLayout, sandboxPeople } from "../layout.ts";
import { sendSigned } from "./send-signed.ts";

/** An agent keeps what has not run out, three approvals a person at most: the next drill needs the room. */
const validMs = 90_000;

export type ApprovedLoss = {
  /** The epoch that the agent says an approval has to name. */
  readonly epoch: number;
  readonly maxLossBytes: number;
};

export interface LossPeople {
  /** Whose word counts for a loss; each has a key of their own. */
  readonly names: readonly string[];
  /** Fails with OrderRefused and the agent's words, or AgentUnreachable. */
  approve(person: string, region: string, loss: ApprovedLoss): Promise<void>;
  /** Orders `region` to take over by the witness's lease. */
  takeOver(region: string): Promise<void>;
}

/** The people of the sandbox who may accept a loss. */
export function lossPeople(layout: SandboxLayout, clock: Pick<Clock, "nowMs">): LossPeople {
  const signedParts = (person: string) => ({
    sovereign: layout.domain,
    made: {
      group: ledger.group,
      expiresAtMs: clock.nowMs() + validMs,
      nonce: randomBytes(24).toString("base64url"),
      person,
    },
  });
  return {
    names: sandboxPeople.map(({ name }) => name),
    async approve(person, region, { epoch, maxLossBytes }) {
      const { sovereign, made } = signedParts(person);
      const approval = { ...made, action: "failover", expectedEpoch: epoch, maxLossBytes } as const;
      const text = approvalText({ sovereign, approval });
      if (!text.ok) throw notWritten(text.because);
      const what = `the approval of ${person}`;
      await sendSigned(layout, {
        ...{ person, region, text: text.value, namespace: approvalNamespace, what },
      });
    },
    async takeOver(region) {
      const { person } = ledger;
      const { sovereign, made } = signedParts(person);
      const wish = { kind: "takeOver", withoutWitness: false, peerIsFenced: false } as const;
      const because = "a drill measures a failover that loses what was approved";
      const text = orderText({ ...made, sovereign, region, wish, because });
      if (!text.ok) throw notWritten(text.because);
      await sendSigned(layout, {
        ...{ person, region, text: text.value, namespace: orderNamespace, what: "the take-over" },
      });
    },
  };
}

const notWritten = (because: string): Failure =>
  new Failure("OrderRefused", `It can not be written: ${because}.`);
