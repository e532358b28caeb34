/** Whether a name server's answer is one that the plan allows. */
import { parseIpv4, parseIpv6 } from "./address.ts";
import type { AddressType } from "./idioms.ts";
import type { DnsAnswer } from "./model.ts";

export type AnswerReason =
  | "InPlan"
  | "NothingPlanned"
  | "AnswerFailed"
  | "AnswerEmpty"
  | "OutsidePlan";

export type AnswerJudgement = {
  readonly right: boolean;
  readonly reason: AnswerReason;
  readonly because: string;
  /** Answered addresses in canonical writing, sorted. */
  readonly addresses: readonly string[];
};

/** The canonical writing of an address, or the text as it is when it is none. */
export function canonicalAddress(type: AddressType, text: string): string {
  const parsed = type === "A" ? parseIpv4(text) : parseIpv6(text);
  return parsed.ok ? parsed.value : text;
}

/** Judges the answer to a question of `type`; `expected` is every address that may be answered. */
export function judgeAnswer(
  type: AddressType,
  expected: readonly string[],
  answer: DnsAnswer,
): AnswerJudgement {
  const addresses = answer.records
    .filter((record) => record.type === type)
    .map((record) => canonicalAddress(type, record.data))
    .sort();
  const judge = (right: boolean, reason: AnswerReason, because: string): AnswerJudgement => ({
    right,
    reason,
    because,
    addresses,
  });
  const outside = addresses.filter((address) => !expected.includes(address));
  if (outside.length > 0) {
    return judge(false, "OutsidePlan", `${outside.join(", ")} is not in the plan`);
  }
  if (expected.length === 0) {
    return judge(true, "NothingPlanned", `no ${type} record is planned and none was answered`);
  }
  if (answer.rcode !== "NOERROR") {
    return judge(false, "AnswerFailed", `the server answered ${answer.rcode}`);
  }
  return addresses.length === 0
    ? judge(false, "AnswerEmpty", `the server answered no ${type} record`)
    : judge(true, "InPlan", `${addresses.join(", ")} is in the plan`);
}
