/**
 * Whether enough people approved (DESIGN §7.7). Every approval is held against every condition, so that it is said of each whether
 * it counts and why not. Signatures were checked before; who may approve comes from the roster.
 */
import type { RuleResult, Verdict } from "../kernel/verdict.ts";
import { type ApprovedAction, type ApproverRole, mayApprove } from "../resources/failover-words.ts";
import type { Approval } from "./approval.ts";
import { anyLossBytes } from "./approved.ts";

/** A person whose approvals count, and for what. */
export type Approver = {
  readonly person: string;
  readonly roles: readonly ApproverRole[];
  /** Public keys of OpenSSH without their comments. */
  readonly keys: readonly string[];
};

/** An approval with the key that signed it, as the roster writes it without the comment; absent where only the person is known. */
export type CheckedApproval = Approval & { readonly key?: string };

export type ApprovalNeed = {
  readonly group: string;
  readonly action: ApprovedAction;
  /** The epoch at the witness at which it is to be done. */
  readonly epoch: number;
  /** The most bytes that it would lose; null when that is not known, and then only an approval of any loss covers it. */
  readonly lossBytes: number | null;
  readonly wallAtMs: number;
  /** How many different people. */
  readonly people: number;
  readonly approvers: readonly Approver[];
  /** Nonces of approvals that have been used; the compare-and-set of a promotion adds those that it used. */
  readonly usedNonces: ReadonlySet<string>;
};

export type ApprovalCount = {
  readonly verdict: Verdict;
  /** One for each person that counts: their nonces are consumed when the action is done. */
  readonly counted: readonly CheckedApproval[];
};

/** Counts different people whose approval covers what is needed; the order of approvals does not matter. */
export function countApprovals(
  need: ApprovalNeed,
  approvals: readonly CheckedApproval[],
): ApprovalCount {
  const counted: CheckedApproval[] = [];
  const trace: RuleResult[] = [];
  for (const approval of [...approvals].sort(byIdentity)) {
    const objections = [...objectionsTo(need, approval), ...repetitionsOf(counted, approval)];
    if (objections.length === 0) counted.push(approval);
    trace.push({
      rule: "ApprovalCounts",
      outcome: objections.length === 0 ? "passed" : "notApplicable",
      because:
        objections.length === 0
          ? `${nameOf(approval)} covers ${need.action} at epoch ${need.epoch} and ${lossWords(need)}`
          : `${nameOf(approval)} does not count: ${objections.join("; ")}`,
    });
  }
  return { verdict: verdictOf(need, counted.length, trace), counted };
}

function verdictOf(need: ApprovalNeed, people: number, trace: readonly RuleResult[]): Verdict {
  const isEnough = people >= need.people;
  const rule = "EnoughApprovals";
  const because = `${people} of ${need.people} people approved ${need.action} of ${need.group} at epoch ${need.epoch} with ${lossWords(need)}`;
  const whole = [...trace, { rule, outcome: isEnough ? "passed" : "failed", because } as const];
  return isEnough
    ? { kind: "allowed", reason: "Allowed", because, trace: whole }
    : { kind: "refused", reason: rule, because, trace: whole };
}

function lossWords({ lossBytes }: ApprovalNeed): string {
  return lossBytes === null ? "a loss that is not known" : `a loss of ${lossBytes} bytes`;
}

function nameOf({ person, nonce }: Approval): string {
  return `the approval ${nonce} of ${person}`;
}

/** Every condition that an approval by itself does not meet. */
function objectionsTo(need: ApprovalNeed, approval: CheckedApproval): readonly string[] {
  const { person, group, action, expectedEpoch, maxLossBytes, expiresAtMs, nonce, key } = approval;
  const approver = need.approvers.find((candidate) => candidate.person === person);
  const lossy = need.lossBytes !== 0;
  const conditions: readonly (readonly [boolean, string])[] = [
    [approver !== undefined, `${person} is not an approver of this group`],
    [
      approver === undefined || mayApprove(approver.roles, need.action, lossy),
      `${person} has no role that may approve ${need.action}${lossy ? " with a loss" : ""}`,
    ],
    [
      approver === undefined || key === undefined || approver.keys.includes(key),
      "the key that signed it is not in the roster any more",
    ],
    [group === need.group, `it is for ${group}`],
    [action === need.action, `it is for ${action}`],
    [
      expectedEpoch === need.epoch,
      `it was given at epoch ${expectedEpoch}, and now is ${need.epoch}`,
    ],
    [
      maxLossBytes >= (need.lossBytes ?? anyLossBytes),
      `it accepts a loss of ${maxLossBytes} bytes, and this is ${lossWords(need)}`,
    ],
    [need.wallAtMs < expiresAtMs, `it ran out at ${new Date(expiresAtMs).toISOString()}`],
    [!need.usedNonces.has(nonce), "it has been used"],
  ];
  return conditions.filter(([isMet]) => !isMet).map(([, words]) => words);
}

/** A person, a key and a nonce count once. */
function repetitionsOf(
  counted: readonly CheckedApproval[],
  approval: CheckedApproval,
): readonly string[] {
  const { person, key, nonce } = approval;
  if (counted.some((other) => other.person === person)) {
    return [`another approval of ${person} counts already`];
  }
  return [
    ...(counted.some((other) => other.nonce === nonce) ? ["its nonce counts already"] : []),
    ...(key !== undefined && counted.some((other) => other.key === key)
      ? ["its key counts already for another person"]
      : []),
  ];
}

/** An order that does not depend on the order of arrival. */
function byIdentity(a: CheckedApproval, b: CheckedApproval): number {
  const [left, right] = [a, b].map((one) =>
    JSON.stringify([
      one.person,
      one.nonce,
      one.key ?? "",
      one.group,
      one.action,
      one.expectedEpoch,
      one.maxLossBytes,
      one.expiresAtMs,
    ]),
  );
  if (left === right) return 0;
  return (left ?? "") < (right ?? "") ? -1 : 1;
}
