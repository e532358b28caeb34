/**
 * Whether an agent takes a signed order or approval (DESIGN §7.7, ADR 35): every rule, all evaluated. Here and nowhere else it is held that
 * the key is of the named person, that a role gives it, and that one key is not two people; what passes reaches the reducer, which
 * counts by person, epoch, bytes, expiry and the nonces at the witness (`approved.ts`).
 */
import type { Code } from "../kernel/codes.ts";
import { decide, type Rule, type Verdict } from "../kernel/verdict.ts";
import { mayApprove, mayOrder } from "../resources/failover-words.ts";
import type { OrderMemory, Said, Submission, TakenApproval } from "./accept-facts.ts";
import { type AcceptFacts, acceptRules } from "./accept-rules.ts";
import { approvalVersion, parseApprovalText } from "./approval-text.ts";
import type { Approver, CheckedApproval } from "./approvals.ts";
import type { PersonWish } from "./event.ts";
import { type Order, parseOrderText } from "./order-text.ts";

/** Nothing was taken yet. */
export const noOrders: OrderMemory = { nonces: [], approvals: [] };

export type Taken =
  | { readonly kind: "wish"; readonly wish: PersonWish; readonly order: Order }
  | { readonly kind: "approval"; readonly approval: CheckedApproval };

export type Accepting = {
  readonly verdict: Verdict;
  /** How the refusal is answered; null when it was taken. */
  readonly code: Code | null;
  readonly memory: OrderMemory;
  /** What the agent is told; null when it was refused. */
  readonly taken: Taken | null;
};

/** Judges a text that was sent with a signature; the memory that comes back takes the place of the one given. */
export function acceptOrder(submission: Submission): Accepting {
  const { text, wallAtMs } = submission;
  const memory = withoutExpired(submission.memory, wallAtMs);
  const read = readText(text);
  if (!("said" in read)) {
    const rule: Rule<null> = {
      rule: "TextIsRight",
      evaluate: () => ({
        outcome: "failed",
        because: `the signed text is not right: ${read.because}`,
      }),
    };
    return { verdict: decide([rule], null), code: "UsageInvalid", memory, taken: null };
  }
  const facts: AcceptFacts = { ...submission, memory, said: read.said };
  const verdict = decide(acceptRules, facts);
  if (verdict.kind === "refused" || submission.key === undefined) {
    return { verdict, code: codeOf(verdict.reason, submission.key), memory, taken: null };
  }
  const taken = takenOf(read.said, submission.key);
  return { verdict, code: null, memory: remember(memory, read.said, submission.key), taken };
}

function readText(text: string): { readonly said: Said } | { readonly because: string } {
  if (text.startsWith(`${approvalVersion}\n`)) {
    const parsed = parseApprovalText(text);
    if (!parsed.ok) return parsed;
    const { sovereign, approval } = parsed.value;
    const { action, maxLossBytes } = approval;
    const name = `the approval of ${action}`;
    const isGivenBy = (roles: Approver["roles"]): boolean =>
      mayApprove(roles, action, maxLossBytes > 0);
    return { said: { kind: "approval", ...approval, sovereign, name, isGivenBy, approval } };
  }
  const parsed = parseOrderText(text);
  if (!parsed.ok) return parsed;
  const order = parsed.value;
  const isGivenBy = (roles: Approver["roles"]): boolean => mayOrder(roles, order.wish.kind);
  return {
    said: { kind: "wish", ...order, name: `the order ${order.wish.kind}`, isGivenBy, order },
  };
}

function takenOf(said: Said, key: string): Taken {
  if (said.kind === "approval") return { kind: "approval", approval: { ...said.approval, key } };
  return { kind: "wish", wish: said.order.wish, order: said.order };
}

function withoutExpired(memory: OrderMemory, wallAtMs: number): OrderMemory {
  const isLive = ({ expiresAtMs }: { readonly expiresAtMs: number }): boolean =>
    expiresAtMs > wallAtMs;
  return { nonces: memory.nonces.filter(isLive), approvals: memory.approvals.filter(isLive) };
}

function remember({ nonces, approvals }: OrderMemory, said: Said, key: string): OrderMemory {
  const { nonce, person, expiresAtMs } = said;
  const more: readonly TakenApproval[] =
    said.kind === "approval"
      ? [
          {
            person,
            action: said.approval.action,
            expectedEpoch: said.approval.expectedEpoch,
            expiresAtMs,
            key,
          },
        ]
      : [];
  return {
    nonces: [...nonces, { nonce, person, expiresAtMs }],
    approvals: [...approvals, ...more],
  };
}

/** The first rule that failed decides how it is answered. */
function codeOf(reason: string, key: string | undefined): Code {
  if (key === undefined) return "SignatureInvalid";
  const codes: Readonly<Record<string, Code>> = {
    NotExpired: "OrderExpired",
    ExpiresSoon: "OrderExpired",
    NonceIsUnused: "OrderUsed",
    EpochIsNotPast: "OrderExpired",
    HasRoom: "StepTooEarly",
  };
  return codes[reason] ?? "OrderRefused";
}
